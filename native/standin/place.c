/* Where parameters live in the state folder. See place.h. */
#include "place.h"

#include <string.h>

#include "definition.h"
#include "state.h"

#define GROUP "values"

struct place place_of(const char *full) {
    struct place place = {0};
    const char *rest = full + strlen("root.");
    const char *dot = strchr(rest, '.');
    if (dot != NULL && strchr(dot + 1, '.') == NULL) {
        char *group = g_strndup(rest, (gsize)(dot - rest)), *file = g_strconcat(group, ".def", NULL);
        place.def = sim_path("param", file, NULL);
        g_free(file);
        if (place.def != NULL && g_file_test(place.def, G_FILE_TEST_EXISTS)) {
            place.group = group;
            place.name = g_strdup(dot + 1);
        } else {
            g_clear_pointer(&place.def, g_free);
            g_free(group);
        }
    }
    if (place.group == NULL)
        place.name = g_strdup(rest);
    char *val = g_strconcat(place.group != NULL ? place.group : "root", ".val", NULL);
    char *lock = g_strconcat(place.group != NULL ? place.group : "root", ".lock", NULL);
    place.val = sim_path("param", val, NULL);
    place.lock = sim_path("param", lock, NULL);
    g_free(val);
    g_free(lock);
    return place;
}

void place_clear(struct place *place) {
    g_free(place->group);
    g_free(place->name);
    g_free(place->def);
    g_free(place->val);
    g_free(place->lock);
}

char *place_read(const struct place *place) {
    GKeyFile *file = sim_read(place->val);
    char *value = sim_get(file, GROUP, place->name);
    g_key_file_free(file);
    if (place->def != NULL) {
        GPtrArray *definitions = definitions_read(place->def);
        struct definition *definition = definitions_find(definitions, place->name);
        if (definition == NULL)
            g_clear_pointer(&value, g_free); /* a kept value without a definition cannot be read */
        else if (value == NULL)
            value = g_strdup(definition->otherwise);
        if (definitions != NULL)
            g_ptr_array_unref(definitions);
    }
    return value;
}

gboolean place_write(const struct place *place, const char *value) {
    int lock = place->lock != NULL ? sim_lock(place->lock) : -1;
    GKeyFile *file = sim_read(place->val);
    if (value != NULL) {
        char *raw = sim_escape(value);
        g_key_file_set_value(file, GROUP, place->name, raw);
        g_free(raw);
    } else {
        g_key_file_remove_key(file, GROUP, place->name, NULL);
    }
    gboolean ok = lock >= 0 && sim_write(place->val, file);
    g_key_file_free(file);
    sim_unlock(lock);
    return ok;
}

gboolean place_allows(const struct place *place, const char *value, gboolean *nosync) {
    if (place->def == NULL) {
        char *old = place_read(place);
        g_free(old);
        return old != NULL;
    }
    GPtrArray *definitions = definitions_read(place->def);
    struct definition *definition = definitions_find(definitions, place->name);
    gboolean ok = definition != NULL && !type_has_control(definition->type, "readonly") &&
                  type_takes(definition->type, value);
    *nosync = definition != NULL && type_has_control(definition->type, "nosync");
    if (definitions != NULL)
        g_ptr_array_unref(definitions);
    return ok;
}

gboolean place_has_value(const struct place *place) {
    GKeyFile *file = sim_read(place->val);
    gboolean has = g_key_file_has_key(file, GROUP, place->name, NULL);
    g_key_file_free(file);
    return has;
}
