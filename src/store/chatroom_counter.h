/* SPDX-License-Identifier: Apache-2.0
 * chatroom_counter.h - numbers and times of a chatroom's messages and events.
 */
#ifndef CHAT_STORE_CHATROOM_COUNTER_H
#define CHAT_STORE_CHATROOM_COUNTER_H

#include "store/store.h"

/* How far the counter of messages and events has come, when, and how long messages are
 * kept (as in chat_room_t). */
typedef struct chat_room_counter_t {
    apr_int64_t number;
    apr_time_t time;
    apr_int64_t keep;
} chat_room_counter_t;
apr_status_t chat_room_counter(chat_room_counter_t *out, chat_tx_t *tx, apr_int64_t room);

/* Waits until no other unit holds the counter of the chatroom (PostgreSQL; on SQLite the
 * queue of writers does that). */
apr_status_t chat_room_hold(chat_tx_t *tx, const char *uuid);

/* The next number of a chatroom and a time later than every one given there before;
 * commit order is number order. When the clock was set back, times more than a minute
 * ahead of it are corrected first. CHAT_NOTFOUND for an unknown chatroom. */
apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room);

/* Writes what waits in TX (post.h), and the counters that it moved back to their rows;
 * before each commit. */
apr_status_t chat_tx_flush(chat_tx_t *tx);

#endif
