/* SPDX-License-Identifier: Apache-2.0
 * cache.h - answers that were given before and are still right.
 *
 * Clients that poll ask the same question again and again. An answer is kept with the
 * epoch of its chatroom (store.h), read before the answer was: as long as that has not
 * moved, the same question has the same answer. One cache per process, bounded, shared by
 * its threads. What is asked once is not worth its place: the caller need not put it.
 */
#ifndef CHAT_CORE_CACHE_H
#define CHAT_CORE_CACHE_H

#include "base/buffer.h"

#include <apr_pools.h>
#include <apr_time.h>

/* Answers that a cache keeps, and the largest one: 16 MB at most. */
#define CHAT_CACHE_ANSWERS 512
#define CHAT_CACHE_ANSWER_MAX 32768
/* How long an answer is right at most: a process that was killed between its commit and
 * moving the epoch had not acknowledged anything, but what it wrote must show some time.
 */
#define CHAT_CACHE_LIFE apr_time_from_sec(5)

typedef struct chat_cache_t chat_cache_t;

/* The question: a keyed hash of everything that the answer depends on. */
typedef struct chat_question_t {
    unsigned char hash[16];
    /* moves when the answer may (chat_store_epoch, chat_store_texts), from before it is
     * looked for; 0: not known */
    apr_uint64_t epoch;
    apr_time_t now; /* before it is looked for, too; the life begins there */
    int again;      /* set by chat_cache_get: it is also the last question of its place */
} chat_question_t;

/* The cache lives as long as POOL. */
chat_cache_t *chat_cache_create(apr_pool_t *pool);
/* Appends the answer to OUT, and Q's time becomes that of the answer: what is put with Q
 * then lives as long as what it was made from. 0 when it is not cached. */
int chat_cache_get(chat_cache_t *cache, chat_question_t *q, chat_buffer_t *out);
void chat_cache_put(chat_cache_t *cache, const chat_question_t *q,
                    const chat_buffer_t *in);

#endif
