/* SPDX-License-Identifier: Apache-2.0
 * anonymous_session.h - stateless session ids for clients that have not logged in.
 *
 * A visitor's id is 16 random characters and 10 of a keyed hash over them, so that it is
 * recognised without a row; it is valid for one to two days. Logging in ends it, which
 * does leave a row, and gives the client a new id with a row: 26 random characters. Any
 * other id was never issued and is replaced, never accepted.
 */
#ifndef CHAT_CORE_ANONYMOUS_SESSION_H
#define CHAT_CORE_ANONYMOUS_SESSION_H

#include "core/auth.h"

#define CHAT_ANONYMOUS_SESSION_LEN 26 /* characters, of 0-9 and a-v */
#define CHAT_ANONYMOUS_SESSION_SIZE (CHAT_ANONYMOUS_SESSION_LEN + 1)
#define CHAT_ANONYMOUS_SESSION_SECONDS 120960 /* what a client keeps its id for */
#define CHAT_CSRF_LEN 32                      /* hexadecimal digits */
#define CHAT_CSRF_SIZE (CHAT_CSRF_LEN + 1)

/* Whether ID has the form of one, whether it was issued or not. */
int chat_anonymous_session_shaped(const char *id);

/* A new visitor's id. */
void chat_anonymous_session_make(char out[CHAT_ANONYMOUS_SESSION_SIZE],
                                 const chat_call_t *c);

/* The token that belongs to ID as long as that lives. */
void chat_anonymous_session_csrf(char out[CHAT_CSRF_SIZE], const chat_call_t *c,
                                 const char *id);

/* Whether ID, in the right form, is a visitor's or a session's that still lives. */
apr_status_t chat_anonymous_session_known(int *known, chat_call_t *c, const char *id);

/* Ends OLD and begins a session of ACCOUNT, verified just now, with the new id OUT.
 * CHAT_P_CREDENTIALS when it was closed to that password in between. */
apr_status_t chat_anonymous_session_login(char out[CHAT_ANONYMOUS_SESSION_SIZE],
                                          chat_call_t *c, const chat_account_t *account,
                                          const char *old);

#endif
