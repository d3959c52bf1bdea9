/* The camera's service of accounts, as a test needs it: it answers by the user name. Ends with its bus. */
#include <gio/gio.h>
#include <stdio.h>

static GMainLoop *loop;

static const char XML[] = "<node><interface name='com.axis.HTTPConf1.VAPIXServiceAccounts1'>"
                          "<method name='GetCredentials'><arg type='s' direction='in'/><arg type='s' direction='out'/>"
                          "</method></interface></node>";

static void on_call(GDBusConnection *bus, const gchar *sender, const gchar *path, const gchar *interface,
                    const gchar *method, GVariant *arguments, GDBusMethodInvocation *call, gpointer data) {
    const gchar *user;
    (void)bus, (void)sender, (void)path, (void)interface, (void)method, (void)data;
    g_variant_get(arguments, "(&s)", &user);
    if (g_str_equal(user, "hang")) {
        puts("hangs");
        fflush(stdout);
    } else if (g_str_equal(user, "deny")) {
        g_dbus_method_invocation_return_dbus_error(call, "org.example.Denied", "not you");
    } else if (g_str_equal(user, "odd")) {
        g_dbus_method_invocation_return_value(call, g_variant_new("(s)", "nonsense"));
    } else {
        char *answer = g_strdup_printf("a0-%s:1st:word", user);
        g_dbus_method_invocation_return_value(call, g_variant_new("(s)", answer));
        g_free(answer);
    }
}

static void on_bus(GDBusConnection *bus, const gchar *name, gpointer data) {
    static const GDBusInterfaceVTable table = {.method_call = on_call};
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(XML, NULL);
    (void)name, (void)data;
    g_dbus_connection_register_object(bus, "/com/axis/HTTPConf1/VAPIXServiceAccounts1", node->interfaces[0], &table,
                                      NULL, NULL, NULL);
    g_dbus_node_info_unref(node);
}

static void on_name(GDBusConnection *bus, const gchar *name, gpointer data) {
    (void)bus, (void)name, (void)data;
    puts("ready");
    fflush(stdout);
}

static void on_lost(GDBusConnection *bus, const gchar *name, gpointer data) {
    (void)bus, (void)name, (void)data;
    g_main_loop_quit(loop);
}

int main(void) {
    loop = g_main_loop_new(NULL, FALSE);
    g_bus_own_name(G_BUS_TYPE_SYSTEM, "com.axis.HTTPConf1", G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, on_name, on_lost, NULL,
                   NULL);
    g_main_loop_run(loop);
    return 0;
}
