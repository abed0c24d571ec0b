/* SPDX-License-Identifier: Apache-2.0
 * reaction.h - rows of reactions to messages.
 */
#ifndef CHAT_STORE_REACTION_H
#define CHAT_STORE_REACTION_H

#include "store/message.h"

/* How many accounts reacted to MESSAGE with EMOJI, and whether the reader did. */
typedef struct chat_reaction_t {
    apr_int64_t message;
    const char *emoji;
    apr_int64_t count;
    int mine;
} chat_reaction_t;

typedef struct chat_reactions_t {
    chat_reaction_t *list;
    int n;
} chat_reactions_t;

/* CHAT_CONFLICT when the account has reacted so before. */
apr_status_t chat_reaction_put(chat_tx_t *tx, apr_int64_t message, const char *emoji,
                               apr_int64_t account, apr_time_t now);
/* CHAT_NOTFOUND when it has not. */
apr_status_t chat_reaction_remove(chat_tx_t *tx, apr_int64_t message, const char *emoji,
                                  apr_int64_t account);
/* Of the messages IDS, a JSON array of ids: by message, newest first, and in the order of
 * their first use; in POOL. */
apr_status_t chat_reaction_of(chat_reactions_t *out, chat_tx_t *tx, apr_int64_t reader,
                              const char *ids, apr_pool_t *pool);
/* At most LIMIT that ACCOUNT added, without their counts. */
apr_status_t chat_reaction_by(chat_reactions_t *out, chat_tx_t *tx, apr_int64_t account,
                              int limit, apr_pool_t *pool);
apr_status_t chat_reaction_delete(chat_tx_t *tx, apr_int64_t message);

#endif
