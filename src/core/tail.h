/* SPDX-License-Identifier: Apache-2.0
 * tail.h - the newest messages of a channel as a dialect wrote them.
 *
 * What clients ask for most is the end of a channel, which has a few messages more than
 * the last time. So its text is kept, and the next page is that without the oldest
 * messages, and what came since. It counts while no message that was there has changed
 * (chat_store_texts); whether the reader may read the channel is asked before.
 */
#ifndef CHAT_CORE_TAIL_H
#define CHAT_CORE_TAIL_H

#include "core/call.h"

/* Pages of more messages, or of CHAT_CACHE_ANSWER_MAX bytes, are not kept. */
#define CHAT_TAIL_MESSAGES 100

typedef struct chat_tail_t {
    apr_pool_t *pool;
    chat_cache_t *cache;
    chat_question_t q;
    struct {
        apr_int64_t newest; /* id */
        apr_uint64_t epoch; /* of the chatroom: there was none newer then */
        int n;
        apr_uint32_t len[CHAT_TAIL_MESSAGES]; /* of each one's text, oldest first */
    } is;
    chat_buffer_t kept;
    apr_size_t begin; /* of all texts in it, a byte between two; 0: none is kept */
    int whole;        /* there is no newer message */
} chat_tail_t;

/* What is kept of pages of COUNT messages of CHANNEL; NULL: nothing ever is. */
chat_tail_t *chat_tail_find(chat_call_t *c, chat_tx_t *tx, apr_int64_t channel,
                            int count);
/* Puts SINCE, oldest first as they are read, in a page's order and takes as many off the
 * tail as are too many then. 0, and the tail is empty: they are too many themselves. */
int chat_tail_advance(chat_tail_t *t, chat_messages_t *since, int count);

/* One more was written, with LEN bytes. */
void chat_tail_add(chat_tail_t *t, apr_size_t len);
/* Keeps TEXT of LEN bytes: what was kept, and what was added. */
void chat_tail_keep(const chat_tail_t *t, const char *text, apr_size_t len);

#endif
