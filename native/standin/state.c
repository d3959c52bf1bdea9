/* The state folder, the knobs and misuse. See state.h. */
#include "state.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib-unix.h>

enum { GUARD = 16, HEAD = sizeof(gsize) + GUARD };
static const char GUARD_BYTES[GUARD] = "axsim guard word";

char *sim_path(const char *first, ...) {
    const char *root = g_getenv("AXSIM_DIR");
    if (root == NULL || !g_file_test(root, G_FILE_TEST_IS_DIR))
        return NULL;
    GString *path = g_string_new(root);
    va_list parts;
    va_start(parts, first);
    for (const char *part = first; part != NULL; part = va_arg(parts, const char *))
        g_string_append_printf(path, "/%s", part);
    va_end(parts);
    return g_string_free(path, FALSE);
}

GKeyFile *sim_read(const char *path) {
    GKeyFile *file = g_key_file_new();
    if (path != NULL)
        g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL);
    return file;
}

gboolean sim_write(const char *path, GKeyFile *file) {
    gsize length;
    char *data = g_key_file_to_data(file, &length, NULL);
    char *beside = g_strdup_printf("%s.%d.new", path, (int)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
    gboolean ok = fd >= 0 && write(fd, data, length) == (ssize_t)length && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(beside, path) == 0;
    if (!ok)
        unlink(beside);
    g_free(beside);
    g_free(data);
    return ok;
}

int sim_lock(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void sim_unlock(int fd) {
    if (fd >= 0)
        close(fd);
}

/* GKeyFile's own escapes, done here and not by g_key_file_set_string and its like: those take valid UTF-8 alone, and a
 * parameter may hold any bytes that another application wrote. Raw values pass through GKeyFile untouched. */
char *sim_escape(const char *value) {
    GString *out = g_string_new(NULL);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == ' ' && at == value)
            g_string_append(out, "\\s");
        else if (*at == '\n')
            g_string_append(out, "\\n");
        else if (*at == '\t')
            g_string_append(out, "\\t");
        else if (*at == '\r')
            g_string_append(out, "\\r");
        else if (*at == '\\')
            g_string_append(out, "\\\\");
        else
            g_string_append_c(out, *at);
    }
    return g_string_free(out, FALSE);
}

char *sim_unescape(const char *raw) {
    GString *out = g_string_new(NULL);
    for (const char *at = raw; *at != '\0'; at++) {
        if (*at != '\\' || at[1] == '\0') {
            g_string_append_c(out, *at);
            continue;
        }
        at++;
        g_string_append_c(out, *at == 's' ? ' ' : *at == 'n' ? '\n' : *at == 't' ? '\t' : *at == 'r' ? '\r' : *at);
    }
    return g_string_free(out, FALSE);
}

char *sim_get(GKeyFile *file, const char *group, const char *key) {
    char *raw = g_key_file_get_value(file, group, key, NULL);
    char *value = raw != NULL ? sim_unescape(raw) : NULL;
    g_free(raw);
    return value;
}

gint64 sim_get_number(GKeyFile *file, const char *group, const char *key, gint64 otherwise) {
    char *value = sim_get(file, group, key);
    gint64 number = value != NULL ? g_ascii_strtoll(value, NULL, 10) : otherwise;
    g_free(value);
    return number;
}

gboolean sim_knob_is(const char *name, const char *value) { return g_strcmp0(g_getenv(name), value) == 0; }

gint64 sim_knob_number(const char *name) {
    const char *value = g_getenv(name);
    return value != NULL ? MAX(0, g_ascii_strtoll(value, NULL, 10)) : 0;
}

gint64 sim_told(const char *file, const char *function, gint64 otherwise) {
    char *path = sim_path(file, NULL), *text = NULL, *only = NULL;
    gint64 number = otherwise;
    if (path != NULL && g_file_get_contents(path, &text, NULL, NULL)) {
        gint64 read = g_ascii_strtoll(text, &only, 10);
        if (*g_strstrip(only) == '\0' || strcmp(only, function) == 0)
            number = read;
    }
    g_free(text);
    g_free(path);
    return number;
}

GMainContext *sim_context(void) {
    return sim_knob_is("AXSIM_CONTEXT", "thread-default") ? g_main_context_get_thread_default() : NULL;
}

void sim_attach(GSource *source) {
    g_source_attach(source, sim_context());
    g_source_unref(source);
}

void sim_misuse(const char *what) {
    g_warning("axsim misuse: %s", what);
    if (sim_knob_is("AXSIM_STRICT", "abort")) {
        fprintf(stderr, "axsim misuse: %s\n", what);
        abort();
    }
}

void sim_entered(const char *function) {
    static gint owner;
    gint here = (gint)syscall(SYS_gettid);
    if (!g_atomic_int_compare_and_exchange(&owner, 0, here) && g_atomic_int_get(&owner) != here) {
        char *what = g_strdup_printf("%s on a second thread", function);
        sim_misuse(what);
        g_free(what);
    }
}

/* Length, guard word, text, guard word. */
char *sim_guarded(const char *text) {
    gsize length = strlen(text) + 1;
    char *block = g_malloc(HEAD + length + GUARD);
    memcpy(block, &length, sizeof length);
    memcpy(block + HEAD - GUARD, GUARD_BYTES, GUARD);
    memcpy(block + HEAD, text, length);
    memcpy(block + HEAD + length, GUARD_BYTES, GUARD);
    return block + HEAD;
}

void sim_unguard(char *text) {
    gsize length;
    if (text == NULL)
        return;
    memcpy(&length, text - HEAD, sizeof length);
    if (memcmp(text - GUARD, GUARD_BYTES, GUARD) != 0 || text[length - 1] != '\0' ||
        memcmp(text + length, GUARD_BYTES, GUARD) != 0)
        sim_misuse("a string of the library was changed");
    memset(text, 0xDD, length);
    g_free(text - HEAD);
}

/* One inotify descriptor for the library, as a source of its context: no timer asks for changes. */
static struct {
    int fd;
    GSource *source;
    GHashTable *folders; /* watch number -> tag */
    SimChanged changed;
} watch = {.fd = -1};

static gboolean on_inotify(gint fd, GIOCondition condition, gpointer data) {
    (void)condition;
    (void)data;
    union {
        struct inotify_event event;
        char bytes[4096];
    } buffer;
    ssize_t got;
    while ((got = read(fd, &buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(buffer.bytes + at);
            const char *tag = g_hash_table_lookup(watch.folders, GINT_TO_POINTER(event->wd));
            if (tag != NULL && event->len > 0)
                watch.changed(tag, event->name);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return G_SOURCE_CONTINUE;
}

gboolean sim_watch(const char *folder, const char *tag, SimChanged changed) {
    if (watch.fd < 0) {
        watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch.fd < 0)
            return FALSE;
        watch.folders = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        watch.changed = changed;
        watch.source = g_unix_fd_source_new(watch.fd, G_IO_IN);
        g_source_set_callback(watch.source, G_SOURCE_FUNC(on_inotify), NULL, NULL);
        g_source_attach(watch.source, sim_context());
    }
    int number = inotify_add_watch(watch.fd, folder, IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE);
    if (number >= 0)
        g_hash_table_replace(watch.folders, GINT_TO_POINTER(number), g_strdup(tag));
    return number >= 0;
}

gboolean sim_watch_pending(void) {
    struct pollfd ask = {.fd = watch.fd, .events = POLLIN};
    return watch.fd >= 0 && poll(&ask, 1, 0) > 0;
}

void sim_unwatch(void) {
    if (watch.fd < 0)
        return;
    g_source_destroy(watch.source);
    g_source_unref(watch.source);
    g_hash_table_destroy(watch.folders);
    close(watch.fd);
    watch.fd = -1;
}
