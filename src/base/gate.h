/* SPDX-License-Identifier: Apache-2.0
 * gate.h - a bounded number of threads of one process at a time, and a bounded number
 * that wait for a place: the others are refused immediately.
 */
#ifndef CHAT_BASE_GATE_H
#define CHAT_BASE_GATE_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_gate_t chat_gate_t;

/* A gate for PLACES threads, and WAITERS beside them of which one owner has at most half;
 * at least one each. Lives as long as POOL. */
apr_status_t chat_gate_create(chat_gate_t **out, int places, int waiters,
                              apr_pool_t *pool);

/* A place for OWNER (a hash of an address; 0: any number may wait), kept until
 * chat_gate_leave; APR_TIMEUP when no place became free within WAIT, APR_EAGAIN when too
 * many wait already. */
apr_status_t chat_gate_enter(chat_gate_t *gate, apr_uint64_t owner,
                             apr_interval_time_t wait);
void chat_gate_leave(chat_gate_t *gate);

#endif
