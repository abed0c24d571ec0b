/* SPDX-License-Identifier: Apache-2.0
 * email.h - e-mail addresses, and mails to accounts as items of the outbox.
 */
#ifndef CHAT_CORE_EMAIL_H
#define CHAT_CORE_EMAIL_H

#include "core/call.h"
#include "store/account.h"

#define CHAT_EMAIL_MAX 255 /* bytes; addresses are ASCII */

/* Whether S is an address as mails can go to: local part, @, labels, a last label of two
 * letters or more. */
int chat_email_valid(const char *s);
/* The form for comparing. */
const char *chat_email_key(const char *email, apr_pool_t *pool);

/* The payload of a mail: lines of text. */
typedef struct chat_mail_payload_t {
    const char *template; /* "activation" or "password" */
    const char *name, *link, *uuid;
    const char *nonce; /* of the password; "" when it was delivered */
} chat_mail_payload_t;

const char *chat_mail_payload(const chat_mail_payload_t *p, apr_pool_t *pool);
/* CHAT_MALFORMED when TEXT is not an address. */
apr_status_t chat_mail_payload_parse(chat_mail_payload_t *out, const char *text,
                                     apr_pool_t *pool);

/* In the unit TX, when the site sends mails: mails account A its password, which is
 * derived from NONCE, and how to activate it while it is pending. LINK is the API's
 * address. */
apr_status_t chat_mail_write(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a,
                             const char *link, const char *nonce);

/* Whether A signed up and was not activated in time (CHAT_PENDING_SECONDS): then its
 * address may be taken by another. */
int chat_email_given_up(const chat_call_t *c, const chat_account_t *a);

#endif
