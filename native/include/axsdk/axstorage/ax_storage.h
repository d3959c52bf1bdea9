/* Calls of libaxstorage. Callbacks are pointer types here; each must free the GError that it gets. */
#ifndef AXSDK_AX_STORAGE_H
#define AXSDK_AX_STORAGE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _AXStorage AXStorage;

typedef enum {
    AX_STORAGE_AVAILABLE_EVENT = 0,
    AX_STORAGE_EXITING_EVENT,
    AX_STORAGE_WRITABLE_EVENT,
    AX_STORAGE_FULL_EVENT,
    AX_STORAGE_STATUS_EVENT_ID_END /* how many there are */
} AXStorageStatusEventId;

/* The published names have no prefix. */
typedef enum {
    LOCAL_TYPE = 0,
    EXTERNAL_TYPE,
    UNKNOWN_TYPE
} AXStorageType;

typedef void (*AXStorageSubscriptionCallback)(gchar *storage_id, gpointer user_data, GError *error);
typedef void (*AXStorageSetupCallback)(AXStorage *storage, gpointer user_data, GError *error);
typedef void (*AXStorageReleaseCallback)(gpointer user_data, GError *error);

GList *ax_storage_list(GError **error);
guint ax_storage_subscribe(gchar *storage_id, AXStorageSubscriptionCallback callback, gpointer user_data,
                           GError **error);
gboolean ax_storage_unsubscribe(guint id, GError **error);
gboolean ax_storage_setup_async(gchar *storage_id, AXStorageSetupCallback callback, gpointer user_data,
                                GError **error);
gboolean ax_storage_release_async(AXStorage *storage, AXStorageReleaseCallback callback, gpointer user_data,
                                  GError **error);
gchar *ax_storage_get_path(AXStorage *storage, GError **error);
gboolean ax_storage_get_status(gchar *storage_id, AXStorageStatusEventId event, GError **error);
gchar *ax_storage_get_storage_id(AXStorage *storage, GError **error);
AXStorageType ax_storage_get_type(AXStorage *storage, GError **error);

G_END_DECLS

#endif
