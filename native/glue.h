/* The glue: one thread that owns GLib's default main context and makes every call of libaxparameter and libaxstorage.
 *
 * Pull model. A caller posts a command with a token of its own choice (0 is refused); the answer is an event with that
 * token. Events wait in a queue; the file descriptor of axg_start is readable while there are any. Nothing is ever
 * called back. All functions here may be called from any thread, and none of them waits for the libraries.
 *
 * Texts in commands are copied. Texts in events belong to the event until axg_event_clear. They are NUL-terminated and
 * not checked for UTF-8. Times are milliseconds. */
#ifndef AXG_GLUE_H
#define AXG_GLUE_H

#include <stdint.h>

/* Commands: which of name, text and number each takes. */
enum axg_command {
    AXG_PARAMETER_GET = 1,     /* name; answered by AXG_DONE with text */
    AXG_PARAMETER_SET = 2,     /* name, text; always synced */
    AXG_PARAMETER_LIST = 3,    /* answered by AXG_ITEM for each, then AXG_DONE */
    AXG_PARAMETER_WATCH = 4,   /* name; AXG_DONE, and AXG_CHANGED with the same token for ever after */
    AXG_STORAGE_LIST = 5,      /* as AXG_PARAMETER_LIST */
    AXG_STORAGE_STATUS = 6,    /* name = id; AXG_DONE with flags */
    AXG_STORAGE_SUBSCRIBE = 7, /* name = id; AXG_DONE, and AXG_STATUS with the same token for ever after */
    AXG_STORAGE_SETUP = 8,     /* name = id; AXG_DONE with number = handle, text = path, flags = AXStorageType */
    AXG_STORAGE_RELEASE = 9,   /* number = handle; AXG_DONE when the release callback came or the call failed */
    AXG_STOP = 10              /* unsubscribe, free, end; the last event is AXG_ENDED */
};

enum axg_event_kind { AXG_DONE = 1, AXG_ITEM = 2, AXG_CHANGED = 3, AXG_STATUS = 4, AXG_LOG = 5, AXG_ENDED = 6 };

/* Where an error comes from. Domain 0 is success. */
enum axg_domain {
    AXG_OK = 0,
    AXG_FROM_PARAMETER = 1,
    AXG_FROM_STORAGE = 2,
    AXG_FROM_OTHER = 3,   /* another GError, for instance of D-Bus */
    AXG_INCONSISTENT = 4, /* result and error of a call contradict each other */
    AXG_NO_HANDLE = 5     /* the number names no live handle */
};

/* Bits of `flags` in a status. */
enum axg_flag { AXG_AVAILABLE = 1, AXG_WRITABLE = 2, AXG_FULL = 4, AXG_EXITING = 8 };

struct axg_event {
    uint32_t kind;
    uint32_t token;
    uint32_t flags;
    uint32_t number;
    uint32_t domain;
    int32_t code;
    const char *call; /* the C function at fault, a constant; NULL without one */
    char *text;       /* value, path, list item, log line; NULL where there is none */
    char *message;    /* of the error */
};

/* Starts the thread, once per process. Returns the descriptor to wait on, or a negative errno. It stays open for the
 * life of the process and is not to be closed. -EALREADY: started before. The thread ends at once when somebody else
 * runs the default context. */
int axg_start(const char *app);

/* Posts a command. 0, or a negative errno: -EINVAL, -ESRCH when the thread has ended. */
int axg_post(uint32_t command, uint32_t token, uint32_t number, const char *name, const char *text);

/* Takes back a command that has not begun, and ends a D-Bus call early. One that has begun goes on. */
void axg_cancel(uint32_t token);

/* 1 and an event, or 0 when the queue is empty; then the descriptor is quiet until the next event. */
int axg_next(struct axg_event *event);
void axg_event_clear(struct axg_event *event);

/* How long no parameter call is made after a parameter callback, and at most ten times as long while more of them come.
 * 1000 from the start. */
void axg_quiet_period(uint32_t milliseconds);

/* The C function that the thread is in now, or NULL while it is in none. */
const char *axg_busy_in(void);

/* Whether the thread has ended; 1 joins it. */
int axg_join(void);

/* Asks the service account `user` of the camera's system bus, on a thread of its own; AXG_DONE with text. */
int axg_credentials(uint32_t token, const char *user, uint32_t timeout_ms);

#endif
