/*
 * epoch.h - counters that move whenever something in a chatroom changed. Private to the
 * store.
 *
 * They lie in the database's lock file, mapped into memory, so that module, daemon and
 * tool see each other's changes without asking the database. A counter stands for all
 * chatrooms with the same low bits: it may move for nothing, never the other way round.
 */
#ifndef CHAT_STORE_EPOCH_H
#define CHAT_STORE_EPOCH_H

#include "store/db.h"

typedef struct chat_epochs_t chat_epochs_t;

/* Maps FD, which stays the caller's; its file grows to the size of the counters. */
apr_status_t chat_epochs_map(chat_epochs_t **out, int fd, apr_pool_t *pool);
apr_uint64_t chat_epochs_get(const chat_epochs_t *e, apr_int64_t room);
/* Moves the counters of what TX, which is committed, changed. */
void chat_epochs_move(chat_epochs_t *e, const chat_tx_t *tx);

#endif
