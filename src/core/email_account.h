/* SPDX-License-Identifier: Apache-2.0
 * email_account.h - accounts by e-mail: signing up, activation, forgotten passwords.
 *
 * Passwords are generated here. They are mailed when the site has ChatMailCommand; else
 * shown in the answer with ChatRevealPasswords On; else not delivered. A mail is written
 * to the outbox in the transaction that it reports; neither it nor any row contains the
 * password or the digest, only the nonce from which the site's secret derives them.
 */
#ifndef CHAT_CORE_EMAIL_ACCOUNT_H
#define CHAT_CORE_EMAIL_ACCOUNT_H

#include "core/accounts.h"
#include "core/secrets.h"

typedef struct chat_signup_t {
    apr_int64_t id;
    const char *name, *email;         /* as registered */
    char password[CHAT_INITIAL_SIZE]; /* empty when it is not to be shown */
    char digest[CHAT_DIGEST_SIZE];    /* of the activation; empty like the password */
} chat_signup_t;

/* The input of a sign-up; LINK is the address of the API, for the mail. */
typedef struct chat_newcomer_t {
    const char *name, *email, *link;
} chat_newcomer_t;

/* A new pending account. CHAT_P_NAME_RULE, CHAT_P_NAME_TAKEN, CHAT_P_EMAIL_TAKEN,
 * CHAT_P_CLOSED_REGISTRATION, CHAT_P_RATE. */
apr_status_t chat_account_signup(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who);
/* Opens the account of DIGEST; a second time changes nothing. CHAT_P_ACTIVATION. */
apr_status_t chat_account_activate(chat_call_t *c, const char *digest);

/* A new password for the account with that name and address. By mail: valid beside the
 * old one for 24 hours, and replaces it at its first use. Shown: replaces the old one
 * immediately. CHAT_P_NO_ACCOUNT, CHAT_P_THROTTLED. */
apr_status_t chat_account_forgot(chat_signup_t *out, chat_call_t *c,
                                 const chat_newcomer_t *who);

#endif
