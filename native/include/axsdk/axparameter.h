/* Declarations of libaxparameter, for building where the camera's SDK is not installed.
 * The text is our own; names, order and types are the published interface (unchanged from ACAP 3.5 to 12.2). */
#ifndef _PARAMETER_H
#define _PARAMETER_H

#include <glib.h>

#include <axsdk/ax_parameter/ax_parameter_error.h>
#include <axsdk/ax_parameter/ax_parameter.h>

#endif
