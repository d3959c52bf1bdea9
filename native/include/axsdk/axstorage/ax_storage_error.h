/* Error codes of libaxstorage. Needs <glib.h> before it, as the published header does. */
#ifndef AXSDK_AX_STORAGE_ERROR_H
#define AXSDK_AX_STORAGE_ERROR_H

G_BEGIN_DECLS

#define AX_STORAGE_ERROR (ax_storage_error_quark())

typedef enum {
    AX_STORAGE_ERROR_GENERIC = 0,
    AX_STORAGE_ERROR_INVALID_ARGUMENT,
    AX_STORAGE_ERROR_INCOMPATIBLE_VALUE,
    AX_STORAGE_ERROR_SUBSCRIPTION,
    AX_STORAGE_ERROR_UNSUBSCRIBE,
    AX_STORAGE_ERROR_SETUP,
    AX_STORAGE_ERROR_END /* how many there are */
} AXStorageErrorCode;

GQuark ax_storage_error_quark(void);

G_END_DECLS

#endif
