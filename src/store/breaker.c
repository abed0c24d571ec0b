#include "store/breaker.h"

void chat_breaker_init(chat_breaker_t *b)
{
    pthread_mutex_init(&b->mutex, NULL);
    b->until = 0;
}

int chat_breaker_pass(chat_breaker_t *b, apr_time_t now)
{
    int pass = 1;

    pthread_mutex_lock(&b->mutex);
    if (b->until) {
        /* a clock that was set back must not keep it open */
        pass = now >= b->until || now < b->until - CHAT_BREAKER_PAUSE;
        if (pass)
            b->until = now + CHAT_BREAKER_PAUSE;
    }
    pthread_mutex_unlock(&b->mutex);
    return pass;
}

void chat_breaker_tell(chat_breaker_t *b, int lost, apr_time_t now)
{
    pthread_mutex_lock(&b->mutex);
    b->until = lost ? now + CHAT_BREAKER_PAUSE : 0;
    pthread_mutex_unlock(&b->mutex);
}
