/* Stand-in for libaxstorage. Its truth is $AXSIM_DIR/storage/<ID>: conf, state and medium.
 *
 * Sure (published): the calls, that each subscription is told once at first from the loop, that setup and release are
 * answered by callbacks, who frees what. Unknown, so knobs: AXSIM_CONTEXT, AXSIM_SETUP_CB, AXSIM_RELEASE_CB,
 * AXSIM_EXIT_WRITABLE, AXSIM_EVENT_ORDER, AXSIM_SPURIOUS, AXSIM_ID_LIFETIME, AXSIM_STRICT; for a program that runs the
 * file stall-storage (milliseconds for every call, or those of the function named after them). Guessed: the codes for an
 * unknown id, and for setting up what cannot be written. The library is not told the application's name: here it is
 * AXSIM_APP, or the name of the program. */
#include <axsdk/axstorage.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slot.h"
#include "state.h"

enum { LIVE = 0x41584C56, DEAD = 0x44454144, STARVED_US = 5000000 };

struct _AXStorage {
    guint magic;
    char *id;
};

struct subscription {
    guint number;
    char *id, *given; /* `given` is the copy that the callback gets */
    AXStorageSubscriptionCallback callback;
    gpointer data;
    GSource *initial, *spurious;
    gint64 since;
    gboolean told;
};

/* A setup or release that is under way. */
struct answer {
    char *id;
    AXStorageSetupCallback setup;
    AXStorageReleaseCallback release;
    gpointer data;
};

static GList *subscriptions;
static GList *graves; /* released handles: kept, so that a later use is noticed */
static GHashTable *held; /* id -> how many handles */

EXPORT GQuark ax_storage_error_quark(void) { return g_quark_from_static_string("axsim-storage-error"); }

static gboolean fail(GError **error, AXStorageErrorCode code, const char *text, const char *id) {
    g_set_error(error, AX_STORAGE_ERROR, (gint)code, "%s%s", text, id != NULL ? id : "");
    return FALSE;
}

static void entered(const char *function) {
    sim_entered(function);
    gint64 wait = sim_told("stall-storage", function, 0);
    if (wait > 0)
        g_usleep((gulong)wait * 1000);
    for (GList *item = subscriptions; item != NULL; item = item->next) {
        struct subscription *subscription = item->data;
        if (!subscription->told && g_get_monotonic_time() - subscription->since > STARVED_US) {
            subscription->told = TRUE;
            sim_misuse("no main loop runs 5 s after ax_storage_subscribe");
        }
    }
}

static gboolean is_live(AXStorage *storage, const char *function, GError **error) {
    if (storage != NULL && storage->magic == LIVE)
        return TRUE;
    char *what = g_strdup_printf("%s with a handle that is not set up", function);
    sim_misuse(what);
    g_free(what);
    return fail(error, AX_STORAGE_ERROR_INVALID_ARGUMENT, "Not a storage", NULL);
}

EXPORT GList *ax_storage_list(GError **error) {
    (void)error;
    entered("ax_storage_list");
    return slot_ids();
}

static void tell(struct subscription *subscription) {
    subscription->told = TRUE;
    if (sim_knob_is("AXSIM_ID_LIFETIME", "call")) {
        char *given = sim_guarded(subscription->id);
        subscription->callback(given, subscription->data, NULL);
        sim_unguard(given);
    } else {
        subscription->callback(subscription->given, subscription->data, NULL);
    }
}

static gboolean on_initial(gpointer data) {
    struct subscription *subscription = data;
    g_clear_pointer(&subscription->initial, g_source_unref);
    tell(subscription);
    return G_SOURCE_REMOVE;
}

static gboolean on_spurious(gpointer data) {
    struct subscription *subscription = data;
    if (subscription->told)
        tell(subscription);
    return G_SOURCE_CONTINUE;
}

/* A flag of the slot has changed: every subscription of it is told. Called from the loop. */
static void on_slot(const char *id) {
    GList *numbers = NULL;
    for (GList *item = subscriptions; item != NULL; item = item->next)
        if (strcmp(((struct subscription *)item->data)->id, id) == 0)
            numbers = g_list_prepend(numbers, GUINT_TO_POINTER(((struct subscription *)item->data)->number));
    for (GList *number = numbers; number != NULL; number = number->next) {
        for (GList *item = subscriptions; item != NULL; item = item->next) {
            struct subscription *subscription = item->data;
            if (subscription->number == GPOINTER_TO_UINT(number->data)) {
                tell(subscription);
                break; /* the callback may have changed the list */
            }
        }
    }
    g_list_free(numbers);
}

static GSource *later(gint64 milliseconds, GSourceFunc function, gpointer data, GDestroyNotify free_data) {
    GSource *source = g_timeout_source_new((guint)milliseconds);
    g_source_set_callback(source, function, data, free_data);
    g_source_attach(source, sim_context());
    return source;
}

EXPORT guint ax_storage_subscribe(gchar *storage_id, AXStorageSubscriptionCallback callback, gpointer user_data,
                                  GError **error) {
    static guint last;
    entered("ax_storage_subscribe");
    if (callback == NULL || !slot_exists(storage_id) || !slot_follow(storage_id, on_slot)) {
        fail(error, AX_STORAGE_ERROR_SUBSCRIPTION, "Failed to subscribe to ", storage_id);
        return 0;
    }
    struct subscription *subscription = g_new0(struct subscription, 1);
    subscription->number = ++last;
    subscription->id = g_strdup(storage_id);
    subscription->given = sim_guarded(storage_id);
    subscription->callback = callback;
    subscription->data = user_data;
    subscription->since = g_get_monotonic_time();
    subscription->initial = later(slot_conf(storage_id, "initial_delay_ms", 300), on_initial, subscription, NULL);
    gint64 spurious = sim_knob_number("AXSIM_SPURIOUS");
    if (spurious > 0)
        subscription->spurious = later(MAX(1, 60000 / spurious), on_spurious, subscription, NULL);
    subscriptions = g_list_append(subscriptions, subscription);
    return subscription->number;
}

static void drop(GSource *source) {
    if (source != NULL) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}

EXPORT gboolean ax_storage_unsubscribe(guint id, GError **error) {
    entered("ax_storage_unsubscribe");
    for (GList *item = subscriptions; item != NULL; item = item->next) {
        struct subscription *subscription = item->data;
        if (subscription->number != id)
            continue;
        subscriptions = g_list_delete_link(subscriptions, item);
        drop(subscription->initial);
        drop(subscription->spurious);
        g_free(subscription->id);
        sim_unguard(subscription->given);
        g_free(subscription);
        if (subscriptions == NULL)
            slot_follow_none();
        return TRUE;
    }
    return fail(error, AX_STORAGE_ERROR_UNSUBSCRIBE, "No such subscription", NULL);
}

EXPORT gboolean ax_storage_get_status(gchar *storage_id, AXStorageStatusEventId event, GError **error) {
    entered("ax_storage_get_status");
    if (!slot_exists(storage_id) || event >= AX_STORAGE_STATUS_EVENT_ID_END)
        return fail(error, AX_STORAGE_ERROR_INVALID_ARGUMENT, "No status of ", storage_id);
    guint flags = slot_flags(storage_id);
    gboolean exiting = (flags & SLOT_EXITING) != 0;
    switch (event) {
    case AX_STORAGE_AVAILABLE_EVENT:
        return (flags & SLOT_AVAILABLE) != 0;
    case AX_STORAGE_EXITING_EVENT:
        return exiting;
    case AX_STORAGE_FULL_EVENT:
        return (flags & SLOT_FULL) != 0;
    default:
        if (exiting && sim_knob_is("AXSIM_EXIT_WRITABLE", "0"))
            return FALSE;
        if (exiting && sim_knob_is("AXSIM_EXIT_WRITABLE", "1"))
            return TRUE;
        return (flags & SLOT_WRITABLE) != 0;
    }
}

static void answer_free(gpointer data) {
    g_free(((struct answer *)data)->id);
    g_free(data);
}

static guint count_held(const char *id, int change) {
    if (held == NULL)
        held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(held, id)) + (guint)change;
    g_hash_table_replace(held, g_strdup(id), GUINT_TO_POINTER(count));
    return count;
}

static gboolean on_setup(gpointer data) {
    struct answer *answer = data;
    GError *error = NULL;
    AXStorage *storage = NULL;
    gint64 code = slot_conf(answer->id, "fail_setup", -1);
    if (code >= 0) {
        char *text = slot_conf_text(answer->id, "fail_setup_text");
        fail(&error, (AXStorageErrorCode)code, text != NULL ? text : "Failed to set up ", text ? NULL : answer->id);
        g_free(text);
    } else if ((slot_flags(answer->id) & (SLOT_AVAILABLE | SLOT_WRITABLE)) != (SLOT_AVAILABLE | SLOT_WRITABLE) ||
               !slot_open(answer->id)) {
        fail(&error, AX_STORAGE_ERROR_SETUP, "Failed to set up ", answer->id);
    } else {
        count_held(answer->id, 1);
        storage = g_new0(AXStorage, 1);
        *storage = (AXStorage){LIVE, g_strdup(answer->id)};
    }
    answer->setup(storage, answer->data, error); /* the callback frees the error */
    return G_SOURCE_REMOVE;
}

EXPORT gboolean ax_storage_setup_async(gchar *storage_id, AXStorageSetupCallback callback, gpointer user_data,
                                       GError **error) {
    entered("ax_storage_setup_async");
    if (callback == NULL || !slot_exists(storage_id))
        return fail(error, AX_STORAGE_ERROR_INVALID_ARGUMENT, "No such storage: ", storage_id);
    if (slot_conf(storage_id, "fail_setup_call", 0) != 0)
        return fail(error, AX_STORAGE_ERROR_SETUP, "Failed to set up ", storage_id);
    struct answer *answer = g_new0(struct answer, 1);
    *answer = (struct answer){g_strdup(storage_id), callback, NULL, user_data};
    if (sim_knob_is("AXSIM_SETUP_CB", "sync")) {
        on_setup(answer);
        answer_free(answer);
    } else {
        g_source_unref(later(slot_conf(storage_id, "setup_delay_ms", 1500), on_setup, answer, answer_free));
    }
    return TRUE;
}

static gboolean on_release(gpointer data) {
    struct answer *answer = data;
    answer->release(answer->data, NULL);
    return G_SOURCE_REMOVE;
}

EXPORT gboolean ax_storage_release_async(AXStorage *storage, AXStorageReleaseCallback callback, gpointer user_data,
                                         GError **error) {
    entered("ax_storage_release_async");
    if (!is_live(storage, "ax_storage_release_async", error))
        return FALSE;
    if (callback == NULL || slot_conf(storage->id, "fail_release", 0) != 0)
        return fail(error, AX_STORAGE_ERROR_GENERIC, "Failed to release ", storage->id);
    if (count_held(storage->id, -1) == 0)
        slot_close(storage->id);
    struct answer *answer = g_new0(struct answer, 1);
    *answer = (struct answer){g_strdup(storage->id), NULL, callback, user_data};
    storage->magic = DEAD;
    memset(storage->id, 'x', strlen(storage->id));
    graves = g_list_prepend(graves, storage);
    if (sim_knob_is("AXSIM_RELEASE_CB", "never")) {
        answer_free(answer);
    } else if (sim_knob_is("AXSIM_RELEASE_CB", "sync")) {
        on_release(answer);
        answer_free(answer);
    } else {
        g_source_unref(later(slot_conf(answer->id, "release_delay_ms", 0), on_release, answer, answer_free));
    }
    return TRUE;
}

EXPORT gchar *ax_storage_get_path(AXStorage *storage, GError **error) {
    entered("ax_storage_get_path");
    if (!is_live(storage, "ax_storage_get_path", error))
        return NULL;
    return slot_area(storage->id);
}

EXPORT gchar *ax_storage_get_storage_id(AXStorage *storage, GError **error) {
    entered("ax_storage_get_storage_id");
    return is_live(storage, "ax_storage_get_storage_id", error) ? g_strdup(storage->id) : NULL;
}

EXPORT AXStorageType ax_storage_get_type(AXStorage *storage, GError **error) {
    entered("ax_storage_get_type");
    if (!is_live(storage, "ax_storage_get_type", error))
        return UNKNOWN_TYPE;
    char *type = slot_conf_text(storage->id, "type");
    AXStorageType which = g_strcmp0(type, "local") == 0      ? LOCAL_TYPE
                          : g_strcmp0(type, "external") == 0 ? EXTERNAL_TYPE
                                                             : UNKNOWN_TYPE;
    g_free(type);
    return which;
}
