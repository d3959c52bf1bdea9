/* Drives the glue without Rust, for the sanitizers: every command, good and bad, and both kinds of change. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "glue.h"

static int fd;
static int changes, statuses, items;
static char *world;

/* Takes events until the one that is wanted; counts the others. The caller clears it. */
static struct axg_event until(uint32_t kind, uint32_t token) {
    struct axg_event event;
    for (;;) {
        while (axg_next(&event)) {
            changes += event.kind == AXG_CHANGED;
            statuses += event.kind == AXG_STATUS;
            items += event.kind == AXG_ITEM;
            if (event.kind == kind && event.token == token)
                return event;
            if (event.kind == AXG_LOG)
                fprintf(stderr, "%s\n", event.text);
            assert(event.kind != AXG_LOG);
            axg_event_clear(&event);
        }
        struct pollfd ask = {.fd = fd, .events = POLLIN};
        assert(poll(&ask, 1, 20000) == 1);
    }
}

static void put(const char *path, const char *content) {
    char *full = g_build_filename(world, path, NULL), *folder = g_path_get_dirname(full);
    assert(g_mkdir_with_parents(folder, 0770) == 0);
    assert(g_file_set_contents(full, content, -1, NULL));
    g_free(folder);
    g_free(full);
}

/* Asks and expects; gives back number of the answer. */
static uint32_t ask(uint32_t kind, uint32_t number, const char *name, const char *text, uint32_t domain, int code,
                    const char *answer) {
    static uint32_t token;
    assert(axg_post(kind, ++token, number, name, text) == 0);
    struct axg_event event = until(AXG_DONE, token);
    assert(event.domain == domain && event.code == code);
    assert(answer == NULL || strcmp(event.text, answer) == 0);
    uint32_t got = kind == AXG_STORAGE_SETUP ? event.number : event.flags;
    axg_event_clear(&event);
    return got;
}

int main(void) {
    world = getenv("AXSIM_DIR");
    put("param/c2c.def", "Level=\"info\" type=\"enum:info,warn\"\nLink=\"\" type=\"string:maxlen=4\"\n");
    put("storage/SD_DISK/conf", "[disk]\ntype=local\nsetup_delay_ms=5\ninitial_delay_ms=5\n");
    put("storage/SD_DISK/medium/x", "");
    put("storage/SD_DISK/state", "[state]\navailable=1\nwritable=1\n");
    assert(axg_post(AXG_STOP, 1, 0, NULL, NULL) == -ESRCH);
    fd = axg_start("c2c");
    assert(fd >= 0 && axg_start("c2c") == -EALREADY);
    axg_quiet_period(20);
    assert(axg_post(AXG_PARAMETER_GET, 1, 0, NULL, NULL) == -EINVAL);
    assert(axg_post(99, 1, 0, "x", NULL) == -EINVAL && axg_post(AXG_PARAMETER_LIST, 0, 0, NULL, NULL) == -EINVAL);

    ask(AXG_PARAMETER_GET, 0, "Level", NULL, AXG_OK, 0, "info");
    ask(AXG_PARAMETER_GET, 0, "None", NULL, AXG_FROM_PARAMETER, 9, NULL);
    ask(AXG_PARAMETER_WATCH, 0, "Level", NULL, AXG_OK, 0, NULL);
    ask(AXG_PARAMETER_WATCH, 0, "Link", NULL, AXG_OK, 0, NULL);
    ask(AXG_PARAMETER_SET, 0, "Level", "warn", AXG_OK, 0, NULL);
    ask(AXG_PARAMETER_SET, 0, "Level", "loud", AXG_FROM_PARAMETER, 15, NULL);
    ask(AXG_PARAMETER_SET, 0, "Link", "\xF0\x9F", AXG_OK, 0, NULL); /* the beginning of a character */
    ask(AXG_PARAMETER_SET, 0, "Link", "äöüß", AXG_OK, 0, NULL);
    ask(AXG_PARAMETER_SET, 0, "Link", "äöüßx", AXG_FROM_PARAMETER, 15, NULL);
    ask(AXG_PARAMETER_GET, 0, "Link", NULL, AXG_OK, 0, "äöüß");
    ask(AXG_PARAMETER_LIST, 0, NULL, NULL, AXG_OK, 0, NULL);
    assert(items == 2 && changes >= 3);
    put("param/c2c.val", "[values]\nLevel=info\nLink=\\sa\\\\");
    ask(AXG_PARAMETER_GET, 0, "Link", NULL, AXG_OK, 0, " a\\");

    ask(AXG_STORAGE_LIST, 0, NULL, NULL, AXG_OK, 0, NULL);
    assert(items == 3);
    ask(AXG_STORAGE_SUBSCRIBE, 0, "SD_DISK", NULL, AXG_OK, 0, NULL);
    ask(AXG_STORAGE_SUBSCRIBE, 0, "Floppy", NULL, AXG_FROM_STORAGE, 3, NULL);
    ask(AXG_STORAGE_STATUS, 0, "Floppy", NULL, AXG_FROM_STORAGE, 1, NULL);
    assert(ask(AXG_STORAGE_STATUS, 0, "SD_DISK", NULL, AXG_OK, 0, NULL) == (AXG_AVAILABLE | AXG_WRITABLE));
    ask(AXG_STORAGE_RELEASE, 77, NULL, NULL, AXG_NO_HANDLE, 0, NULL);
    uint32_t first = ask(AXG_STORAGE_SETUP, 0, "SD_DISK", NULL, AXG_OK, 0, NULL);
    uint32_t second = ask(AXG_STORAGE_SETUP, 0, "SD_DISK", NULL, AXG_OK, 0, NULL);
    ask(AXG_STORAGE_RELEASE, first, NULL, NULL, AXG_OK, 0, NULL);
    ask(AXG_STORAGE_RELEASE, first, NULL, NULL, AXG_NO_HANDLE, 0, NULL);
    put("storage/SD_DISK/conf", "[disk]\nfail_release=1\n");
    ask(AXG_STORAGE_RELEASE, second, NULL, NULL, AXG_FROM_STORAGE, 0, NULL);
    put("storage/SD_DISK/conf", "[disk]\nfail_setup=2\n");
    ask(AXG_STORAGE_RELEASE, second, NULL, NULL, AXG_OK, 0, NULL);
    ask(AXG_STORAGE_SETUP, 0, "SD_DISK", NULL, AXG_FROM_STORAGE, 2, NULL);
    put("storage/SD_DISK/state", "[state]\navailable=0\n");
    while (ask(AXG_STORAGE_STATUS, 0, "SD_DISK", NULL, AXG_OK, 0, NULL) != 0 || statuses < 2)
        g_usleep(1000);

    assert(axg_credentials(1, "\xFF", 10) == -EINVAL && axg_credentials(900000, "c2c", 1000) == 0);
    struct axg_event event = until(AXG_DONE, 900000);
    assert(event.domain == AXG_FROM_OTHER);
    axg_event_clear(&event);
    axg_cancel(900001);

    assert(axg_join() == 0 && axg_post(AXG_STOP, 900002, 0, NULL, NULL) == 0);
    event = until(AXG_ENDED, 0);
    axg_event_clear(&event);
    while (!axg_join())
        g_usleep(1000);
    assert(axg_busy_in() == NULL && axg_post(AXG_PARAMETER_LIST, 1, 0, NULL, NULL) == -ESRCH);
    puts("well");
    return 0;
}
