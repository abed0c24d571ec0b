/* SPDX-License-Identifier: Apache-2.0 */
/* Thread that shuts down the sockets of a server that is silent: libpq waits for an
 * answer without a bound, and a stopped server still acknowledges what it is sent. */
#include "store/watchdog.h"

#include "base/clock.h"
#include "base/thread.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP apr_time_from_msec(200)

struct chat_watchdog_t {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t call;
    chat_watch_t *first;
    int armed;  /* since the last round */
    int asleep; /* until it is called */
    int ends;
};

static void end_overdue(chat_watchdog_t *dog, apr_time_t now)
{
    for (chat_watch_t *w = dog->first; w; w = w->next) {
        if (w->ended || now < w->until)
            continue;
        w->ended = 1;
        shutdown(w->fd, SHUT_RDWR);
    }
}

/* Sleeps only when a whole step passed without use, so that arming rarely wakes it. */
static void rest(chat_watchdog_t *dog, apr_time_t now)
{
    dog->asleep = !dog->first && !dog->armed;
    dog->armed = 0;
    if (dog->asleep)
        pthread_cond_wait(&dog->call, &dog->mutex);
    else
        chat_thread_wait(&dog->call, &dog->mutex, now + STEP);
    dog->asleep = 0;
}

static void *watch_all(void *data)
{
    chat_watchdog_t *dog = data;
    pthread_mutex_lock(&dog->mutex);
    while (!dog->ends) {
        apr_time_t now = chat_clock_steady();
        end_overdue(dog, now);
        rest(dog, now);
    }
    pthread_mutex_unlock(&dog->mutex);
    return NULL;
}

static apr_status_t end_thread(void *data)
{
    chat_watchdog_t *dog = data;
    pthread_mutex_lock(&dog->mutex);
    dog->ends = 1;
    pthread_cond_signal(&dog->call);
    pthread_mutex_unlock(&dog->mutex);
    pthread_join(dog->thread, NULL);
    return APR_SUCCESS;
}

apr_status_t chat_watchdog_create(chat_watchdog_t **out, apr_pool_t *pool)
{
    chat_watchdog_t *dog = apr_pcalloc(pool, sizeof(*dog));
    int rc;
    chat_thread_cond(&dog->call);
    pthread_mutex_init(&dog->mutex, NULL);
    rc = chat_thread_start(&dog->thread, watch_all, dog);
    if (rc)
        return rc;
    apr_pool_cleanup_register(pool, dog, end_thread, apr_pool_cleanup_null);
    *out = dog;
    return APR_SUCCESS;
}

void chat_watchdog_arm(chat_watchdog_t *dog, chat_watch_t *watch, int fd,
                       apr_time_t until)
{
    watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (watch->fd < 0)
        return;
    watch->until = until;
    watch->ended = 0;
    pthread_mutex_lock(&dog->mutex);
    watch->next = dog->first;
    dog->first = watch;
    dog->armed = 1;
    if (dog->asleep)
        pthread_cond_signal(&dog->call);
    pthread_mutex_unlock(&dog->mutex);
}

void chat_watchdog_disarm(chat_watchdog_t *dog, chat_watch_t *watch)
{
    chat_watch_t **link = &dog->first;
    if (!watch->until || watch->fd < 0)
        return;
    pthread_mutex_lock(&dog->mutex);
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    pthread_mutex_unlock(&dog->mutex);
    close(watch->fd);
    watch->until = 0;
}
