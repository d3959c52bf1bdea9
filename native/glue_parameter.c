/* Every call of libaxparameter, on the glue's thread.
 *
 * A callback only copies and returns: calling the library from it, or soon after it, is known to block for about 20 s.
 * One handle is made at the first use and kept: making it has leaked memory in the real library. */
#include <axsdk/axparameter.h>

#include "glue_inside.h"

SAME(AX_PARAMETER_INVALID_ARG_ERROR, 0); SAME(AX_PARAMETER_FILE_FD_ERROR, 1); SAME(AX_PARAMETER_FILE_LOCK_ERROR, 2);
SAME(AX_PARAMETER_FILE_OPEN_ERROR, 3); SAME(AX_PARAMETER_FILE_FORMAT_ERROR, 4); SAME(AX_PARAMETER_FILE_CREATE_ERROR, 5);
SAME(AX_PARAMETER_FILE_WRITE_ERROR, 6); SAME(AX_PARAMETER_FILE_LINK_ERROR, 7); SAME(AX_PARAMETER_PARAM_LIST_ERROR, 8);
SAME(AX_PARAMETER_PARAM_GET_ERROR, 9); SAME(AX_PARAMETER_PARAM_PATH_ERROR, 10); SAME(AX_PARAMETER_PARAM_SYNC_ERROR, 11);
SAME(AX_PARAMETER_PARAM_EXIST_ERROR, 12); SAME(AX_PARAMETER_PARAM_ADDED_ERROR, 13);
SAME(AX_PARAMETER_PARAM_READ_GROUP_ERROR, 14); SAME(AX_PARAMETER_PARAM_SET_ERROR, 15);
SAME(AX_PARAMETER_DBUS_SETUP_ERROR, 16); SAME(AX_PARAMETER_FILE_UNLINK_ERROR, 17);
SAME(AX_PARAMETER_FILE_PATH_ERROR, 18); SAME(AX_PARAMETER_FILE_SYNC_ERROR, 19);
SAME(AX_PARAMETER_FILE_RENAME_ERROR, 20);

static AXParameter *parameters;
static gint64 last_callback;

gint64 axg_parameter_last_callback(void) { return last_callback; }

static void on_changed(const gchar *name, const gchar *value, gpointer data) {
    (void)name; /* the token says which */
    last_callback = g_get_monotonic_time();
    struct axg_event event = BLANK(AXG_CHANGED, GPOINTER_TO_UINT(data));
    event.text = g_strdup(value);
    axg_emit(event);
}

/* The one handle, made if there is none yet. */
static gboolean ready(struct axg_event *event) {
    if (parameters != NULL)
        return TRUE;
    GError *error = NULL;
    parameters = CALL(ax_parameter_new, axg_app(), &error);
    if (axg_judge(event, "ax_parameter_new", parameters != NULL, error))
        return TRUE;
    g_clear_pointer(&parameters, ax_parameter_free);
    return FALSE;
}

void axg_parameter_run(const struct command *command) {
    struct axg_event event = BLANK(AXG_DONE, command->token);
    GError *error = NULL;
    gchar *value = NULL;
    gboolean ok;
    if (!ready(&event)) {
        axg_emit(event);
        return;
    }
    switch (command->kind) {
    case AXG_PARAMETER_GET:
        ok = CALL(ax_parameter_get, parameters, command->name, &value, &error);
        /* Success without a value contradicts itself; on failure the value is unusable. */
        if (axg_judge(&event, "ax_parameter_get", ok && (value != NULL || error != NULL), error))
            event.text = g_strdup(value);
        if (ok)
            g_free(value);
        break;
    case AXG_PARAMETER_SET:
        ok = CALL(ax_parameter_set, parameters, command->name, command->text, TRUE, &error);
        axg_judge(&event, "ax_parameter_set", ok, error);
        break;
    case AXG_PARAMETER_WATCH: {
        gpointer token = GUINT_TO_POINTER(command->token);
        ok = CALL(ax_parameter_register_callback, parameters, command->name, on_changed, token, &error);
        axg_judge(&event, "ax_parameter_register_callback", ok, error);
        break;
    }
    default: {
        GList *names = CALL(ax_parameter_list, parameters, &error);
        axg_emit_list(command->token, "ax_parameter_list", names, error);
        return;
    }
    }
    axg_emit(event);
}

void axg_parameter_stop(void) {
    axg_enter("ax_parameter_free");
    g_clear_pointer(&parameters, ax_parameter_free);
    axg_enter(NULL);
}
