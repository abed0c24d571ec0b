/* SPDX-License-Identifier: Apache-2.0
 * event.h - rows of the event log.
 */
#ifndef CHAT_STORE_EVENT_H
#define CHAT_STORE_EVENT_H

#include "store/store.h"

/* A follower of the log reads ids upwards; a late commit never adds a lower one. */
typedef enum chat_event_kind_t {
    CHAT_EVENT_MESSAGE = 1, /* channel or audience; the message has the event's id */
    CHAT_EVENT_MESSAGE_DELETED = 2, /* subject: the message's id */
    CHAT_EVENT_MEMBER_ADDED = 3,    /* account joined channel */
    CHAT_EVENT_MEMBER_REMOVED = 4,
    CHAT_EVENT_RIGHTS_CHANGED = 5, /* of account in channel */
    CHAT_EVENT_CHANNEL_ADDED = 6,
    CHAT_EVENT_CHANNEL_DELETED = 7,
    CHAT_EVENT_ACCOUNT_CHANGED = 8, /* token, password, state or rank: look again */
    CHAT_EVENT_MESSAGE_EDITED = 9,  /* subject: the message's id */
    /* subject: the message's id; detail: "+EMOJI COUNT NAME" with how many there are
     * then, "-" when account NAME took its own back */
    CHAT_EVENT_REACTION = 10,
    CHAT_EVENT_READ = 11, /* account read up to subject; detail: the peer's name */
    /* name, topic, `public`, slow mode; detail: its name before, behind + when it became
     * public, - when private, = when neither */
    CHAT_EVENT_CHANNEL_CHANGED = 12,
    CHAT_EVENT_MUTED = 13, /* account, in channel or everywhere; detail: until when, in
                              seconds since 1970, 0: without an end, -: no more */
    CHAT_EVENT_REPORT_CLOSED = 14, /* subject: the report; detail: what was done */
    CHAT_EVENT_REPORTED = 15,      /* subject: the report; to moderators */
    CHAT_EVENT_EMERGENCY = 16      /* detail: on or off, a blank and the reason */
} chat_event_kind_t;

typedef struct chat_event_t {
    apr_int64_t id;
    chat_event_kind_t kind;
    apr_int64_t channel;  /* or 0 */
    apr_int64_t account;  /* who it is about or who did it, or 0 */
    apr_int64_t subject;  /* see the kind */
    const char *audience; /* ids of accounts with blanks between, or NULL */
    apr_time_t created;
    const char *detail; /* see the kind, or NULL */
} chat_event_t;

apr_status_t chat_event_insert(chat_tx_t *tx, const chat_event_t *e);

/* An event as its followers get it: with its channel (its topic for _CHANNEL_CHANGED
 * alone) and, for CHAT_EVENT_MESSAGE and _EDITED, its message, as they are now. */
typedef struct chat_followed_t {
    chat_event_t event;
    const char *channel_name; /* NULL: none */
    int channel_public, slow;
    const char *description; /* the topic, or NULL */
    int kind;                /* chat_message_kind_t; 0: the message is gone */
    const char *author_name, *recipients, *body;
    apr_size_t body_len;
    apr_time_t edited, deleted; /* 0: not */
    apr_int64_t reply_to;       /* id, or 0: none in the same conversation */
    const char *mentions;       /* as in chat_message_t */
} chat_followed_t;

/* At most LIMIT events of ROOM with a number above AFTER, in order; *OUT is in POOL. */
apr_status_t chat_event_follow(chat_followed_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool);
/* Number of the oldest event of ROOM that is kept; 0 when there are no events. */
apr_status_t chat_event_oldest(apr_int64_t *number, chat_tx_t *tx, apr_int64_t room);

#endif
