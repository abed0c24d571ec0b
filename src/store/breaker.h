/* SPDX-License-Identifier: Apache-2.0
 * breaker.h - pauses requests to a database that is down. Private to the store.
 */
#ifndef CHAT_STORE_BREAKER_H
#define CHAT_STORE_BREAKER_H

#include <apr_time.h>
#include <pthread.h>

/* How long everybody is refused after a failure. */
#define CHAT_BREAKER_PAUSE apr_time_from_msec(200)

typedef struct chat_breaker_t {
    pthread_mutex_t mutex;
    apr_time_t until; /* 0: closed, all may pass */
    int trying;       /* a thread finds out whether the database is back */
    unsigned losses;  /* ever; atomic */
} chat_breaker_t;

typedef enum chat_breaker_news_t {
    CHAT_BREAKER_WELL,
    CHAT_BREAKER_LOST,
    CHAT_BREAKER_NOTHING /* it did not come to asking */
} chat_breaker_news_t;

void chat_breaker_init(chat_breaker_t *b);
/* Whether the caller may ask the database: everybody while all is well; after a failure
 * and the pause one at a time, since connecting may take long. Who passed has to tell.
 * Where a probe looks for the database, chat_breaker_open is asked instead. */
int chat_breaker_pass(chat_breaker_t *b, apr_time_t now);
/* Whether that is a change: the first loss, or the end of them. */
int chat_breaker_tell(chat_breaker_t *b, chat_breaker_news_t news, apr_time_t now);

/* A number that moves with each loss: who waits meanwhile need not try. */
unsigned chat_breaker_losses(chat_breaker_t *b);
/* Whether the last news was a loss. */
int chat_breaker_open(chat_breaker_t *b);

#endif
