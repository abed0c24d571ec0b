/* SPDX-License-Identifier: Apache-2.0
 * foreign_walk.h - all messages of an export by their time, file by file: of each channel
 * one file at a time is open, and of that a few bytes a message are in memory.
 */
#ifndef CHAT_CHATCTL_FOREIGN_WALK_H
#define CHAT_CHATCTL_FOREIGN_WALK_H

#include "foreign.h"

/* Set f and each, and im if EACH needs it. */
typedef struct chatctl_walk_t chatctl_walk_t;
struct chatctl_walk_t {
    chatctl_foreign_t *f;
    chat_import_t *im;
    const char *why;    /* the fault, with f->file and f->entry */
    apr_int64_t number; /* of the message under way, from 1 */
    apr_time_t at;      /* its time, which no other has */
    apr_pool_t *pool;   /* cleared before each message */
    apr_status_t (*each)(chatctl_walk_t *w, chatctl_place_t *p, chatctl_said_t *said);
};

/* Gives EACH all messages, always with the same numbers and times; what it returns ends
 * the walk. CHAT_REFUSED: see why. */
apr_status_t chatctl_walk(chatctl_walk_t *w);

#endif
