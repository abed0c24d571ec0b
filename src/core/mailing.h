/* SPDX-License-Identifier: Apache-2.0
 * mailing.h - mails to accounts, into the outbox.
 */
#ifndef CHAT_CORE_MAILING_H
#define CHAT_CORE_MAILING_H

#include "core/signup.h"

/* In the unit TX, when the site sends mails: tells account A its password, which is
 * derived from NONCE, and how to activate it while it is pending. LINK is the API's
 * address. */
apr_status_t chat_mail_write(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a,
                             const char *link, const char *nonce);

#endif
