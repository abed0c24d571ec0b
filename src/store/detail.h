/* SPDX-License-Identifier: Apache-2.0
 * detail.h - what an extended list shows of its messages besides their texts.
 */
#ifndef CHAT_STORE_DETAIL_H
#define CHAT_STORE_DETAIL_H

#include "store/reaction.h"

typedef struct chat_detail_t {
    apr_time_t edited;    /* 0: never */
    apr_int64_t reply_to; /* id, or 0: none in the same conversation */
    apr_int64_t replies;  /* direct ones */
    const char *mentions; /* as in chat_message_t */
    chat_reactions_t reactions;
} chat_detail_t;

/* One for each of MESSAGES, which are newest first, as READER sees them; in POOL. */
apr_status_t chat_detail_of(chat_detail_t **out, chat_tx_t *tx, apr_int64_t reader,
                            const chat_messages_t *messages, apr_pool_t *pool);

#endif
