/* The camera's service accounts, over the system bus. Each call has a thread and a connection of its own, so that a
 * stalled library blinds nothing, a daemon that went away is met anew each time, and nothing is held in between. */
#include <errno.h>
#include <gio/gio.h>

#include "glue_inside.h"

struct ask {
    uint32_t token;
    gint timeout_ms;
    char *user;
    GCancellable *cancel;
};

static GMutex lock;   /* guards `asks` */
static GSList *asks;  /* of struct ask, those that run */

static GVariant *call(const struct ask *ask, const char **where, GError **error) {
    *where = "g_dbus_address_get_for_bus_sync";
    gchar *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, ask->cancel, error);
    if (address == NULL)
        return NULL;
    *where = "g_dbus_connection_new_for_address_sync";
    GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
        address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
        ask->cancel, error);
    g_free(address);
    if (bus == NULL)
        return NULL;
    g_dbus_connection_set_exit_on_close(bus, FALSE); /* a daemon that goes away must not end the app */
    *where = "GetCredentials";
    GVariant *answer = g_dbus_connection_call_sync(
        bus, "com.axis.HTTPConf1", "/com/axis/HTTPConf1/VAPIXServiceAccounts1",
        "com.axis.HTTPConf1.VAPIXServiceAccounts1", "GetCredentials", g_variant_new("(s)", ask->user),
        G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, ask->timeout_ms, ask->cancel, error);
    g_dbus_connection_close_sync(bus, ask->cancel, NULL);
    g_object_unref(bus);
    return answer;
}

static gpointer run(gpointer data) {
    struct ask *ask = data;
    struct axg_event event = BLANK(AXG_DONE, ask->token);
    GError *error = NULL;
    const char *where = "";
    /* What the connection schedules goes to a context of this thread, not to the one that the libraries use. */
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);
    GVariant *answer = call(ask, &where, &error);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
    if (axg_judge(&event, where, answer != NULL, error))
        g_variant_get(answer, "(s)", &event.text);
    if (answer != NULL)
        g_variant_unref(answer);
    g_mutex_lock(&lock);
    asks = g_slist_remove(asks, ask);
    g_mutex_unlock(&lock);
    g_object_unref(ask->cancel);
    g_free(ask->user);
    g_free(ask);
    axg_emit(event);
    return NULL;
}

int axg_credentials(uint32_t token, const char *user, uint32_t timeout_ms) {
    if (token == 0 || user == NULL || !g_utf8_validate(user, -1, NULL))
        return -EINVAL;
    struct ask *ask = g_new0(struct ask, 1);
    *ask = (struct ask){token, (gint)MIN(timeout_ms, 600000u), g_strdup(user), g_cancellable_new()};
    g_mutex_lock(&lock);
    asks = g_slist_prepend(asks, ask);
    GThread *thread = g_thread_try_new("axsdk-bus", run, ask, NULL);
    if (thread == NULL)
        asks = g_slist_remove(asks, ask);
    g_mutex_unlock(&lock);
    if (thread == NULL) {
        g_object_unref(ask->cancel);
        g_free(ask->user);
        g_free(ask);
        return -EAGAIN;
    }
    g_thread_unref(thread);
    return 0;
}

void axg_bus_cancel(uint32_t token) {
    GSList *found = NULL;
    g_mutex_lock(&lock);
    for (GSList *item = asks; item != NULL; item = item->next) {
        struct ask *ask = item->data;
        if (token == 0 || ask->token == token)
            found = g_slist_prepend(found, g_object_ref(ask->cancel));
    }
    g_mutex_unlock(&lock);
    /* Outside the lock: cancelling runs what others connected to it. */
    for (GSList *item = found; item != NULL; item = item->next)
        g_cancellable_cancel(item->data);
    g_slist_free_full(found, g_object_unref);
}
