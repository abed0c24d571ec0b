/* SPDX-License-Identifier: Apache-2.0
 * account_sessions.h - where an account is signed in, and out of it.
 */
#ifndef CHAT_CORE_ACCOUNT_SESSIONS_H
#define CHAT_CORE_ACCOUNT_SESSIONS_H

#include "core/auth.h"
#include "store/session.h"

#define CHAT_SESSIONS_MAX 1000
/* The name of the Button token among the sessions. */
#define CHAT_SESSION_TOKEN "token"

typedef struct chat_sessions_t {
    chat_session_t *list;
    int n;
} chat_sessions_t;

/* The caller's sessions; the Button token is not among them. */
apr_status_t chat_account_sessions(chat_sessions_t *out, chat_call_t *c,
                                   const chat_auth_t *auth);
/* Ends the session ID (the beginning of its hash, or CHAT_SESSION_TOKEN), or with NULL
 * all but the token. CHAT_P_NO_SESSION. */
apr_status_t chat_account_end_session(chat_call_t *c, const chat_auth_t *auth,
                                      const char *id);

#endif
