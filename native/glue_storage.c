/* Every call of libaxstorage, on the glue's thread. Handles never leave it: outside they are numbers.
 *
 * Setup and release callbacks may come inside their call, later, or never; the code holds nothing across the calls. */
#include <axsdk/axstorage.h>

#include "glue_inside.h"

SAME(AX_STORAGE_AVAILABLE_EVENT, 0); SAME(AX_STORAGE_EXITING_EVENT, 1); SAME(AX_STORAGE_WRITABLE_EVENT, 2);
SAME(AX_STORAGE_FULL_EVENT, 3); SAME(AX_STORAGE_STATUS_EVENT_ID_END, 4); SAME(LOCAL_TYPE, 0); SAME(EXTERNAL_TYPE, 1);
SAME(UNKNOWN_TYPE, 2); SAME(AX_STORAGE_ERROR_GENERIC, 0); SAME(AX_STORAGE_ERROR_INVALID_ARGUMENT, 1);
SAME(AX_STORAGE_ERROR_INCOMPATIBLE_VALUE, 2); SAME(AX_STORAGE_ERROR_SUBSCRIPTION, 3);
SAME(AX_STORAGE_ERROR_UNSUBSCRIBE, 4); SAME(AX_STORAGE_ERROR_SETUP, 5); SAME(AX_STORAGE_ERROR_END, 6);

static GHashTable *handles;   /* number -> AXStorage, until the release was accepted; kept for late callbacks */
static GSList *subscriptions; /* of the library's numbers */
static uint32_t last_handle;

static void put_status(struct axg_event *event, char *id) {
    static const uint32_t bits[] = {AXG_AVAILABLE, AXG_EXITING, AXG_WRITABLE, AXG_FULL}; /* as the ids are numbered */
    for (guint which = 0; which < AX_STORAGE_STATUS_EVENT_ID_END; which++) {
        GError *error = NULL;
        gboolean set = CALL(ax_storage_get_status, id, (AXStorageStatusEventId)which, &error);
        /* FALSE is an answer here; only the error tells that the call failed. */
        if (!axg_judge(event, "ax_storage_get_status", error == NULL, error))
            return;
        event->flags |= set ? bits[which] : 0;
    }
}

static void on_status(gchar *storage_id, gpointer data, GError *error) {
    struct axg_event event = BLANK(AXG_STATUS, GPOINTER_TO_UINT(data));
    if (axg_judge(&event, "ax_storage_subscribe callback", error == NULL, error))
        put_status(&event, storage_id); /* it lives at least as long as this call */
    axg_emit(event);
}

static void on_setup(AXStorage *storage, gpointer data, GError *error) {
    struct axg_event event = BLANK(AXG_DONE, GPOINTER_TO_UINT(data));
    if (axg_judge(&event, "ax_storage_setup_async callback", storage != NULL, error)) {
        /* Also without a path the handle is ours and has to be given back: whoever gets no text does that. */
        GError *fault = NULL;
        gchar *path = CALL(ax_storage_get_path, storage, &fault);
        event.text = g_strdup(path);
        g_free(path);
        g_clear_error(&fault);
        event.flags = (uint32_t)CALL(ax_storage_get_type, storage, &fault);
        if (fault != NULL)
            event.flags = UNKNOWN_TYPE;
        g_clear_error(&fault);
        event.number = ++last_handle;
        g_hash_table_insert(handles, GUINT_TO_POINTER(event.number), storage);
    }
    axg_emit(event);
}

static void on_released(gpointer data, GError *error) {
    struct axg_event event = BLANK(AXG_DONE, GPOINTER_TO_UINT(data));
    axg_judge(&event, "ax_storage_release_async callback", error == NULL, error);
    axg_emit(event);
}

void axg_storage_run(const struct command *command) {
    struct axg_event event = BLANK(AXG_DONE, command->token);
    gpointer token = GUINT_TO_POINTER(command->token), key = GUINT_TO_POINTER(command->number);
    AXStorage *storage;
    GError *error = NULL;
    if (handles == NULL)
        handles = g_hash_table_new(NULL, NULL);
    switch (command->kind) {
    case AXG_STORAGE_LIST: {
        GList *ids = CALL(ax_storage_list, &error);
        axg_emit_list(command->token, "ax_storage_list", ids, error);
        return;
    }
    case AXG_STORAGE_STATUS:
        put_status(&event, command->name);
        break;
    case AXG_STORAGE_SUBSCRIBE: {
        guint id = CALL(ax_storage_subscribe, command->name, on_status, token, &error);
        if (axg_judge(&event, "ax_storage_subscribe", id != 0, error))
            subscriptions = g_slist_prepend(subscriptions, GUINT_TO_POINTER(id));
        break;
    }
    case AXG_STORAGE_SETUP: {
        gboolean ok = CALL(ax_storage_setup_async, command->name, on_setup, token, &error);
        if (axg_judge(&event, "ax_storage_setup_async", ok, error))
            return; /* the callback answers */
        break;
    }
    default:
        if ((storage = g_hash_table_lookup(handles, key)) == NULL) {
            event.domain = AXG_NO_HANDLE;
            event.call = "ax_storage_release_async";
            break;
        }
        gboolean ok = CALL(ax_storage_release_async, storage, on_released, token, &error);
        if (ok)
            g_hash_table_remove(handles, key); /* dead from here on, whatever the callback says */
        if (axg_judge(&event, "ax_storage_release_async", ok, error))
            return; /* the callback answers */
    }
    axg_emit(event);
}

void axg_storage_stop(void) {
    for (GSList *item = subscriptions; item != NULL; item = item->next) {
        GError *error = NULL;
        CALL(ax_storage_unsubscribe, GPOINTER_TO_UINT(item->data), &error);
        g_clear_error(&error);
    }
    g_slist_free(subscriptions);
    subscriptions = NULL;
}
