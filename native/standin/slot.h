/* One slot for a card or a share: its files in the state folder, and what is shown of them. */
#ifndef AXSIM_SLOT_H
#define AXSIM_SLOT_H

#include <glib.h>

enum { SLOT_AVAILABLE = 1, SLOT_WRITABLE = 2, SLOT_FULL = 4, SLOT_EXITING = 8 };

GList *slot_ids(void); /* sorted, fresh strings */
gboolean slot_exists(const char *id);
gint64 slot_conf(const char *id, const char *key, gint64 otherwise);
char *slot_conf_text(const char *id, const char *key);

/* The flags as shown now: those of the file, or on their way there when AXSIM_EVENT_ORDER takes them apart. */
guint slot_flags(const char *id);

/* From now on `changed` is told from the loop when the flags have changed. */
typedef void (*SlotChanged)(const char *id);
gboolean slot_follow(const char *id, SlotChanged changed);
void slot_follow_none(void);

/* Makes the application's area on the medium and the entry that leads there; notes the handle for the simulator. */
gboolean slot_open(const char *id);
void slot_close(const char *id);
char *slot_area(const char *id);

#endif
