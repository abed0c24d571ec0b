/* SPDX-License-Identifier: Apache-2.0
 * message.h - rows of messages.
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
    apr_int64_t root; /* the message that began the conversation which this continues, or
                         0; not read for a page of one channel */
    const char *mentions; /* names, each ended by a line break, an empty one for @channel;
                             or NULL. Only written, see detail.h */
    const char *body;
    apr_size_t body_len;
    apr_time_t created;
    apr_time_t deleted; /* 0: it is not */
    apr_time_t edited;  /* 0: never, or a page of one channel */
    /* Only when read by stream.h: direct replies, and the latest one (or the message
     * itself without replies). */
    apr_int64_t replies, last_id;
    const char *last_author;
    apr_time_t last_at;
} chat_message_t;

/* A page ends with the message that brings its texts to this length, however many were
 * asked for. */
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
/* Gives the message the text and mentions of M; CHAT_NOTFOUND when it is deleted. */
apr_status_t chat_message_set_body(chat_tx_t *tx, const chat_message_t *m,
                                   apr_time_t now);
/* Empties the message; CHAT_NOTFOUND when it is gone already. */
apr_status_t chat_message_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now);

/* The newest LIMIT messages below BEFORE (an id), deleted ones left out. */
apr_status_t chat_message_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                     apr_int64_t channel, apr_int64_t before, int limit,
                                     apr_pool_t *pool);
/* The same with deleted ones that have replies. */
apr_status_t chat_message_of_channel_extended(chat_messages_t *out, chat_tx_t *tx,
                                              apr_int64_t channel, apr_int64_t before,
                                              int limit, apr_pool_t *pool);
/* The LIMIT messages behind AFTER, oldest first. */
apr_status_t chat_message_after(chat_messages_t *out, chat_tx_t *tx, apr_int64_t channel,
                                apr_int64_t after, int limit, apr_pool_t *pool);
/* The newest LIMIT messages, deleted ones too. */
apr_status_t chat_message_history(chat_messages_t *out, chat_tx_t *tx,
                                  apr_int64_t channel, int limit, apr_pool_t *pool);
/* The oldest message's id from the index alone; CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_message_first(apr_int64_t *id, chat_tx_t *tx, apr_int64_t channel);
/* Messages of any kind that carry ACCOUNT's name, deleted ones too; without texts. */
apr_status_t chat_message_named(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                apr_int64_t before, int limit, apr_pool_t *pool);
/* Removes the text of a message and the names on it; it is deleted then. */
apr_status_t chat_message_erase(chat_tx_t *tx, apr_int64_t id, apr_time_t now);
apr_status_t chat_message_of_author(chat_messages_t *out, chat_tx_t *tx,
                                    apr_int64_t account, apr_int64_t before, int limit,
                                    apr_pool_t *pool);
/* Direct messages to and by ACCOUNT. */
apr_status_t chat_message_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t before, int limit, apr_pool_t *pool);
apr_status_t chat_message_announced(chat_messages_t *out, chat_tx_t *tx, apr_int64_t room,
                                    apr_int64_t before, int limit, apr_pool_t *pool);

#endif
