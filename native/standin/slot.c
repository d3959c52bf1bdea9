/* The files of a slot. See slot.h. */
#include "slot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

struct follow {
    guint shown;
    GQueue steps; /* masks of flags to flip, oldest first */
    GSource *idle;
    GRand *order;
    char *id;
};

static GHashTable *follows; /* id -> struct follow */
static SlotChanged told;

static const char *app(void) {
    const char *name = g_getenv("AXSIM_APP");
    return name != NULL ? name : program_invocation_short_name;
}

static char *pid_text(void) { return g_strdup_printf("%d", (int)getpid()); }

GList *slot_ids(void) {
    char *folder = sim_path("storage", NULL);
    GDir *dir = folder != NULL ? g_dir_open(folder, 0, NULL) : NULL;
    GList *ids = NULL;
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        if (slot_exists(name))
            ids = g_list_insert_sorted(ids, g_strdup(name), (GCompareFunc)g_strcmp0);
    if (dir != NULL)
        g_dir_close(dir);
    g_free(folder);
    return ids;
}

gboolean slot_exists(const char *id) {
    if (id == NULL || *id == '\0' || *id == '.' || strchr(id, '/') != NULL)
        return FALSE;
    char *conf = sim_path("storage", id, "conf", NULL);
    gboolean there = conf != NULL && g_file_test(conf, G_FILE_TEST_IS_REGULAR);
    g_free(conf);
    return there;
}

static GKeyFile *read_file(const char *id, const char *name) {
    char *path = sim_path("storage", id, name, NULL);
    GKeyFile *file = sim_read(path);
    g_free(path);
    return file;
}

gint64 slot_conf(const char *id, const char *key, gint64 otherwise) {
    GKeyFile *file = read_file(id, "conf");
    gint64 number = sim_get_number(file, "disk", key, otherwise);
    g_key_file_free(file);
    return number;
}

char *slot_conf_text(const char *id, const char *key) {
    GKeyFile *file = read_file(id, "conf");
    char *text = sim_get(file, "disk", key);
    g_key_file_free(file);
    return text;
}

static guint read_flags(const char *id) {
    static const char *const names[] = {"available", "writable", "full", "exiting"};
    GKeyFile *file = read_file(id, "state");
    guint flags = 0;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        flags |= sim_get_number(file, "state", names[i], 0) != 0 ? 1u << i : 0;
    g_key_file_free(file);
    return flags;
}

guint slot_flags(const char *id) {
    struct follow *follow = follows != NULL ? g_hash_table_lookup(follows, id) : NULL;
    return follow != NULL && follow->order != NULL ? follow->shown : read_flags(id);
}

static gboolean on_step(gpointer data) {
    struct follow *follow = data;
    follow->shown ^= GPOINTER_TO_UINT(g_queue_pop_head(&follow->steps));
    gboolean more = follow->steps.length > 0;
    if (!more)
        g_clear_pointer(&follow->idle, g_source_unref);
    told(follow->id);
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Queues the way from what will have been shown to what the file says. With a seed the flags change in an order of
 * their own, some of them together; without one all at once. */
static void on_file(const char *id, const char *name) {
    struct follow *follow = g_hash_table_lookup(follows, id);
    if (follow == NULL || strcmp(name, "state") != 0)
        return;
    guint change = follow->shown ^ read_flags(id);
    for (GList *step = follow->steps.head; step != NULL; step = step->next)
        change ^= GPOINTER_TO_UINT(step->data);
    if (change == 0)
        return;
    guint step = 0;
    while (change != 0) {
        guint bit = follow->order != NULL ? 1u << g_rand_int_range(follow->order, 0, 4) : change;
        step |= change & bit;
        change &= ~bit;
        if (step != 0 && (change == 0 || g_rand_boolean(follow->order))) {
            g_queue_push_tail(&follow->steps, GUINT_TO_POINTER(step));
            step = 0;
        }
    }
    if (follow->idle == NULL) {
        follow->idle = g_idle_source_new();
        g_source_set_priority(follow->idle, G_PRIORITY_DEFAULT);
        g_source_set_callback(follow->idle, on_step, follow, NULL);
        g_source_attach(follow->idle, sim_context());
    }
}

static void follow_free(gpointer data) {
    struct follow *follow = data;
    if (follow->idle != NULL) {
        g_source_destroy(follow->idle);
        g_source_unref(follow->idle);
    }
    if (follow->order != NULL)
        g_rand_free(follow->order);
    g_queue_clear(&follow->steps);
    g_free(follow->id);
    g_free(follow);
}

gboolean slot_follow(const char *id, SlotChanged changed) {
    told = changed;
    if (follows == NULL)
        follows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, follow_free);
    if (g_hash_table_contains(follows, id))
        return TRUE;
    char *folder = sim_path("storage", id, NULL);
    gboolean watched = folder != NULL && sim_watch(folder, id, on_file);
    g_free(folder);
    if (!watched)
        return FALSE;
    struct follow *follow = g_new0(struct follow, 1);
    gint64 seed = sim_knob_number("AXSIM_EVENT_ORDER");
    follow->id = g_strdup(id);
    follow->shown = read_flags(id);
    follow->order = seed > 0 ? g_rand_new_with_seed((guint32)seed) : NULL;
    g_hash_table_insert(follows, follow->id, follow);
    return TRUE;
}

void slot_follow_none(void) {
    sim_unwatch();
    g_clear_pointer(&follows, g_hash_table_destroy);
}

char *slot_area(const char *id) { return sim_path("areas", id, app(), NULL); }

gboolean slot_open(const char *id) {
    char *pid = pid_text();
    char *medium = sim_path("storage", id, "medium", NULL);
    char *folder = sim_path("storage", id, "medium", "areas", app(), NULL);
    char *areas = sim_path("areas", id, NULL), *area = slot_area(id);
    char *handles = sim_path("clients", pid, "handles", NULL);
    char *handle = sim_path("clients", pid, "handles", id, NULL);
    /* Without a medium there is nothing to make an area on. */
    gboolean ok = medium != NULL && g_file_test(medium, G_FILE_TEST_IS_DIR) &&
                  g_mkdir_with_parents(folder, 0770) == 0 && g_mkdir_with_parents(areas, 0770) == 0 &&
                  g_mkdir_with_parents(handles, 0770) == 0;
    ok = ok && (symlink(folder, area) == 0 || errno == EEXIST) && g_file_set_contents(handle, "", 0, NULL);
    g_free(handle);
    g_free(handles);
    g_free(area);
    g_free(areas);
    g_free(folder);
    g_free(medium);
    g_free(pid);
    return ok;
}

void slot_close(const char *id) {
    char *pid = pid_text();
    char *area = slot_area(id), *handle = sim_path("clients", pid, "handles", id, NULL);
    if (area != NULL)
        unlink(area);
    if (handle != NULL)
        unlink(handle);
    g_free(handle);
    g_free(area);
    g_free(pid);
}
