/* What the glue's own files share. */
#ifndef AXG_GLUE_INSIDE_H
#define AXG_GLUE_INSIDE_H

#include <glib.h>

#include "glue.h"

struct command {
    uint32_t kind, token, number;
    char *name, *text;
};

/* An event with nothing but its kind and token. */
#define BLANK(which, whose) ((struct axg_event){.kind = (which), .token = (whose)})

/* Puts the event into the queue; it then owns the texts. Any thread. */
void axg_emit(struct axg_event event);

/* Puts `call` and what `error` says into the event, and frees the error. `ok` is what the result of the call says:
 * when it and the error do not agree, the event says so. Returns whether the call succeeded. */
gboolean axg_judge(struct axg_event *event, const char *call, gboolean ok, GError *error);

/* Marks the thread as being inside that C function; NULL marks the way out. */
void axg_enter(const char *call);

/* A call of a library with both marks, also inside another one; its value is that of the call. */
#define CALL(function, ...) ({ const char *outer = axg_busy_in(); axg_enter(#function); \
                               __auto_type got = function(__VA_ARGS__); axg_enter(outer); got; })

/* A value of the SDK's headers that Rust and glue.h rely on. */
#define SAME(name, value) _Static_assert((name) == (value), #name " has moved: mend error.rs and glue.h")

/* Emits one AXG_ITEM for each string of the list, frees it, and then emits the AXG_DONE. */
void axg_emit_list(uint32_t token, const char *call, GList *list, GError *error);

/* Called on the glue's thread only. */
const char *axg_app(void);
void axg_parameter_run(const struct command *command);
void axg_parameter_stop(void);
gint64 axg_parameter_last_callback(void); /* monotonic microseconds; 0 for never */
void axg_storage_run(const struct command *command);
void axg_storage_stop(void);

/* Any thread. */
void axg_bus_cancel(uint32_t token); /* 0 ends them all */

#endif
