/* SPDX-License-Identifier: Apache-2.0
 * skeleton.h - what the names in the database look like (base/skeleton.h).
 *
 * The skeleton is unique among the accounts of a chatroom, and among its channels. Rows
 * from before it was kept get theirs here; of two that look the same the later one keeps
 * its name and has none.
 */
#ifndef CHAT_STORE_SKELETON_H
#define CHAT_STORE_SKELETON_H

#include "store/store.h"

/* APR_SUCCESS when an account of ROOM looks like NAME, CHAT_NOTFOUND when none does. */
apr_status_t chat_skeleton_account(chat_tx_t *tx, apr_int64_t room, const char *name,
                                   apr_pool_t *pool);
/* The same for a channel; *ID gets it. */
apr_status_t chat_skeleton_channel(apr_int64_t *id, chat_tx_t *tx, apr_int64_t room,
                                   const char *name, apr_pool_t *pool);

/* Computes what is missing, a bounded piece per call; logs names that look like another.
 * *MORE: whether there are more. */
apr_status_t chat_skeleton_fill(int *more, chat_store_t *store);

/* Names that look like another one, as lines of text; "" when there are none. */
apr_status_t chat_skeleton_alike(const char **lines, chat_store_t *store,
                                 apr_pool_t *pool);

#endif
