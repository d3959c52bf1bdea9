/* Stand-in for libaxparameter. Its truth is $AXSIM_DIR/param: <App>.def, <App>.val and root.val.
 *
 * Sure (published, or seen on a device): names and their forms, the codes 0, 9, 12, 13, 15 and 18, callbacks with the
 * full name from the main loop, no callback at registration. Unknown, so knobs: AXSIM_CONTEXT, AXSIM_PARAM_STALL,
 * AXSIM_PARAM_STALL_ALL (milliseconds), AXSIM_PARAM_ECHO, AXSIM_PARAM_DUP, AXSIM_PARAM_NULLVALUE, AXSIM_STRICT. For a
 * program that runs there are the files param/stall (milliseconds for every call) and param/fail (the code that every
 * call fails with, or, with the name of a function after it, every call of that one). Guessed: code 16 without a state folder, 8 for the list of an unknown application, 15 for a value
 * that the type refuses. */
#include <axsdk/axparameter.h>

#include <string.h>

#include "definition.h"
#include "place.h"
#include "state.h"

struct registration {
    AXParameterCallback *callback;
    gpointer data;
    char *seen; /* the last value that a change was judged by */
};

struct delivery {
    char *name, *value;
};

struct _AXParameter {
    char *app;
    GHashTable *registrations; /* full name -> struct registration */
    GHashTable *unsynced;      /* full name -> value, set with do_sync FALSE */
    GHashTable *memory;        /* full name -> value of nosync parameters */
    GQueue deliveries;
    GSource *idle;
    guint rotation;
};

static AXParameter *live;
static gboolean in_callback;

EXPORT GQuark ax_parameter_error_quark(void) { return g_quark_from_static_string("axsim-parameter-error"); }

static gboolean fail(GError **error, AXParameterErrorCode code, const char *text, const char *name) {
    g_set_error(error, AX_PARAMETER_ERROR, (gint)code, "%s%s", text, name != NULL ? name : "");
    return FALSE;
}

/* Rules and delays that go before every call; FALSE when there is no parameter handler to talk to. */
static gboolean entered(const char *function, GError **error) {
    sim_entered(function);
    gint64 wait = sim_knob_number("AXSIM_PARAM_STALL_ALL");
    if (in_callback)
        sim_misuse("a call of libaxparameter inside its own callback");
    if (in_callback || sim_watch_pending() || (live != NULL && live->deliveries.length > 0))
        wait = MAX(wait, sim_knob_number("AXSIM_PARAM_STALL"));
    wait = MAX(wait, sim_told("param/stall", function, 0));
    char *folder = sim_path("param", NULL);
    gboolean there = folder != NULL && g_file_test(folder, G_FILE_TEST_IS_DIR);
    g_free(folder);
    if (wait > 0)
        g_usleep((gulong)wait * 1000);
    gint64 code = sim_told("param/fail", function, -1);
    if (code >= 0)
        return fail(error, (AXParameterErrorCode)code, "Failed as told by ", function);
    return there ? TRUE : fail(error, AX_PARAMETER_DBUS_SETUP_ERROR, "The parameter handler is not there", NULL);
}

static char *full_name(const AXParameter *parameter, const char *name) {
    if (g_str_has_prefix(name, "root."))
        return g_strdup(name);
    return strchr(name, '.') != NULL ? g_strconcat("root.", name, NULL)
                                     : g_strconcat("root.", parameter->app, ".", name, NULL);
}

static char *current(const AXParameter *parameter, const char *full) {
    const char *own = g_hash_table_lookup(parameter->unsynced, full);
    if (own == NULL)
        own = g_hash_table_lookup(parameter->memory, full);
    if (own != NULL)
        return g_strdup(own);
    struct place place = place_of(full);
    char *value = place_read(&place);
    place_clear(&place);
    return value;
}

static void delivery_free(gpointer data) {
    struct delivery *delivery = data;
    sim_unguard(delivery->name);
    sim_unguard(delivery->value);
    g_free(delivery);
}

/* One callback at a time, each from the loop. */
static gboolean on_idle(gpointer data) {
    AXParameter *parameter = data;
    struct delivery *delivery = g_queue_pop_head(&parameter->deliveries);
    gboolean more = parameter->deliveries.length > 0;
    if (!more)
        g_clear_pointer(&parameter->idle, g_source_unref);
    if (delivery != NULL) {
        struct registration *registration = g_hash_table_lookup(parameter->registrations, delivery->name);
        if (registration != NULL) {
            in_callback = TRUE;
            registration->callback(delivery->name, delivery->value, registration->data);
            in_callback = FALSE;
        }
        delivery_free(delivery);
    }
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void deliver(AXParameter *parameter, const char *full, const char *value) {
    struct delivery *delivery = g_new0(struct delivery, 1);
    delivery->name = sim_guarded(full);
    if (value == NULL && !sim_knob_is("AXSIM_PARAM_NULLVALUE", "on"))
        value = "";
    delivery->value = value != NULL ? sim_guarded(value) : NULL;
    g_queue_push_tail(&parameter->deliveries, delivery);
    if (parameter->idle == NULL) {
        parameter->idle = g_idle_source_new();
        g_source_set_priority(parameter->idle, G_PRIORITY_DEFAULT);
        g_source_set_callback(parameter->idle, on_idle, parameter, NULL);
        g_source_attach(parameter->idle, sim_context());
    }
}

/* Compares every registered parameter with what was seen last, and delivers the changes and the knob's extra ones. */
static void look_again(AXParameter *parameter) {
    GHashTableIter all;
    gpointer name, entry;
    guint changes = 0;
    g_hash_table_iter_init(&all, parameter->registrations);
    while (g_hash_table_iter_next(&all, &name, &entry)) {
        struct registration *registration = entry;
        char *value = current(parameter, name);
        if (g_strcmp0(value, registration->seen) != 0) {
            deliver(parameter, name, value);
            changes++;
        }
        g_free(registration->seen);
        registration->seen = value;
    }
    gint64 extra = changes > 0 ? sim_knob_number("AXSIM_PARAM_DUP") : 0;
    GList *names = g_hash_table_get_keys(parameter->registrations);
    for (; extra > 0; extra--) {
        const char *again = g_list_nth_data(names, parameter->rotation++ % g_list_length(names));
        deliver(parameter, again, ((struct registration *)g_hash_table_lookup(parameter->registrations, again))->seen);
    }
    g_list_free(names);
}

static void on_file(const char *folder, const char *name) {
    (void)folder;
    if (live != NULL && (g_str_has_suffix(name, ".val") || g_str_has_suffix(name, ".def")))
        look_again(live);
}

static void registration_free(gpointer data) {
    struct registration *registration = data;
    g_free(registration->seen);
    g_free(registration);
}

EXPORT AXParameter *ax_parameter_new(const gchar *app_name, GError **error) {
    sim_entered("ax_parameter_new");
    if (app_name == NULL || *app_name == '\0') {
        fail(error, AX_PARAMETER_INVALID_ARG_ERROR, "Invalid argument", NULL);
        return NULL;
    }
    if (live != NULL)
        sim_misuse("a second AXParameter in one process");
    AXParameter *parameter = g_new0(AXParameter, 1);
    parameter->app = g_strdup(app_name);
    parameter->registrations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, registration_free);
    parameter->unsynced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    parameter->memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return live = parameter;
}

EXPORT void ax_parameter_free(AXParameter *parameter) {
    if (parameter == NULL)
        return;
    sim_entered("ax_parameter_free");
    if (in_callback)
        sim_misuse("a call of libaxparameter inside its own callback");
    if (parameter->idle != NULL) {
        g_source_destroy(parameter->idle);
        g_source_unref(parameter->idle);
    }
    g_queue_clear_full(&parameter->deliveries, delivery_free);
    g_hash_table_destroy(parameter->registrations);
    g_hash_table_destroy(parameter->unsynced);
    g_hash_table_destroy(parameter->memory);
    g_free(parameter->app);
    if (live == parameter) {
        live = NULL;
        sim_unwatch();
    }
    g_free(parameter);
}

static gboolean named(const gchar *name, GError **error) {
    gboolean ok = name != NULL && *name != '\0';
    for (const char *at = name; ok && *at != '\0'; at++)
        ok = g_ascii_isalnum(*at) || strchr("._-", *at) != NULL;
    return ok ? TRUE : fail(error, AX_PARAMETER_INVALID_ARG_ERROR, "Invalid argument", NULL);
}

EXPORT gboolean ax_parameter_get(AXParameter *parameter, const gchar *name, gchar **value, GError **error) {
    if (!entered("ax_parameter_get", error) || !named(name, error))
        return FALSE;
    char *full = full_name(parameter, name);
    char *found = current(parameter, full);
    g_free(full);
    if (found == NULL)
        return fail(error, AX_PARAMETER_PARAM_GET_ERROR, "Failed to get parameter ", name);
    *value = found;
    return TRUE;
}

/* Writes what was set without sync so far. */
static gboolean flush(AXParameter *parameter) {
    GHashTableIter all;
    gpointer name, value;
    gboolean ok = TRUE;
    g_hash_table_iter_init(&all, parameter->unsynced);
    while (g_hash_table_iter_next(&all, &name, &value)) {
        struct place place = place_of(name);
        struct registration *registration = g_hash_table_lookup(parameter->registrations, name);
        ok = place_write(&place, value) && ok;
        place_clear(&place);
        if (registration != NULL && sim_knob_is("AXSIM_PARAM_ECHO", "off")) {
            g_free(registration->seen);
            registration->seen = g_strdup(value);
        }
    }
    g_hash_table_remove_all(parameter->unsynced);
    return ok;
}

EXPORT gboolean ax_parameter_set(AXParameter *parameter, const gchar *name, const gchar *value, gboolean do_sync,
                                 GError **error) {
    if (!entered("ax_parameter_set", error) || !named(name, error))
        return FALSE;
    const char *wanted = value != NULL ? value : "";
    char *full = full_name(parameter, name);
    struct place place = place_of(full);
    gboolean nosync = FALSE, ok = place_allows(&place, wanted, &nosync);
    place_clear(&place);
    if (ok && nosync) {
        g_hash_table_replace(parameter->memory, g_strdup(full), g_strdup(wanted));
        look_again(parameter);
    } else if (ok) {
        g_hash_table_replace(parameter->unsynced, g_strdup(full), g_strdup(wanted));
    }
    g_free(full);
    if (ok && do_sync && !flush(parameter))
        return fail(error, AX_PARAMETER_PARAM_SYNC_ERROR, "Failed to sync parameter ", name);
    return ok ? TRUE : fail(error, AX_PARAMETER_PARAM_SET_ERROR, "Failed to set parameter ", name);
}

static gint by_name(gconstpointer a, gconstpointer b) { return strcmp(a, b); }

EXPORT GList *ax_parameter_list(AXParameter *parameter, GError **error) {
    if (!entered("ax_parameter_list", error))
        return NULL;
    char *file = g_strconcat(parameter->app, ".def", NULL), *path = sim_path("param", file, NULL);
    GPtrArray *definitions = definitions_read(path);
    GList *names = NULL;
    g_free(path);
    g_free(file);
    if (definitions == NULL) {
        fail(error, AX_PARAMETER_PARAM_LIST_ERROR, "Failed to list parameters of ", parameter->app);
        return NULL;
    }
    for (guint i = 0; i < definitions->len; i++)
        names = g_list_prepend(names, g_strdup(((struct definition *)g_ptr_array_index(definitions, i))->name));
    g_ptr_array_unref(definitions);
    return g_list_sort(names, by_name);
}

/* The definitions of the own application, for adding and removing. */
static GPtrArray *own_definitions(AXParameter *parameter, const char *name, struct place *place, GError **error) {
    char *full = g_strconcat("root.", parameter->app, ".", name, NULL);
    *place = place_of(full);
    g_free(full);
    GPtrArray *definitions = definitions_read(place->def);
    if (definitions == NULL)
        g_set_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_FILE_PATH_ERROR,
                    "Failed to get real path for symlink /etc/dynamic/param/%s.conf", parameter->app);
    return definitions;
}

EXPORT gboolean ax_parameter_add(AXParameter *parameter, const gchar *name, const gchar *initial_value,
                                 const gchar *type, GError **error) {
    if (!entered("ax_parameter_add", error) || !named(name, error))
        return FALSE;
    struct place place;
    GPtrArray *definitions = own_definitions(parameter, name, &place, error);
    gboolean ok = definitions != NULL;
    if (ok) {
        gboolean kept = place_has_value(&place);
        gboolean there = definitions_find(definitions, name) != NULL;
        if (!there) {
            definitions_add(definitions, name, initial_value != NULL ? initial_value : "",
                            type != NULL ? type : "string");
            ok = definitions_write(place.def, definitions);
        }
        if (!ok)
            fail(error, AX_PARAMETER_FILE_WRITE_ERROR, "Failed to write the definition of ", name);
        else if (there || kept)
            ok = fail(error, AX_PARAMETER_PARAM_ADDED_ERROR, "The parameter is already added: ", name);
        g_ptr_array_unref(definitions);
    }
    place_clear(&place);
    return ok;
}

EXPORT gboolean ax_parameter_remove(AXParameter *parameter, const gchar *name, GError **error) {
    if (!entered("ax_parameter_remove", error) || !named(name, error))
        return FALSE;
    struct place place;
    GPtrArray *definitions = own_definitions(parameter, name, &place, error);
    gboolean ok = definitions != NULL;
    if (ok) {
        struct definition *definition = definitions_find(definitions, name);
        if (definition == NULL) {
            ok = fail(error, AX_PARAMETER_PARAM_EXIST_ERROR, "The parameter does not exist: ", name);
        } else {
            g_ptr_array_remove(definitions, definition);
            ok = definitions_write(place.def, definitions) && place_write(&place, NULL);
            if (!ok)
                fail(error, AX_PARAMETER_FILE_WRITE_ERROR, "Failed to remove the definition of ", name);
        }
        g_ptr_array_unref(definitions);
    }
    place_clear(&place);
    return ok;
}

EXPORT gboolean ax_parameter_register_callback(AXParameter *parameter, const gchar *name,
                                               AXParameterCallback *callback, gpointer userdata, GError **error) {
    if (!entered("ax_parameter_register_callback", error) || !named(name, error))
        return FALSE;
    char *folder = sim_path("param", NULL);
    gboolean watched = folder != NULL && sim_watch(folder, "param", on_file);
    g_free(folder);
    if (callback == NULL || !watched)
        return fail(error, AX_PARAMETER_DBUS_SETUP_ERROR, "Failed to register a callback for ", name);
    char *full = full_name(parameter, name);
    struct registration *registration = g_new0(struct registration, 1);
    *registration = (struct registration){callback, userdata, current(parameter, full)};
    g_hash_table_replace(parameter->registrations, full, registration);
    return TRUE;
}

EXPORT void ax_parameter_unregister_callback(AXParameter *parameter, const gchar *name) {
    if (!entered("ax_parameter_unregister_callback", NULL) || !named(name, NULL))
        return;
    char *full = full_name(parameter, name);
    g_hash_table_remove(parameter->registrations, full);
    g_free(full);
}
