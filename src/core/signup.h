/* SPDX-License-Identifier: Apache-2.0
 * signup.h - accounts by e-mail: signing up, activation, forgotten passwords, sessions,
 * profile.
 *
 * Passwords are made here. Where they go: by mail when the site has ChatMailCommand; else
 * into the answer with ChatRevealPasswords On; else nowhere. A mail is written to the
 * outbox in the transaction of what it tells; neither it nor any row has the password or
 * the digest in it, only what they are derived from with the site's secret.
 */
#ifndef CHAT_CORE_SIGNUP_H
#define CHAT_CORE_SIGNUP_H

#include "core/accounts.h"
#include "core/secrets.h"

#define CHAT_EMAIL_MAX 255 /* bytes; addresses are ASCII */

/* Whether S is an address as mails can go to: local part, @, labels, a last label of two
 * letters or more. */
int chat_email_valid(const char *s);
/* What is compared. */
const char *chat_email_key(const char *email, apr_pool_t *pool);

typedef struct chat_signup_t {
    apr_int64_t id;
    const char *name, *email;         /* as registered */
    char password[CHAT_INITIAL_SIZE]; /* empty when it is not to be shown */
    char digest[CHAT_DIGEST_SIZE];    /* of the activation; empty like the password */
} chat_signup_t;

/* What signing up takes; LINK is the address of the API, for the mail. */
typedef struct chat_newcomer_t {
    const char *name, *email, *link;
} chat_newcomer_t;

/* A new pending account. CHAT_P_NAME_RULE, CHAT_P_NAME_TAKEN, CHAT_P_EMAIL_TAKEN,
 * CHAT_P_CLOSED_REGISTRATION, CHAT_P_RATE. */
apr_status_t chat_account_signup(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who);
/* Opens the account that DIGEST was made for; once more changes nothing.
 * CHAT_P_ACTIVATION. */
apr_status_t chat_account_activate(chat_call_t *c, const char *digest);

/* A new password for the account with that name and address. By mail: valid beside the
 * old one until its first use, which makes it the password, or for 24 hours. Shown: at
 * once, instead of the old one. CHAT_P_NO_ACCOUNT, CHAT_P_THROTTLED. */
apr_status_t chat_account_forgot(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who);

typedef struct chat_login_t {
    chat_account_t account;
    char session[CHAT_DIGEST_SIZE];
} chat_login_t;

/* Verifies and begins a session. NAME may be an e-mail address. */
apr_status_t chat_account_enter(chat_login_t *out, chat_call_t *c, const char *name,
                                const char *password);
/* For the session's account: verifies OLD (CHAT_P_CREDENTIALS), changes the password and
 * begins another session. Kinglet's sessions go on unless ChatPasswordEndsSessions is On;
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

/* ---- the payload of a mail in the outbox: lines ---- */

typedef struct chat_mail_payload_t {
    const char *template; /* "activation" or "password" */
    const char *name, *link, *uuid;
    const char *nonce; /* of the password; "" when it was delivered */
} chat_mail_payload_t;

const char *chat_mail_payload(const chat_mail_payload_t *p, apr_pool_t *pool);
/* CHAT_MALFORMED when TEXT is none. */
apr_status_t chat_mail_payload_parse(chat_mail_payload_t *out, const char *text,
                                     apr_pool_t *pool);

#endif
