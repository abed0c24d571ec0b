/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that share out the items of one piece of work. */
#include "chatd/rt/workers.h"

#include "base/thread.h"
#include "chatd/rt/alloc.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

/* Items that a thread takes at a time. */
#define BITE 16

typedef struct {
    pthread_t thread;
    rt_workers *workers;
    sem_t go; /* may be raised more often than there are offers */
    int offered;
} helper;

struct rt_workers {
    void (*work)(void *item, unsigned thread);
    void **items;
    unsigned count;
    unsigned next; /* first item that no thread has taken */
    sem_t done;
    int ending;
    int started;
    unsigned helper_count;
    helper helpers[RT_WORKERS_MAX - 1];
};

unsigned rt_workers_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set))
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

rt_workers *rt_workers_create(unsigned threads)
{
    rt_workers *workers = rt_alloc(sizeof(*workers));
    workers->helper_count = threads > RT_WORKERS_MAX ? RT_WORKERS_MAX - 1
                            : threads                ? threads - 1
                                                     : 0;
    sem_init(&workers->done, 0, 0);
    return workers;
}

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) && errno == EINTR)
        continue;
}

static void work_off(rt_workers *workers, unsigned thread)
{
    unsigned from;
    while ((from = __atomic_fetch_add(&workers->next, BITE, __ATOMIC_RELAXED)) <
           workers->count) {
        for (unsigned i = from; i < workers->count && i < from + BITE; i++)
            workers->work(workers->items[i], thread);
    }
}

/* An offer is for one: the helper that accepts it, or the caller that finished all items
 * meanwhile and withdraws it. So the caller never waits for a thread that has not woken
 * up yet. */
static int take(helper *h)
{
    return __atomic_exchange_n(&h->offered, 0, __ATOMIC_ACQ_REL);
}

static void *help(void *data)
{
    helper *h = data;
    for (;;) {
        wait_for(&h->go);
        if (__atomic_load_n(&h->workers->ending, __ATOMIC_ACQUIRE))
            return NULL;
        if (take(h)) {
            work_off(h->workers, 1 + (unsigned)(h - h->workers->helpers));
            sem_post(&h->workers->done);
        }
    }
}

/* With fewer helpers than wanted the work is done as well. */
static void start(rt_workers *workers)
{
    unsigned n = workers->helper_count;
    workers->started = 1;
    workers->helper_count = 0;
    for (unsigned i = 0; i < n; i++) {
        helper *h = &workers->helpers[i];
        h->workers = workers;
        sem_init(&h->go, 0, 0);
        if (chat_thread_start(&h->thread, help, h)) {
            sem_destroy(&h->go);
            break;
        }
        workers->helper_count++;
    }
}

void rt_workers_run(rt_workers *workers, void (*work)(void *item, unsigned thread),
                    void **items, unsigned count)
{
    if (!workers->started)
        start(workers);
    workers->work = work;
    workers->items = items;
    workers->count = count;
    workers->next = 0;
    for (unsigned i = 0; i < workers->helper_count; i++) {
        __atomic_store_n(&workers->helpers[i].offered, 1, __ATOMIC_RELEASE);
        sem_post(&workers->helpers[i].go);
    }
    work_off(workers, 0);
    for (unsigned i = 0; i < workers->helper_count; i++) {
        if (!take(&workers->helpers[i]))
            wait_for(&workers->done);
    }
}

void rt_workers_destroy(rt_workers *workers)
{
    if (!workers)
        return;
    __atomic_store_n(&workers->ending, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; workers->started && i < workers->helper_count; i++) {
        sem_post(&workers->helpers[i].go);
        pthread_join(workers->helpers[i].thread, NULL);
        sem_destroy(&workers->helpers[i].go);
    }
    sem_destroy(&workers->done);
    free(workers);
}
