/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/rt/workers.h"

#include "chatd/rt/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

/* Items that are taken at a time. */
#define BITE 16

typedef struct {
    pthread_t thread;
    rt_workers *crew;
    sem_t go; /* may be raised more often than there are offers */
    int offered;
} helper;

struct rt_workers {
    void (*work)(void *item);
    void **items;
    unsigned count;
    unsigned next; /* first item that nobody took */
    sem_t done;
    int ending;
    int started;
    unsigned helper_count;
    helper helpers[RT_CREW_MAX - 1];
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
    rt_workers *crew = rt_alloc(sizeof(*crew));
    crew->helper_count = threads > RT_CREW_MAX ? RT_CREW_MAX - 1
                         : threads             ? threads - 1
                                               : 0;
    sem_init(&crew->done, 0, 0);
    return crew;
}

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) && errno == EINTR)
        continue;
}

static void work_off(rt_workers *crew)
{
    unsigned from, i;
    while ((from = __atomic_fetch_add(&crew->next, BITE, __ATOMIC_RELAXED)) <
           crew->count) {
        for (i = from; i < crew->count && i < from + BITE; i++)
            crew->work(crew->items[i]);
    }
}

/* An offer is for one: the helper that takes it, or the caller who worked everything off
 * meanwhile and takes it back. So nobody waits for a thread that has not even woken up.
 */
static int take(helper *h)
{
    return __atomic_exchange_n(&h->offered, 0, __ATOMIC_ACQ_REL);
}

static void *help(void *data)
{
    helper *h = data;
    for (;;) {
        wait_for(&h->go);
        if (__atomic_load_n(&h->crew->ending, __ATOMIC_ACQUIRE))
            return NULL;
        if (take(h)) {
            work_off(h->crew);
            sem_post(&h->crew->done);
        }
    }
}

/* With fewer helpers than wanted the work is done as well. Signals are the loop's. */
static void start(rt_workers *crew)
{
    sigset_t all, before;
    unsigned i, n = crew->helper_count;
    crew->started = 1;
    crew->helper_count = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (i = 0; i < n; i++) {
        helper *h = &crew->helpers[i];
        h->crew = crew;
        sem_init(&h->go, 0, 0);
        if (pthread_create(&h->thread, NULL, help, h)) {
            sem_destroy(&h->go);
            break;
        }
        crew->helper_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void rt_workers_run(rt_workers *crew, void (*work)(void *item), void **items,
                    unsigned count)
{
    unsigned i;
    if (!crew->started)
        start(crew);
    crew->work = work;
    crew->items = items;
    crew->count = count;
    crew->next = 0;
    for (i = 0; i < crew->helper_count; i++) {
        __atomic_store_n(&crew->helpers[i].offered, 1, __ATOMIC_RELEASE);
        sem_post(&crew->helpers[i].go);
    }
    work_off(crew);
    for (i = 0; i < crew->helper_count; i++) {
        if (!take(&crew->helpers[i]))
            wait_for(&crew->done);
    }
}

void rt_workers_destroy(rt_workers *crew)
{
    unsigned i;
    if (!crew)
        return;
    __atomic_store_n(&crew->ending, 1, __ATOMIC_RELEASE);
    for (i = 0; crew->started && i < crew->helper_count; i++) {
        sem_post(&crew->helpers[i].go);
        pthread_join(crew->helpers[i].thread, NULL);
        sem_destroy(&crew->helpers[i].go);
    }
    sem_destroy(&crew->done);
    free(crew);
}
