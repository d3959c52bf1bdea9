/* What bindgen reads: the glue, and the enums of the two libraries that error.rs is checked against. */
#include "glue.h"

#include <axsdk/axparameter.h>
#include <axsdk/axstorage.h>
