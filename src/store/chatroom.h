/* SPDX-License-Identifier: Apache-2.0
 * chatroom.h - rows of chatrooms, which are the tenants, and their counters.
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

/* How far the counter of messages and events has come, and when. */
apr_status_t chat_room_counter(apr_int64_t *number, apr_time_t *time, chat_tx_t *tx,
                               apr_int64_t room);

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

/* Chatroom 1 with its channel, in a new database. */
apr_status_t chat_room_insert_first(chat_tx_t *tx, apr_pool_t *pool);
/* Waits until no other unit holds the counter of the chatroom (PostgreSQL; on SQLite the
 * queue of writers does that). */
apr_status_t chat_room_hold(chat_tx_t *tx, const char *uuid);

/* The next number of a chatroom and a time later than every one given there before;
 * commit order is number order. When the clock was set back, times more than a minute
 * ahead of it are corrected first. CHAT_NOTFOUND for an unknown chatroom. */
apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room);

/* Writes the counters that TX moved back to their rows; before each commit. */
apr_status_t chat_tx_flush(chat_tx_t *tx);

#endif
