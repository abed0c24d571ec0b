/* SPDX-License-Identifier: Apache-2.0 */
/* Cached answers of steady routes. */
#include "core/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOCKS 32

typedef struct answer_t {
    chat_question_t q;                                         /* epoch 0: free */
    unsigned char asked[sizeof(((chat_question_t *)0)->hash)]; /* the last time */
    char *data;
    apr_size_t len, size;
} answer_t;

struct chat_cache_t {
    pthread_mutex_t locks[LOCKS];
    answer_t answers[CHAT_CACHE_ANSWERS];
};

static apr_status_t destroy(void *data)
{
    chat_cache_t *cache = data;
    for (int i = 0; i < CHAT_CACHE_ANSWERS; i++)
        free(cache->answers[i].data);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&cache->locks[i]);
    return APR_SUCCESS;
}

chat_cache_t *chat_cache_create(apr_pool_t *pool)
{
    chat_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&cache->locks[i], NULL);
    apr_pool_cleanup_register(pool, cache, destroy, apr_pool_cleanup_null);
    return cache;
}

static unsigned place(const chat_question_t *q)
{
    unsigned n;
    memcpy(&n, q->hash, sizeof(n));
    return n % CHAT_CACHE_ANSWERS;
}

int chat_cache_get(chat_cache_t *cache, chat_question_t *q, chat_buffer_t *out)
{
    unsigned i = place(q);
    answer_t *a = &cache->answers[i];
    int right;
    q->again = 0;
    if (!q->epoch)
        return 0;
    pthread_mutex_lock(&cache->locks[i % LOCKS]);
    right = a->q.epoch == q->epoch && !memcmp(a->q.hash, q->hash, sizeof(q->hash)) &&
            q->now >= a->q.now && q->now - a->q.now < CHAT_CACHE_LIFE;
    q->again = !memcmp(a->asked, q->hash, sizeof(q->hash));
    if (right) {
        chat_buffer_add(out, a->data, a->len);
        q->now = a->q.now;
    }
    else {
        memcpy(a->asked, q->hash, sizeof(q->hash));
    }
    pthread_mutex_unlock(&cache->locks[i % LOCKS]);
    return right;
}

void chat_cache_put(chat_cache_t *cache, const chat_question_t *q,
                    const chat_buffer_t *in)
{
    unsigned i = place(q);
    answer_t *a = &cache->answers[i];
    if (!q->epoch || in->overflow || in->len > CHAT_CACHE_ANSWER_MAX)
        return;
    pthread_mutex_lock(&cache->locks[i % LOCKS]);
    if (a->size < in->len) {
        free(a->data);
        a->data = malloc(in->len);
        a->size = a->data ? in->len : 0;
    }
    a->q.epoch = 0;
    if (a->size >= in->len) {
        memcpy(a->data, in->data, in->len);
        a->len = in->len;
        a->q = *q;
    }
    pthread_mutex_unlock(&cache->locks[i % LOCKS]);
}
