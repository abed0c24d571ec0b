/* SPDX-License-Identifier: Apache-2.0 */
/* The newest messages of a channel as a dialect wrote them. */
#include "core/tail.h"

#include <string.h>

chat_tail_t *chat_tail_find(chat_call_t *c, chat_tx_t *tx, apr_int64_t channel, int count)
{
    chat_tail_t *t;
    const apr_int64_t key[2] = {channel, count << 8 | c->dialect};
    apr_uint64_t texts = chat_store_texts(tx);
    if (!c->site->tails || !texts || count > CHAT_TAIL_MESSAGES)
        return NULL;
    t = apr_pcalloc(c->pool, sizeof(*t));
    t->pool = c->pool;
    t->cache = c->site->tails;
    chat_hash_digest(t->q.hash, &c->site->secret, key, sizeof(key));
    t->q.epoch = texts;
    t->q.now = c->now;
    t->is.epoch = c->epoch;
    chat_buffer_init(&t->kept, sizeof(t->is), CHAT_CACHE_ANSWER_MAX, c->pool);
    if (!chat_cache_get(t->cache, &t->q, &t->kept))
        return t;
    memcpy(&t->is, t->kept.data, sizeof(t->is));
    t->begin = sizeof(t->is);
    t->whole = c->epoch && t->is.epoch == c->epoch;
    t->is.epoch = c->epoch;
    return t;
}

static void drop_oldest(chat_tail_t *t, int n)
{
    apr_size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += t->is.len[i] + 1;
    t->is.n -= n;
    memmove(t->is.len, t->is.len + n, sizeof(*t->is.len) * (apr_size_t)t->is.n);
    t->begin += bytes;
}

int chat_tail_advance(chat_tail_t *t, chat_messages_t *since, int count)
{
    apr_size_t bytes = 0;
    for (int i = 0, j = since->n - 1; i < j; i++, j--) {
        chat_message_t m = since->list[i];
        since->list[i] = since->list[j];
        since->list[j] = m;
    }
    for (int i = 0; i < since->n; i++)
        bytes += since->list[i].body_len;
    /* a page that is cut has not the newest */
    if (since->n >= count || bytes > CHAT_CACHE_ANSWER_MAX) {
        t->is.n = 0;
        t->begin = 0;
        return 0;
    }
    if (t->is.n + since->n > count)
        drop_oldest(t, t->is.n + since->n - count);
    return 1;
}

void chat_tail_add(chat_tail_t *t, apr_size_t len)
{
    t->is.len[t->is.n++] = (apr_uint32_t)len;
}

void chat_tail_keep(const chat_tail_t *t, const char *text, apr_size_t len)
{
    chat_buffer_t all;
    if (len > CHAT_CACHE_ANSWER_MAX)
        return;
    chat_buffer_init(&all, sizeof(t->is) + len, APR_INT32_MAX, t->pool);
    chat_buffer_add(&all, &t->is, sizeof(t->is));
    chat_buffer_add(&all, text, len);
    chat_cache_put(t->cache, &t->q, &all);
}
