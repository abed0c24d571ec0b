/* SPDX-License-Identifier: Apache-2.0
 * session.h - rows of sessions: chatroom cookies, teendevops sessions, Kinglet session
 * ids. At rest there is only the keyed hash of what the client holds.
 */
#ifndef CHAT_STORE_SESSION_H
#define CHAT_STORE_SESSION_H

#include "store/store.h"

typedef struct chat_session_t {
    const char *hash; /* read back by chat_session_list only, as is the address */
    apr_int64_t account;
    int dialect; /* chat_dialect_id_t */
    apr_time_t created, used;
    const char *address; /* of the client that began it, or NULL */
} chat_session_t;

apr_status_t chat_session_insert(chat_tx_t *tx, const chat_session_t *s);
apr_status_t chat_session_find(chat_session_t *out, chat_tx_t *tx, const char *hash);
apr_status_t chat_session_set_used(chat_tx_t *tx, const char *hash, apr_time_t now);
/* ACCOUNT's sessions, at most LIMIT, the last used first. */
apr_status_t chat_session_list(chat_session_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t account, int limit, apr_pool_t *pool);
/* The one whose hash begins with the CHAT_SESSION_ID characters ID; CHAT_NOTFOUND. */
#define CHAT_SESSION_ID 16
apr_status_t chat_session_end_one(chat_tx_t *tx, apr_int64_t account, const char *id);
/* CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_session_delete(chat_tx_t *tx, const char *hash);
/* Ends the account's sessions of all dialects but one. */
apr_status_t chat_session_end_others(chat_tx_t *tx, apr_int64_t account, int dialect);
/* Ends the account's sessions of all dialects. */
apr_status_t chat_session_end_all(chat_tx_t *tx, apr_int64_t account);

#endif
