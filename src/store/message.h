/* SPDX-License-Identifier: Apache-2.0
 * message.h - rows of messages, their recipients and the event log.
 */
#ifndef CHAT_STORE_MESSAGE_H
#define CHAT_STORE_MESSAGE_H

#include "store/store.h"

typedef enum chat_message_kind_t {
    CHAT_MESSAGE_TEXT = 1,
    CHAT_MESSAGE_SYSTEM = 2,
    CHAT_MESSAGE_ANNOUNCEMENT = 3
} chat_message_kind_t;

typedef struct chat_message_t {
    apr_int64_t id; /* CHAT_ROW_ID(chatroom, number) */
    chat_message_kind_t kind;
    apr_int64_t channel;      /* 0: none */
    const char *channel_name; /* NULL: none, or a page of one channel */
    apr_int64_t author;       /* 0: the system */
    const char *author_name;
    const char *recipients; /* names with a blank between; NULL: not a direct message */
    apr_int64_t parent;     /* id of the message this replies to, or 0 */
    const char *body;
    apr_size_t body_len;
    apr_time_t created;
    apr_time_t deleted; /* 0: it is not */
    /* Only when read by stream.h: direct replies, and the latest one (or the message
     * itself when there is none). */
    apr_int64_t replies, last_id;
    const char *last_author;
    apr_time_t last_at;
} chat_message_t;

/* A page ends with the message that makes its texts this long, however many were asked
 * for. */
#define CHAT_PAGE_BYTES ((apr_size_t)4 << 20)

/* An array in the pool that the page was read into, newest first. */
typedef struct chat_messages_t {
    chat_message_t *list;
    int n;
} chat_messages_t;

apr_status_t chat_message_insert(chat_tx_t *tx, const chat_message_t *m);
/* Deleted ones are found too. */
apr_status_t chat_message_by_id(chat_message_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool);
/* Empties the message; CHAT_NOTFOUND when it is gone already. */
apr_status_t chat_message_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now);

/* The newest LIMIT messages below BEFORE (an id), deleted ones left out. */
apr_status_t chat_message_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                     apr_int64_t channel, apr_int64_t before, int limit,
                                     apr_pool_t *pool);
/* The newest LIMIT messages, deleted ones too. */
apr_status_t chat_message_history(chat_messages_t *out, chat_tx_t *tx,
                                  apr_int64_t channel, int limit, apr_pool_t *pool);
/* The oldest message's id from the index alone; CHAT_NOTFOUND when there is none. */
apr_status_t chat_message_first(apr_int64_t *id, chat_tx_t *tx, apr_int64_t channel);
apr_status_t chat_message_of_author(chat_messages_t *out, chat_tx_t *tx,
                                    apr_int64_t account, apr_int64_t before, int limit,
                                    apr_pool_t *pool);
/* Direct messages to and by ACCOUNT. */
apr_status_t chat_message_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t before, int limit, apr_pool_t *pool);
apr_status_t chat_message_announced(chat_messages_t *out, chat_tx_t *tx, apr_int64_t room,
                                    apr_int64_t before, int limit, apr_pool_t *pool);

/* Lets ACCOUNT see the direct message M, its newest. */
apr_status_t chat_recipient_insert(chat_tx_t *tx, apr_int64_t account,
                                   const chat_message_t *m);
/* Nobody sees the direct message any more. */
apr_status_t chat_recipient_delete(chat_tx_t *tx, apr_int64_t message);
/* APR_SUCCESS when ACCOUNT is a party of the direct message, else CHAT_NOTFOUND. */
apr_status_t chat_recipient_check(chat_tx_t *tx, apr_int64_t account,
                                  apr_int64_t message);

typedef struct chat_recipient_t {
    apr_int64_t account;
    const char *name; /* as registered */
    int state;        /* chat_account_state_t */
} chat_recipient_t;
/* Who sees MESSAGE, its author too; *OUT is an array of N in POOL. */
apr_status_t chat_recipient_all(chat_recipient_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t message, apr_pool_t *pool);

/* What happened. Whoever follows the log reads ids upwards; none is skipped by a late
 * commit. */
typedef enum chat_event_kind_t {
    CHAT_EVENT_MESSAGE = 1, /* channel or audience; the message has the event's id */
    CHAT_EVENT_MESSAGE_DELETED = 2, /* subject: the message's id */
    CHAT_EVENT_MEMBER_ADDED = 3,    /* account joined channel */
    CHAT_EVENT_MEMBER_REMOVED = 4,
    CHAT_EVENT_RIGHTS_CHANGED = 5, /* of account in channel */
    CHAT_EVENT_CHANNEL_ADDED = 6,
    CHAT_EVENT_CHANNEL_DELETED = 7,
    CHAT_EVENT_ACCOUNT_CHANGED = 8 /* token, password, state or rank: look again */
} chat_event_kind_t;

typedef struct chat_event_t {
    apr_int64_t id;
    chat_event_kind_t kind;
    apr_int64_t channel;  /* or 0 */
    apr_int64_t account;  /* who it is about or who did it, or 0 */
    apr_int64_t subject;  /* see the kind */
    const char *audience; /* ids of accounts with blanks between, or NULL */
    apr_time_t created;
} chat_event_t;

apr_status_t chat_event_insert(chat_tx_t *tx, const chat_event_t *e);

/* An event as its followers get it: with its channel and, for CHAT_EVENT_MESSAGE, its
 * message, as they are now. */
typedef struct chat_followed_t {
    chat_event_t event;
    const char *channel_name; /* NULL: none */
    int channel_public;
    int kind; /* chat_message_kind_t; 0: the message is gone */
    const char *author_name, *recipients, *body;
    apr_size_t body_len;
} chat_followed_t;

/* At most LIMIT events of ROOM with a number above AFTER, in order; *OUT is in POOL. */
apr_status_t chat_event_follow(chat_followed_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool);
/* Number of the oldest event of ROOM that is kept; 0 when there is none. */
apr_status_t chat_event_oldest(apr_int64_t *number, chat_tx_t *tx, apr_int64_t room);

typedef struct chat_head_t {
    apr_int64_t room, number;
} chat_head_t;
/* Chatrooms in which something happened after TIME, with their last numbers. */
apr_status_t chat_event_heads(chat_head_t **out, int *n, chat_tx_t *tx, apr_time_t time,
                              apr_pool_t *pool);

#endif
