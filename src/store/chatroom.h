/* SPDX-License-Identifier: Apache-2.0
 * chatroom.h - rows of chatrooms, which are the tenants.
 *
 * All functions run inside a unit of work. Rows are copied into the given pool;
 * CHAT_NOTFOUND when there is no such row.
 */
#ifndef CHAT_STORE_CHATROOM_H
#define CHAT_STORE_CHATROOM_H

#include "store/store.h"

typedef struct chat_room_t {
    apr_int64_t id;
    const char *uuid;
    const char *name;
    apr_int64_t owner; /* account's id, or 0 */
    apr_int64_t min_password;
    apr_time_t created;
    apr_int64_t last_number;
    apr_int64_t keep; /* seconds that messages are kept; 0: forever, -1: the site's */
} chat_room_t;

apr_status_t chat_room_by_id(chat_room_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool);
apr_status_t chat_room_by_uuid(chat_room_t *out, chat_tx_t *tx, const char *uuid,
                               apr_pool_t *pool);
/* All chatrooms, by id; *OUT is an array of N in POOL. */
apr_status_t chat_room_all(chat_room_t **out, int *n, chat_tx_t *tx, apr_pool_t *pool);
/* CHAT_CONFLICT when another unit used the next id meanwhile: run this one again. */
apr_status_t chat_room_insert(apr_int64_t *id, chat_tx_t *tx, const char *uuid,
                              const char *name, apr_time_t now);
apr_status_t chat_room_set_owner(chat_tx_t *tx, apr_int64_t room, apr_int64_t owner);

apr_status_t chat_room_set_keep(chat_tx_t *tx, apr_int64_t room, apr_int64_t seconds);

typedef struct chat_room_counts_t {
    apr_int64_t accounts, channels, messages;
} chat_room_counts_t;
apr_status_t chat_room_count(chat_room_counts_t *out, chat_tx_t *tx, apr_int64_t room);

/* A chatroom as administrators see it. */
typedef struct chat_room_listed_t {
    chat_room_t room;
    const char *owner; /* name, or NULL */
    chat_room_counts_t counts;
} chat_room_listed_t;
/* Chatrooms with an id above AFTER, at most LIMIT; messages are not counted. */
apr_status_t chat_room_page(chat_room_listed_t **out, int *n, chat_tx_t *tx,
                            apr_int64_t after, int limit, apr_pool_t *pool);

/* The same with a new UUID and the channel `default`, which no account created. */
apr_status_t chat_room_insert_usual(apr_int64_t *id, chat_tx_t *tx, const char *name,
                                    apr_time_t now, apr_pool_t *pool);

#endif
