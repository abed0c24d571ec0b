/* SPDX-License-Identifier: Apache-2.0
 * send.h - the way of a message into the store: what every kind of sending shares.
 *
 * For the rules of messages (messages.c, conversation.c); everybody else calls those.
 */
#ifndef CHAT_CORE_SEND_H
#define CHAT_CORE_SEND_H

#include "core/messages.h"
#include "store/stream.h"

/* One message on its way in. */
typedef struct chat_send_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    const char *target; /* name of a channel, or of an account when it is direct */
    int direct;
    apr_int64_t public_channel; /* instead of a name: a public channel's id */
    const chat_text_t *text;
    chat_message_t *out;
    chat_identity_t who;
    const char *audience; /* ids of a direct message's recipients */
} chat_send_t;

/* CHAT_P_EMPTY or CHAT_P_TOO_LARGE for a text that no message may have. */
apr_status_t chat_send_check(chat_call_t *c, const chat_text_t *text);

/* Checks the text, runs FN (with S as its baton) as a write and hints at what happened.
 */
apr_status_t chat_send_run(chat_send_t *s, chat_work_fn fn);

/* In the unit: the sender, and whether this request was done before; then *OUT is its
 * message and *KNOWN is set. */
apr_status_t chat_send_begin(chat_send_t *s, chat_tx_t *tx, int *known);

/* Numbers and stores the message with its event, and remembers the request. */
apr_status_t chat_send_insert(chat_send_t *s, chat_tx_t *tx);

/* Names of the recipients, as chat_message_recipient reads them, or their ids, separated
 * by spaces. */
const char *chat_send_names(const chat_recipient_t *to, int n, int ids, apr_pool_t *pool);

/* The same for a direct message to the N accounts TO; the author sees it too. */
apr_status_t chat_send_to(chat_send_t *s, chat_tx_t *tx, const chat_recipient_t *to,
                          int n);

#endif
