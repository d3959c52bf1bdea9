/* Where a parameter lives: which files, under which key. */
#ifndef AXSIM_PLACE_H
#define AXSIM_PLACE_H

#include <glib.h>

struct place {
    char *group, *name; /* group NULL: a system parameter, name without `root.` */
    char *def, *val, *lock;
};

/* `full` begins with `root.`. */
struct place place_of(const char *full);
void place_clear(struct place *place);

/* The value as the device has it, or NULL. */
char *place_read(const struct place *place);

/* Whether a value is kept, with or without a definition. */
gboolean place_has_value(const struct place *place);

/* Stores or, without a value, removes. */
gboolean place_write(const struct place *place, const char *value);

/* Whether type and control words take the value; tells whether it is kept in memory only. */
gboolean place_allows(const struct place *place, const char *value, gboolean *nosync);

#endif
