/* What a package declares about a parameter, and which values its type takes. */
#ifndef AXSIM_DEFINITION_H
#define AXSIM_DEFINITION_H

#include <glib.h>

struct definition {
    char *name, *otherwise, *type; /* `otherwise` is the default */
};

/* The lines of a param.conf: Name="default" type="…", or Name=default. NULL when there is no such file. */
GPtrArray *definitions_read(const char *path);
gboolean definitions_write(const char *path, GPtrArray *definitions);
struct definition *definitions_find(GPtrArray *definitions, const char *name);
void definitions_add(GPtrArray *definitions, const char *name, const char *otherwise, const char *type);

/* Whether the type takes the value. Types that are not documented take any. */
gboolean type_takes(const char *type, const char *value);
gboolean type_has_control(const char *type, const char *word);

#endif
