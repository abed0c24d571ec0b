/*
 * breaker.h - does not ask a database that is down, for a moment. Private to the store.
 */
#ifndef CHAT_STORE_BREAKER_H
#define CHAT_STORE_BREAKER_H

#include <apr_time.h>
#include <pthread.h>

/* How long everybody but one is refused after a failure. */
#define CHAT_BREAKER_PAUSE apr_time_from_msec(500)

typedef struct chat_breaker_t {
    pthread_mutex_t mutex;
    apr_time_t until; /* 0: closed, all may pass */
} chat_breaker_t;

void chat_breaker_init(chat_breaker_t *b);
/* Whether the caller may try: everybody while all is well; after a failure one in each
 * pause, to see whether the database is back. */
int chat_breaker_pass(chat_breaker_t *b, apr_time_t now);
/* What came of it. */
void chat_breaker_tell(chat_breaker_t *b, int lost, apr_time_t now);

#endif
