/* SPDX-License-Identifier: Apache-2.0
 * writer_shared.h - state that the processes using one SQLite database share. Private to
 * the store.
 *
 * The database's lock file, mapped into memory, so that module, daemon and tool see each
 * other without asking the database: counters that move whenever something in a chatroom
 * changed, when each chatroom last had listeners, and a bell for processes that wait for
 * the writer lock. The lock itself is flock's, which the kernel frees when its holder is
 * killed; the bell only saves polling.
 */
#ifndef CHAT_STORE_WRITER_SHARED_H
#define CHAT_STORE_WRITER_SHARED_H

#include "store/db.h"

typedef struct chat_shared_t chat_shared_t;

/* Maps FD, which stays the caller's; its file grows to the size that is needed. */
apr_status_t chat_shared_map(chat_shared_t **out, int fd, apr_pool_t *pool);

/* A counter is shared by all chatrooms with the same low bits: it may move without a
 * change, but never misses one. Never 0. */
apr_uint64_t chat_shared_epoch(const chat_shared_t *s, apr_int64_t room);
/* Moves the counters of what TX, which is committed, changed. */
void chat_shared_move(chat_shared_t *s, const chat_tx_t *tx);

/* What is kept in memory, each with a counter of its changes. */
typedef enum chat_shared_what_t {
    CHAT_SHARED_RIGHTS, /* accounts, channels and rights: kept.h */
    CHAT_SHARED_TEXTS,  /* messages and channels, but for new messages: core/tail.h */
    CHAT_SHARED_WHATS
} chat_shared_what_t;
/* Moves with each change; odd meanwhile. Never 0. */
apr_uint64_t chat_shared_changes(const chat_shared_t *s, chat_shared_what_t what);
/* A change begins; all are over, whether they were this process' or those of one that was
 * killed. Only with the writer lock. */
void chat_shared_change(chat_shared_t *s, chat_shared_what_t what);
void chat_shared_changed(chat_shared_t *s);

/* ROOM has listeners, for some seconds: one that was killed takes nothing back. */
void chat_shared_listen(chat_shared_t *s, apr_int64_t room);
/* Whether it has, and its counter moved since this process was last given 1. */
int chat_shared_news(chat_shared_t *s, apr_int64_t room);

/* Read before one more try for the lock; chat_shared_await returns at once when the bell
 * rang since, and after MSEC at the latest: a holder that was killed does not ring. */
unsigned chat_shared_bell(const chat_shared_t *s);
void chat_shared_await(chat_shared_t *s, unsigned bell, int msec);
/* The lock is free. */
void chat_shared_ring(chat_shared_t *s);

#endif
