/* SPDX-License-Identifier: Apache-2.0 */
/* Circuit breaker of a database that does not answer. */
#include "store/breaker.h"

void chat_breaker_init(chat_breaker_t *b)
{
    pthread_mutex_init(&b->mutex, NULL);
    b->until = 0;
    b->trying = 0;
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

void chat_breaker_tell(chat_breaker_t *b, chat_breaker_news_t news, apr_time_t now)
{
    pthread_mutex_lock(&b->mutex);
    b->trying = 0;
    if (news == CHAT_BREAKER_LOST)
        b->until = now + CHAT_BREAKER_PAUSE;
    else if (news == CHAT_BREAKER_WELL)
        b->until = 0;
    pthread_mutex_unlock(&b->mutex);
}
