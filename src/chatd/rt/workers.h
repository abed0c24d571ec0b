/* SPDX-License-Identifier: Apache-2.0
 * Threads that help the loop with much work of one kind, such as a message to thousands
 * of sockets: the loop hands out the items, works with them, and continues when all are
 * done. So everything else stays single-threaded.
 */
#ifndef RT_WORKERS_H
#define RT_WORKERS_H

typedef struct rt_workers rt_workers;

/* THREADS with the caller's, at most RT_WORKERS_MAX. They are started when there is work
 * for the first time. */
#define RT_WORKERS_MAX 4
rt_workers *rt_workers_create(unsigned threads);
void rt_workers_destroy(rt_workers *workers);
/* Cores that this process may use; a share of their time (cgroups) is not looked at. */
unsigned rt_workers_cores(void);

/* Calls WORK with each of the COUNT items once, from several threads, in no order, and
 * returns when all calls have. THREAD is 0 for the caller's, below RT_WORKERS_MAX. WORK
 * touches nothing that two items share but the kernel. */
void rt_workers_run(rt_workers *workers, void (*work)(void *item, unsigned thread),
                    void **items, unsigned count);

#endif
