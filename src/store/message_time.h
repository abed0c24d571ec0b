/* SPDX-License-Identifier: Apache-2.0
 * message_time.h - messages of a chatroom's channels, found by their time.
 *
 * Within a chatroom times grow with ids, so a time is looked up by a few probes of the
 * primary key and needs no index of its own.
 */
#ifndef CHAT_STORE_MESSAGE_TIME_H
#define CHAT_STORE_MESSAGE_TIME_H

#include "store/message.h"

typedef struct chat_said_t {
    chat_message_t message;
    const char *channel; /* UUID */
    const char *author;  /* UUID, or NULL: the system */
    const char
        *reply; /* UUID of the target of this reply when that is not a message, or NULL */
} chat_said_t;

/* Newest first, in the pool that the page was read into. */
typedef struct chat_saids_t {
    chat_said_t *list;
    int n;
} chat_saids_t;

/* Ids from FIRST to below END, at most LIMIT messages, the newest. */
typedef struct chat_span_t {
    apr_int64_t first, end;
    int limit;
} chat_span_t;

/* The first id of ROOM whose time is TIME or later; the end of the chatroom's ids when
 * there is no such message. */
apr_status_t chat_said_since(apr_int64_t *first, chat_tx_t *tx, apr_int64_t room,
                             apr_time_t time);

apr_status_t chat_said_in_channel(chat_saids_t *out, chat_tx_t *tx, apr_int64_t channel,
                                  const chat_span_t *span, apr_pool_t *pool);
/* In any channel of SPAN's chatroom, readable or not. */
apr_status_t chat_said_in_room(chat_saids_t *out, chat_tx_t *tx, const chat_span_t *span,
                               apr_pool_t *pool);
apr_status_t chat_said_by_id(chat_said_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool);
/* Ids alone, newest first, into OUT, which has room for span->limit. */
apr_status_t chat_said_ids(apr_int64_t *out, int *n, chat_tx_t *tx, apr_int64_t channel,
                           const chat_span_t *span);

/* Keeps UUID as what the message replies to. */
apr_status_t chat_said_set_reply(chat_tx_t *tx, apr_int64_t id, const char *uuid);

#endif
