/* Every call of libaxstorage, on the glue's thread. Handles never leave it: outside they are numbers.
 *
 * Setup and release callbacks may come inside their call, later, or never; the code holds nothing across the calls. */
#include <axsdk/axstorage.h>

#include "glue_inside.h"

#define SAME(name, value) _Static_assert((name) == (value), #name " has moved: mend error.rs and glue.h")
SAME(AX_STORAGE_AVAILABLE_EVENT, 0);
SAME(AX_STORAGE_EXITING_EVENT, 1);
SAME(AX_STORAGE_WRITABLE_EVENT, 2);
SAME(AX_STORAGE_FULL_EVENT, 3);
SAME(AX_STORAGE_STATUS_EVENT_ID_END, 4);
SAME(LOCAL_TYPE, 0);
SAME(EXTERNAL_TYPE, 1);
SAME(UNKNOWN_TYPE, 2);
SAME(AX_STORAGE_ERROR_GENERIC, 0);
SAME(AX_STORAGE_ERROR_INVALID_ARGUMENT, 1);
SAME(AX_STORAGE_ERROR_INCOMPATIBLE_VALUE, 2);
SAME(AX_STORAGE_ERROR_SUBSCRIPTION, 3);
SAME(AX_STORAGE_ERROR_UNSUBSCRIBE, 4);
SAME(AX_STORAGE_ERROR_SETUP, 5);
SAME(AX_STORAGE_ERROR_END, 6);

static GHashTable *handles;   /* number -> AXStorage, until the release was accepted; kept for late callbacks */
static GSList *subscriptions; /* of the library's numbers */
static uint32_t last_handle;

static void put_status(struct axg_event *event, char *id) {
    static const struct {
        AXStorageStatusEventId which;
        uint32_t bit;
    } asked[] = {{AX_STORAGE_AVAILABLE_EVENT, AXG_AVAILABLE},
                 {AX_STORAGE_WRITABLE_EVENT, AXG_WRITABLE},
                 {AX_STORAGE_FULL_EVENT, AXG_FULL},
                 {AX_STORAGE_EXITING_EVENT, AXG_EXITING}};
    for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
        GError *error = NULL;
        axg_enter("ax_storage_get_status");
        gboolean set = ax_storage_get_status(id, asked[i].which, &error);
        axg_enter(NULL);
        /* FALSE is an answer here; only the error tells that the call failed. */
        if (!axg_judge(event, "ax_storage_get_status", error == NULL, error))
            return;
        event->flags |= set ? asked[i].bit : 0;
    }
}

static void on_status(gchar *storage_id, gpointer data, GError *error) {
    struct axg_event event = axg_blank(AXG_STATUS, GPOINTER_TO_UINT(data));
    if (axg_judge(&event, "ax_storage_subscribe callback", error == NULL, error))
        put_status(&event, storage_id); /* it lives at least as long as this call */
    axg_emit(event);
}

static void on_setup(AXStorage *storage, gpointer data, GError *error) {
    struct axg_event event = axg_blank(AXG_DONE, GPOINTER_TO_UINT(data));
    if (storage != NULL && error == NULL) {
        GError *fault = NULL, *type_fault = NULL;
        gchar *path = ax_storage_get_path(storage, &fault);
        if (axg_judge(&event, "ax_storage_get_path", path != NULL, fault))
            event.text = g_strdup(path);
        g_free(path);
        event.flags = (uint32_t)ax_storage_get_type(storage, &type_fault);
        if (type_fault != NULL) {
            event.flags = UNKNOWN_TYPE;
            g_error_free(type_fault);
        }
        /* Also without a path the handle is ours and has to be given back. */
        event.number = ++last_handle;
        g_hash_table_insert(handles, GUINT_TO_POINTER(event.number), storage);
    } else {
        axg_judge(&event, "ax_storage_setup_async callback", storage != NULL, error);
    }
    axg_emit(event);
}

static void on_released(gpointer data, GError *error) {
    struct axg_event event = axg_blank(AXG_DONE, GPOINTER_TO_UINT(data));
    axg_judge(&event, "ax_storage_release_async callback", error == NULL, error);
    axg_emit(event);
}

static void setup(const struct command *command) {
    struct axg_event event = axg_blank(AXG_DONE, command->token);
    GError *error = NULL;
    axg_enter("ax_storage_setup_async");
    gboolean ok = ax_storage_setup_async(command->name, on_setup, GUINT_TO_POINTER(command->token), &error);
    axg_enter(NULL);
    if (!axg_judge(&event, "ax_storage_setup_async", ok, error))
        axg_emit(event);
}

static void release(const struct command *command) {
    struct axg_event event = axg_blank(AXG_DONE, command->token);
    gpointer key = GUINT_TO_POINTER(command->number);
    AXStorage *storage = g_hash_table_lookup(handles, key);
    GError *error = NULL;
    if (storage == NULL) {
        event.domain = AXG_NO_HANDLE;
        event.call = "ax_storage_release_async";
        axg_emit(event);
        return;
    }
    axg_enter("ax_storage_release_async");
    gboolean ok = ax_storage_release_async(storage, on_released, GUINT_TO_POINTER(command->token), &error);
    axg_enter(NULL);
    if (ok)
        g_hash_table_remove(handles, key); /* dead from here on, whatever the callback says */
    if (!axg_judge(&event, "ax_storage_release_async", ok, error))
        axg_emit(event);
}

static void subscribe(const struct command *command) {
    struct axg_event event = axg_blank(AXG_DONE, command->token);
    GError *error = NULL;
    axg_enter("ax_storage_subscribe");
    guint id = ax_storage_subscribe(command->name, on_status, GUINT_TO_POINTER(command->token), &error);
    axg_enter(NULL);
    if (axg_judge(&event, "ax_storage_subscribe", id != 0, error))
        subscriptions = g_slist_prepend(subscriptions, GUINT_TO_POINTER(id));
    axg_emit(event);
}

void axg_storage_run(const struct command *command) {
    if (handles == NULL)
        handles = g_hash_table_new(NULL, NULL);
    struct axg_event event = axg_blank(AXG_DONE, command->token);
    GError *error = NULL;
    switch (command->kind) {
    case AXG_STORAGE_LIST: {
        axg_enter("ax_storage_list");
        GList *ids = ax_storage_list(&error);
        axg_enter(NULL);
        axg_emit_list(command->token, "ax_storage_list", ids, error);
        break;
    }
    case AXG_STORAGE_SUBSCRIBE:
        subscribe(command);
        break;
    case AXG_STORAGE_SETUP:
        setup(command);
        break;
    case AXG_STORAGE_RELEASE:
        release(command);
        break;
    default:
        put_status(&event, command->name);
        axg_emit(event);
    }
}

void axg_storage_stop(void) {
    for (GSList *item = subscriptions; item != NULL; item = item->next) {
        GError *error = NULL;
        axg_enter("ax_storage_unsubscribe");
        ax_storage_unsubscribe(GPOINTER_TO_UINT(item->data), &error);
        axg_enter(NULL);
        g_clear_error(&error);
    }
    g_slist_free(subscriptions);
    subscriptions = NULL;
}
