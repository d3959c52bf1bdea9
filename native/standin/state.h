/* What both stand-ins share: the state folder, the knobs, and the report of misuse.
 *
 * The folder $AXSIM_DIR is shared with a simulator that has no C code. Its files are key files with one group, written
 * beside the file and renamed into place while the lock file is held; readers need no lock. */
#ifndef AXSIM_STATE_H
#define AXSIM_STATE_H

#include <glib.h>

#define EXPORT __attribute__((visibility("default")))

/* $AXSIM_DIR joined with the given parts (NULL at the end), or NULL when the variable is missing or no folder. */
char *sim_path(const char *first, ...) G_GNUC_NULL_TERMINATED;

/* The whole key file; empty when it is missing or damaged. */
GKeyFile *sim_read(const char *path);

/* Writes beside and renames into place. Call it with the lock held. */
gboolean sim_write(const char *path, GKeyFile *file);

/* A lock file, waited for; -1 on a fault. */
int sim_lock(const char *path);
void sim_unlock(int fd);

/* Values as key files hold them: \s for a leading space, \n, \t, \r and \\. Bytes that are no UTF-8 pass. */
char *sim_escape(const char *value);
char *sim_unescape(const char *raw);
char *sim_get(GKeyFile *file, const char *group, const char *key);
gint64 sim_get_number(GKeyFile *file, const char *group, const char *key, gint64 otherwise);

/* A knob from the environment. */
gboolean sim_knob_is(const char *name, const char *value);
gint64 sim_knob_number(const char *name);

/* The number in a file below $AXSIM_DIR, for what a simulator wants to change while a program runs; the name of a
 * function after it makes it be for that one alone. */
gint64 sim_told(const char *file, const char *function, gint64 otherwise);

/* The context that the sources of this library go to, by AXSIM_CONTEXT. */
GMainContext *sim_context(void);
void sim_attach(GSource *source);

/* Reports that a client broke a rule: aborts with AXSIM_STRICT=abort, else a warning in the log. */
void sim_misuse(const char *what);

/* To be called first in every call of a library; notices a second thread. */
void sim_entered(const char *function);

/* A private copy between guard words, as the libraries' own strings are not the client's to free or change. */
char *sim_guarded(const char *text);
void sim_unguard(char *text);

/* A watch on folders: `changed` is told the name of each file that came into place or was written. */
typedef void (*SimChanged)(const char *folder, const char *name);
gboolean sim_watch(const char *folder, const char *tag, SimChanged changed);
/* Whether there are changes that were not told yet. */
gboolean sim_watch_pending(void);
void sim_unwatch(void);

#endif
