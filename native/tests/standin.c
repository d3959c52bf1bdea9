/* Uses the stand-ins directly, as no good program would: the table of codes, and each misuse that they notice.
 * `standin table` must end well, `standin MISUSE` must abort. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <axsdk/axparameter.h>
#include <axsdk/axstorage.h>

static AXParameter *parameters;
static AXStorage *storage;
static const char *wanted;
static int calls;

static void put(const char *path, const char *content) {
    char *full = g_build_filename(getenv("AXSIM_DIR"), path, NULL), *folder = g_path_get_dirname(full);
    assert(g_mkdir_with_parents(folder, 0770) == 0 && g_file_set_contents(full, content, -1, NULL));
    g_free(folder);
    g_free(full);
}

static void spin(int until) {
    while (calls < until)
        g_main_context_iteration(NULL, TRUE);
}

/* Whether the call failed with that code; -1 is success. */
static void gives(gboolean ok, GError *error, int code) {
    assert(ok == (error == NULL));
    assert((error == NULL ? -1 : error->code) == code);
    if (error != NULL)
        g_error_free(error);
}

#define GIVES(code, function, ...)                                                                                     \
    do {                                                                                                               \
        GError *error = NULL;                                                                                          \
        gboolean ok = function(__VA_ARGS__, &error);                                                                   \
        gives(ok, error, code);                                                                                        \
    } while (0)

static void holds(const char *name, const char *value) {
    char *got = NULL;
    GIVES(-1, ax_parameter_get, parameters, name, &got);
    assert(strcmp(got, value) == 0);
    g_free(got);
}

static void on_value(const gchar *name, const gchar *value, gpointer data) {
    calls++;
    assert(strncmp(name, "root.c2c.", 9) == 0 && data == &calls);
    if (g_str_equal(wanted, "own-callback"))
        holds("Level", value);
    if (g_str_equal(wanted, "changed-string"))
        ((char *)name)[strlen(name)] = 'x';
    if (g_str_equal(wanted, "freed-string"))
        g_free((gpointer)value);
}

static void table(void) {
    char *got = NULL;
    GError *error = NULL;
    assert(ax_parameter_new("", &error) == NULL && error->code == 0);
    g_clear_error(&error);
    ax_parameter_free(NULL);
    GIVES(0, ax_parameter_add, parameters, "", "", "");
    GIVES(0, ax_parameter_remove, parameters, "");
    GIVES(0, ax_parameter_set, parameters, "", "", TRUE);
    GIVES(0, ax_parameter_get, parameters, "", &got);
    GIVES(13, ax_parameter_add, parameters, "Level", "x", "string");
    GIVES(12, ax_parameter_remove, parameters, "Nothing");
    GIVES(15, ax_parameter_set, parameters, "Nothing", "x", TRUE);
    GIVES(9, ax_parameter_get, parameters, "Nothing", &got);
    /* A value that outlived its definition. */
    put("param/c2c.val", "[values]\nKept=old\n");
    GIVES(9, ax_parameter_get, parameters, "Kept", &got);
    GIVES(13, ax_parameter_add, parameters, "Kept", "new", "string");
    holds("Kept", "old");
    GIVES(-1, ax_parameter_remove, parameters, "Kept");
    GIVES(-1, ax_parameter_add, parameters, "Kept", "new", NULL);
    holds("Kept", "new");
    /* Unsynced: seen by the own get, told with the next sync. */
    GIVES(-1, ax_parameter_register_callback, parameters, "root.c2c.Level", on_value, &calls);
    GIVES(-1, ax_parameter_set, parameters, "Level", "a", FALSE);
    holds("Level", "a");
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    assert(calls == 0);
    GIVES(-1, ax_parameter_set, parameters, "Kept", "b", TRUE);
    spin(1);
    /* In memory only; by its rules only. */
    GIVES(-1, ax_parameter_add, parameters, "Now", "1", "hidden:nosync:int:range=1,4-6");
    GIVES(-1, ax_parameter_set, parameters, "Now", "5", TRUE);
    GIVES(15, ax_parameter_set, parameters, "Now", "3", TRUE);
    GIVES(15, ax_parameter_set, parameters, "Now", "", TRUE);
    holds("Now", "5");
    ax_parameter_unregister_callback(parameters, "Level");
    GIVES(-1, ax_parameter_set, parameters, "Level", "c", TRUE);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    assert(calls == 1);
    GList *names = ax_parameter_list(parameters, &error);
    assert(error == NULL && g_list_length(names) == 3 && g_str_equal(names->data, "Kept"));
    g_list_free_full(names, g_free);
    ax_parameter_free(parameters);
    assert((parameters = ax_parameter_new("unknown", &error)) != NULL);
    GIVES(18, ax_parameter_add, parameters, "Any", "", "");
    GIVES(18, ax_parameter_remove, parameters, "Any");
    GIVES(1, ax_storage_get_status, "SD_DISK", AX_STORAGE_STATUS_EVENT_ID_END);
    GIVES(4, ax_storage_unsubscribe, 7);
}

static void on_setup(AXStorage *got, gpointer data, GError *error) {
    assert(error == NULL && data == &storage);
    storage = got;
    calls++;
}

static void on_release(gpointer data, GError *error) {
    assert(error == NULL && data == &storage);
    calls++;
}

static gpointer on_thread(gpointer data) {
    GError *error = NULL;
    g_list_free_full(ax_parameter_list(parameters, &error), g_free);
    return data;
}

int main(int count, char **words) {
    assert(count == 2);
    wanted = words[1];
    put("param/c2c.def", "Level=\"\" type=\"string\"\n");
    put("storage/SD_DISK/conf", "[disk]\nsetup_delay_ms=0\n");
    put("storage/SD_DISK/medium/x", "");
    put("storage/SD_DISK/state", "[state]\navailable=1\nwritable=1\n");
    GError *error = NULL;
    parameters = ax_parameter_new("c2c", &error);
    if (g_str_equal(wanted, "table")) {
        table();
    } else if (g_str_equal(wanted, "second-handle")) {
        ax_parameter_new("c2c", &error);
    } else if (g_str_equal(wanted, "second-thread")) {
        g_thread_join(g_thread_new("second", on_thread, NULL));
    } else if (strstr(wanted, "release") != NULL) {
        GIVES(-1, ax_storage_setup_async, "SD_DISK", on_setup, &storage);
        spin(1);
        GIVES(-1, ax_storage_release_async, storage, on_release, &storage);
        spin(2);
        if (g_str_equal(wanted, "double-release"))
            ax_storage_release_async(storage, on_release, &storage, &error);
        else
            ax_storage_get_path(storage, &error);
    } else {
        GIVES(-1, ax_parameter_register_callback, parameters, "Level", on_value, &calls);
        GIVES(-1, ax_parameter_set, parameters, "Level", "x", TRUE);
        spin(1);
    }
    ax_parameter_free(parameters);
    puts("well");
    return 0;
}
