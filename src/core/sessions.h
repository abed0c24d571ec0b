/* SPDX-License-Identifier: Apache-2.0
 * sessions.h - sessions of the dialects that have them. The dialect creates the secret in
 * its own form; it is never stored.
 */
#ifndef CHAT_CORE_SESSIONS_H
#define CHAT_CORE_SESSIONS_H

#include "core/call.h"
#include "store/session.h"

/* Keyed hash of a session's SECRET; the same text in another dialect is another session.
 */
void chat_session_hash(char out[CHAT_HASH_SIZE], const chat_call_t *c,
                       const char *secret);

/* Begins a session of ACCOUNT, in the unit TX. */
apr_status_t chat_session_begin(chat_call_t *c, chat_tx_t *tx, apr_int64_t account,
                                const char *secret);

/* Whether S has not outlived ChatSessionLifetime since its last use. */
int chat_session_alive(const chat_session_t *s, const chat_call_t *c);

/* Whether any account has a session with that SECRET. */
int chat_session_known(chat_call_t *c, const char *secret);

/* Notes that the session with that hash is in use, so that ChatSessionLifetime counts
 * from now; in the unit TX, which writes. Costs nothing when there is no such lifetime,
 * and no write when it was noted recently. */
apr_status_t chat_session_touch(chat_call_t *c, chat_tx_t *tx, const char *hash);

#endif
