/* Declarations of libaxstorage, for building where the camera's SDK is not installed. Own text, published interface. */
#ifndef AXSDK_AXSTORAGE_H
#define AXSDK_AXSTORAGE_H

#include <glib.h>

#include <axsdk/axstorage/ax_storage.h>
#include <axsdk/axstorage/ax_storage_error.h>

#endif
