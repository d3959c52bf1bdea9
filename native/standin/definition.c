/* Definitions of parameters. The form of the lines and of the types is the published one; whether too long a text is
 * refused or cut on a camera is not known: here it is refused. */
#include "definition.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const CONTROLS[] = {"hidden", "nosync", "readonly", "internal", "const", "writeonly", NULL};

static void definition_free(gpointer data) {
    struct definition *definition = data;
    g_free(definition->name);
    g_free(definition->otherwise);
    g_free(definition->type);
    g_free(definition);
}

void definitions_add(GPtrArray *definitions, const char *name, const char *otherwise, const char *type) {
    struct definition *definition = g_new0(struct definition, 1);
    *definition = (struct definition){g_strdup(name), g_strdup(otherwise), g_strdup(type)};
    g_ptr_array_add(definitions, definition);
}

static void read_line(GPtrArray *definitions, char *line) {
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line || *line == '#')
        return;
    *equals = '\0';
    char *rest = equals + 1;
    char *type = g_strrstr(rest, " type=\"");
    if (type != NULL) {
        *type = '\0';
        type += strlen(" type=\"");
        if (g_str_has_suffix(type, "\""))
            type[strlen(type) - 1] = '\0';
    }
    gsize length = strlen(rest);
    if (length >= 2 && rest[0] == '"' && rest[length - 1] == '"') {
        rest[length - 1] = '\0';
        rest++;
    }
    definitions_add(definitions, g_strstrip(line), rest, type != NULL ? type : "");
}

GPtrArray *definitions_read(const char *path) {
    char *text;
    if (path == NULL || !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    GPtrArray *definitions = g_ptr_array_new_with_free_func(definition_free);
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        read_line(definitions, *line);
    g_strfreev(lines);
    g_free(text);
    return definitions;
}

gboolean definitions_write(const char *path, GPtrArray *definitions) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < definitions->len; i++) {
        const struct definition *definition = g_ptr_array_index(definitions, i);
        g_string_append_printf(text, "%s=\"%s\" type=\"%s\"\n", definition->name, definition->otherwise,
                               definition->type);
    }
    /* Writes beside, syncs and renames. */
    gboolean ok = g_file_set_contents_full(path, text->str, (gssize)text->len,
                                           G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0660, NULL);
    g_string_free(text, TRUE);
    return ok;
}

struct definition *definitions_find(GPtrArray *definitions, const char *name) {
    for (guint i = 0; definitions != NULL && i < definitions->len; i++) {
        struct definition *definition = g_ptr_array_index(definitions, i);
        if (strcmp(definition->name, name) == 0)
            return definition;
    }
    return NULL;
}

/* Skips the control words before the type; tells whether `word` was one of them. */
static const char *after_controls(const char *type, const char *word, gboolean *found) {
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        for (int i = 0; CONTROLS[i] != NULL; i++) {
            gsize length = strlen(CONTROLS[i]);
            if (strncmp(type, CONTROLS[i], length) == 0 && type[length] == ':') {
                *found |= g_strcmp0(word, CONTROLS[i]) == 0;
                type += length + 1;
                again = TRUE;
            }
        }
    }
    return type;
}

gboolean type_has_control(const char *type, const char *word) {
    gboolean found = FALSE;
    after_controls(type, word, &found);
    return found;
}

/* One of `choices`, a list like "a|Nice a,b": the part before the bar counts. */
static gboolean among(const char *choices, const char *value) {
    gboolean found = FALSE;
    char **items = g_strsplit(choices, ",", -1);
    for (char **item = items; *item != NULL; item++) {
        char *bar = strchr(*item, '|');
        if (bar != NULL)
            *bar = '\0';
        found |= strcmp(*item, value) == 0;
    }
    g_strfreev(items);
    return found;
}

static gboolean in_ranges(const char *ranges, gint64 number) {
    gboolean found = FALSE;
    char **items = g_strsplit(ranges, ",", -1);
    for (char **item = items; *item != NULL; item++) {
        char *end;
        gint64 low = g_ascii_strtoll(*item, &end, 10);
        gint64 high = *end == '-' ? g_ascii_strtoll(end + 1, NULL, 10) : low;
        found |= number >= low && number <= high;
    }
    g_strfreev(items);
    return found;
}

/* Characters; counts bytes that begin one, so that broken UTF-8 is counted too. */
static gint64 characters(const char *value) {
    gint64 count = 0;
    for (; *value != '\0'; value++)
        count += (*value & 0xC0) != 0x80;
    return count;
}

static gboolean keeps(const char *rule, const char *value, gint64 number) {
    if (g_str_has_prefix(rule, "maxlen="))
        return characters(value) <= g_ascii_strtoll(rule + 7, NULL, 10);
    if (g_str_has_prefix(rule, "min="))
        return number >= g_ascii_strtoll(rule + 4, NULL, 10);
    if (g_str_has_prefix(rule, "max="))
        return number <= g_ascii_strtoll(rule + 4, NULL, 10);
    if (g_str_has_prefix(rule, "range="))
        return in_ranges(rule + 6, number);
    return TRUE;
}

gboolean type_takes(const char *type, const char *value) {
    gboolean found = FALSE;
    const char *plain = after_controls(type, NULL, &found);
    const char *colon = strchr(plain, ':');
    const char *rules = colon != NULL ? colon + 1 : "";
    gint64 number = 0;
    if (g_str_has_prefix(plain, "enum:") || g_str_has_prefix(plain, "bool:"))
        return among(rules, value);
    if (strcmp(plain, "int") == 0 || g_str_has_prefix(plain, "int:")) {
        char *end;
        number = g_ascii_strtoll(value, &end, 10);
        if (end == value || *end != '\0')
            return FALSE;
    }
    gboolean takes = TRUE;
    char **items = g_strsplit(rules, ";", -1);
    for (char **item = items; *item != NULL; item++)
        takes = takes && keeps(*item, value, number);
    g_strfreev(items);
    return takes;
}
