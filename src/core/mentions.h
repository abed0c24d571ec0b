/* SPDX-License-Identifier: Apache-2.0
 * mentions.h - whom a text mentions: `@name` of an account that may read it, `@channel`
 * by who may delete there.
 */
#ifndef CHAT_CORE_MENTIONS_H
#define CHAT_CORE_MENTIONS_H

#include "core/call.h"
#include "store/account.h"
#include "store/channel.h"
#include "store/stream.h"

/* A text mentions at most so many; further ones count as text. */
#define CHAT_MENTIONS_MAX 20

/* Where a text is said. */
typedef struct chat_audience_t {
    const chat_identity_t *author;
    const chat_channel_t *channel; /* NULL: a direct message ... */
    const chat_recipient_t *to;    /* ... to these N */
    int n;
} chat_audience_t;

typedef struct chat_mentions_t {
    const char *names; /* as in chat_message_t */
    apr_int64_t accounts[CHAT_MENTIONS_MAX + 1];
    int n;
} chat_mentions_t;

/* Reads the rows of accounts only for a text that has an '@'. */
apr_status_t chat_mentions_find(chat_mentions_t *out, chat_call_t *c, chat_tx_t *tx,
                                const chat_audience_t *in, const chat_message_t *m);
/* Keeps them for M, which has an id. */
apr_status_t chat_mentions_keep(const chat_mentions_t *mentions, chat_tx_t *tx,
                                const chat_message_t *m);

#endif
