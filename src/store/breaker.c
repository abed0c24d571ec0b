/* SPDX-License-Identifier: Apache-2.0 */
/* Circuit breaker of a database that does not answer. */
#include "store/breaker.h"

void chat_breaker_init(chat_breaker_t *b)
{
    pthread_mutex_init(&b->mutex, NULL);
    b->until = 0;
    b->trying = 0;
    b->losses = 0;
}

int chat_breaker_pass(chat_breaker_t *b, apr_time_t now)
{
    int pass = 1;
    pthread_mutex_lock(&b->mutex);
    if (b->until) {
        /* a clock that was set back must not keep it open */
        int due = now >= b->until || now < b->until - CHAT_BREAKER_PAUSE;
        pass = due && !b->trying;
        b->trying |= pass;
    }
    pthread_mutex_unlock(&b->mutex);
    return pass;
}

int chat_breaker_tell(chat_breaker_t *b, chat_breaker_news_t news, apr_time_t now)
{
    int before, change;
    pthread_mutex_lock(&b->mutex);
    before = b->until != 0;
    b->trying = 0;
    if (news == CHAT_BREAKER_LOST) {
        b->until = now + CHAT_BREAKER_PAUSE;
        __atomic_add_fetch(&b->losses, 1, __ATOMIC_RELEASE);
    }
    else if (news == CHAT_BREAKER_WELL)
        b->until = 0;
    change = (b->until != 0) != before;
    pthread_mutex_unlock(&b->mutex);
    return change;
}

unsigned chat_breaker_losses(chat_breaker_t *b)
{
    return __atomic_load_n(&b->losses, __ATOMIC_ACQUIRE);
}

int chat_breaker_open(chat_breaker_t *b)
{
    int open;
    pthread_mutex_lock(&b->mutex);
    open = b->until != 0;
    pthread_mutex_unlock(&b->mutex);
    return open;
}
