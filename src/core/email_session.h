/* SPDX-License-Identifier: Apache-2.0
 * email_session.h - sessions and profiles of accounts by e-mail, as Kinglet has them.
 */
#ifndef CHAT_CORE_EMAIL_SESSION_H
#define CHAT_CORE_EMAIL_SESSION_H

#include "core/accounts.h"
#include "core/secrets.h"

typedef struct chat_login_t {
    chat_account_t account;
    char session[CHAT_DIGEST_SIZE];
} chat_login_t;

/* Verifies and begins a session. NAME may be an e-mail address. */
apr_status_t chat_account_enter(chat_login_t *out, chat_call_t *c, const char *name,
                                const char *password);
/* For the session's account: verifies OLD (CHAT_P_CREDENTIALS), changes the password and
 * begins another session. Kinglet's sessions stay unless ChatPasswordEndsSessions is On;
 * tokens and sessions of the other dialects end. */
apr_status_t chat_account_renew_password(chat_login_t *out, chat_call_t *c,
                                         const chat_auth_t *auth, const char *old,
                                         const char *password);
/* Ends the session, which must be NAME's own: CHAT_P_NO_ACCOUNT. */
apr_status_t chat_account_logout(chat_call_t *c, const chat_auth_t *auth,
                                 const char *name);

/* The account NAME as the caller may see it. CHAT_P_NO_ACCOUNT. */
apr_status_t chat_account_look(chat_account_t *out, chat_identity_t *reader,
                               chat_call_t *c, const chat_auth_t *auth, const char *name);
/* Sets the caller's address and, unless it is NULL, description. CHAT_P_EMAIL_TAKEN. */
apr_status_t chat_account_set_contact(chat_call_t *c, const chat_auth_t *auth,
                                      const char *email, const char *description);
/* Whether the credentials are good, and nothing else. */
apr_status_t chat_account_whoami(chat_identity_t *out, chat_call_t *c,
                                 const chat_auth_t *auth);

#endif
