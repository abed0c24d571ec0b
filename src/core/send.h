/* SPDX-License-Identifier: Apache-2.0
 * send.h - the way of a message into the store: what every kind of sending shares.
 *
 * For the rules of messages (messages.c, conversation.c); everybody else calls those.
 */
#ifndef CHAT_CORE_SEND_H
#define CHAT_CORE_SEND_H

#include "core/mentions.h"
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
    const char *audience;   /* ids of a direct message's recipients */
    chat_channel_t channel; /* where it goes, or ... */
    chat_recipient_t other; /* ... to whom */
    chat_audience_t in; /* whom it can mention; its author is set by chat_send_begin */
} chat_send_t;

/* CHAT_P_EMPTY or CHAT_P_TOO_LARGE for a text that no message may have. */
apr_status_t chat_send_check(chat_call_t *c, const chat_text_t *text);

/* Checks the text, runs FN (with S as its baton) as a write and hints at what happened.
 */
apr_status_t chat_send_run(chat_send_t *s, chat_work_fn fn);

/* In the unit: the sender, and whether this request was done before; then *OUT is its
 * message and *KNOWN is set. */
apr_status_t chat_send_begin(chat_send_t *s, chat_tx_t *tx, int *known);

/* In the unit: the message answers the one that its text names, which is in the same
 * conversation; else CHAT_P_NO_MESSAGE. */
apr_status_t chat_send_reply(chat_send_t *s, chat_tx_t *tx);
/* The message answers PARENT; in the same channel it continues its thread. */
void chat_send_answer(chat_send_t *s, const chat_message_t *parent);

/* Numbers and stores the message with its event, and remembers the request. */
apr_status_t chat_send_insert(chat_send_t *s, chat_tx_t *tx);

/* The ids of the accounts that see the direct message M, its author too, as an event's
 * audience; NULL for any other message. */
apr_status_t chat_send_audience(const char **ids, chat_tx_t *tx, const chat_message_t *m,
                                apr_pool_t *pool);

/* The same for a direct message to the N accounts TO; the author sees it too. */
apr_status_t chat_send_to(chat_send_t *s, chat_tx_t *tx, const chat_recipient_t *to,
                          int n);

#endif
