/* The thread, its queues and the log. The libraries are in glue_parameter.c and glue_storage.c, D-Bus in bus.c. */
#include <axsdk/axparameter.h>
#include <axsdk/axstorage.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "glue_inside.h"

enum { LOG_LIMIT = 256, DRY_LIMIT = 1000, QUIET_LIMIT = 10 };

static struct {
    GMutex lock; /* guards what follows up to `logs` */
    gboolean started, ended;
    GQueue commands; /* of struct command, oldest first */
    GQueue parked;   /* parameter commands that wait for quiet */
    GQueue events;   /* of struct axg_event */
    guint logs;      /* how many of the events are log lines */
    int fd;
    pthread_t thread;
    char *app;
    gint quiet_ms;    /* atomic */
    const char *busy; /* atomic */
    GSource *alarm;   /* ends a quiet period; it and what follows are the thread's own */
    gint64 waiting_since; /* the first of the parked commands; 0 for none */
} glue = {.fd = -1, .quiet_ms = 1000};

static void command_free(gpointer data) {
    struct command *command = data;
    g_free(command->name);
    g_free(command->text);
    g_free(command);
}

void axg_emit(struct axg_event event) {
    g_mutex_lock(&glue.lock);
    if (event.kind == AXG_LOG && glue.logs >= LOG_LIMIT) {
        g_mutex_unlock(&glue.lock);
        axg_event_clear(&event);
        return;
    }
    glue.logs += event.kind == AXG_LOG;
    struct axg_event *kept = g_new(struct axg_event, 1);
    *kept = event;
    g_queue_push_tail(&glue.events, kept);
    eventfd_write(glue.fd, 1);
    g_mutex_unlock(&glue.lock);
}

int axg_next(struct axg_event *event) {
    g_mutex_lock(&glue.lock);
    struct axg_event *kept = g_queue_pop_head(&glue.events);
    if (kept == NULL) {
        eventfd_t count;
        eventfd_read(glue.fd, &count);
    } else {
        glue.logs -= kept->kind == AXG_LOG;
    }
    g_mutex_unlock(&glue.lock);
    if (kept == NULL)
        return 0;
    *event = *kept;
    g_free(kept);
    return 1;
}

void axg_event_clear(struct axg_event *event) {
    if (event->text != NULL)
        explicit_bzero(event->text, strlen(event->text)); /* it may be a password */
    g_free(event->text);
    g_free(event->message);
    event->text = event->message = NULL;
}

gboolean axg_judge(struct axg_event *event, const char *call, gboolean ok, GError *error) {
    event->call = call;
    if ((ok != 0) != (error == NULL)) {
        event->domain = AXG_INCONSISTENT;
    } else if (error != NULL) {
        /* The names behind the two domains are not published: compare with the quarks only. */
        event->domain = error->domain == ax_parameter_error_quark() ? AXG_FROM_PARAMETER
                        : error->domain == ax_storage_error_quark() ? AXG_FROM_STORAGE
                                                            : AXG_FROM_OTHER;
    }
    if (error != NULL) {
        event->code = error->code;
        event->message = g_strdup(error->message);
        g_error_free(error);
    }
    return event->domain == AXG_OK;
}

const char *axg_app(void) { return glue.app; }

void axg_enter(const char *call) { g_atomic_pointer_set(&glue.busy, call); }

const char *axg_busy_in(void) { return g_atomic_pointer_get(&glue.busy); }

void axg_emit_list(uint32_t token, const char *call, GList *list, GError *error) {
    struct axg_event done = BLANK(AXG_DONE, token);
    /* No list and no error is an empty list. */
    if (axg_judge(&done, call, list != NULL || error == NULL, error)) {
        for (GList *item = list; item != NULL; item = item->next) {
            if (item->data == NULL)
                continue;
            struct axg_event event = BLANK(AXG_ITEM, token);
            event.text = g_strdup(item->data);
            axg_emit(event);
        }
    }
    g_list_free_full(list, g_free);
    axg_emit(done);
}

/* What GLib and the libraries log, from any thread. Runs inside g_log: it must not log itself. */
static GLogWriterOutput on_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data) {
    (void)data;
    if (!(level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)))
        return G_LOG_WRITER_HANDLED;
    const char *domain = "", *message = "";
    for (gsize i = 0; i < count; i++) {
        if (fields[i].length >= 0)
            continue;
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
        else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            domain = fields[i].value;
    }
    struct axg_event event = BLANK(AXG_LOG, 0);
    event.text = g_strdup_printf("%s: %s", domain, message);
    axg_emit(event);
    return G_LOG_WRITER_HANDLED;
}

/* Runs what is ready, so that no callback is left waiting when a library is called. Bounded: a source that is always
 * ready must not keep the commands out. */
static void run_dry(void) {
    for (int i = 0; i < DRY_LIMIT && g_main_context_iteration(NULL, FALSE); i++) {
    }
}

/* Whether a parameter command may run: a while after the last callback, or when so many came that it waited for long. */
static gboolean quiet_now(void) {
    gint64 last = axg_parameter_last_callback(), now = g_get_monotonic_time();
    gint64 quiet = (gint64)g_atomic_int_get(&glue.quiet_ms) * 1000;
    if (glue.waiting_since == 0)
        glue.waiting_since = now;
    gint64 until = MIN(last + quiet, glue.waiting_since + QUIET_LIMIT * quiet);
    if (last == 0 || now >= until)
        return TRUE;
    g_source_set_ready_time(glue.alarm, until);
    return FALSE;
}

/* The next command that may run now. Parameter commands wait for quiet, the others overtake them. */
static struct command *next_command(void) {
    g_mutex_lock(&glue.lock);
    struct command *command;
    while ((command = g_queue_pop_head(&glue.commands)) != NULL && command->kind <= AXG_PARAMETER_WATCH)
        g_queue_push_tail(&glue.parked, command);
    if (command == NULL && glue.parked.length > 0 && quiet_now()) {
        command = g_queue_pop_head(&glue.parked);
        glue.waiting_since = 0;
    }
    g_mutex_unlock(&glue.lock);
    return command;
}

static gboolean on_alarm(GSource *source, GSourceFunc callback, gpointer data) {
    (void)callback;
    (void)data;
    g_source_set_ready_time(source, -1);
    return G_SOURCE_CONTINUE;
}

static void *run(void *unused) {
    static GSourceFuncs alarm_funcs = {.dispatch = on_alarm};
    /* Owning the context for good makes g_main_context_invoke of other threads wait for us and not run inline. */
    gboolean stop = !g_main_context_acquire(NULL);
    if (stop)
        g_critical("somebody else runs the default main context");
    glue.alarm = g_source_new(&alarm_funcs, sizeof(GSource));
    g_source_attach(glue.alarm, NULL);
    while (!stop) {
        run_dry();
        struct command *command = next_command();
        if (command == NULL) {
            g_main_context_iteration(NULL, TRUE);
            continue;
        }
        stop = command->kind == AXG_STOP;
        if (command->kind <= AXG_PARAMETER_WATCH)
            axg_parameter_run(command);
        else if (!stop)
            axg_storage_run(command);
        command_free(command);
    }
    axg_storage_stop();
    axg_parameter_stop();
    run_dry();
    g_source_destroy(glue.alarm);
    g_source_unref(glue.alarm);
    g_mutex_lock(&glue.lock);
    glue.ended = TRUE;
    g_queue_clear_full(&glue.commands, command_free);
    g_queue_clear_full(&glue.parked, command_free);
    g_mutex_unlock(&glue.lock);
    axg_emit(BLANK(AXG_ENDED, 0));
    return unused;
}

int axg_start(const char *app) {
    g_mutex_lock(&glue.lock);
    gboolean again = glue.started;
    glue.started = TRUE;
    g_mutex_unlock(&glue.lock);
    if (again)
        return -EALREADY;
    glue.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (glue.fd < 0)
        return -errno;
    glue.app = g_strdup(app);
    g_log_set_writer_func(on_log, NULL, NULL);
    int fault = pthread_create(&glue.thread, NULL, run, NULL);
    return fault != 0 ? -fault : glue.fd;
}

int axg_post(uint32_t kind, uint32_t token, uint32_t number, const char *name, const char *text) {
    gboolean named = kind != AXG_PARAMETER_LIST && kind != AXG_STORAGE_LIST && kind < AXG_STORAGE_RELEASE;
    if (token == 0 || kind < AXG_PARAMETER_GET || kind > AXG_STOP || (named && name == NULL))
        return -EINVAL;
    struct command *command = g_new0(struct command, 1);
    *command = (struct command){kind, token, number, g_strdup(name), g_strdup(text)};
    g_mutex_lock(&glue.lock);
    gboolean alive = glue.started && !glue.ended;
    if (alive)
        g_queue_push_tail(&glue.commands, command);
    g_mutex_unlock(&glue.lock);
    if (!alive) {
        command_free(command);
        return -ESRCH;
    }
    g_main_context_wakeup(NULL);
    return 0;
}

void axg_cancel(uint32_t token) {
    GQueue *queues[] = {&glue.commands, &glue.parked};
    g_mutex_lock(&glue.lock);
    for (gsize i = 0; i < G_N_ELEMENTS(queues); i++) {
        GList *found = queues[i]->head;
        while (found != NULL && ((struct command *)found->data)->token != token)
            found = found->next;
        if (found != NULL) {
            command_free(found->data);
            g_queue_delete_link(queues[i], found);
        }
    }
    g_mutex_unlock(&glue.lock);
    axg_bus_cancel(token);
}

void axg_quiet_period(uint32_t milliseconds) { g_atomic_int_set(&glue.quiet_ms, (gint)MIN(milliseconds, 60000u)); }

int axg_join(void) {
    static gboolean joined; /* called by one thread at a time: the stop of the one owner */
    if (!joined)
        joined = glue.started && pthread_tryjoin_np(glue.thread, NULL) == 0;
    return joined;
}
