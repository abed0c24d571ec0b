/* SPDX-License-Identifier: Apache-2.0
 * gate.h - a bounded number of threads of one process at a time, waited for with a
 * time-out.
 */
#ifndef CHAT_BASE_GATE_H
#define CHAT_BASE_GATE_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_gate_t chat_gate_t;

/* A gate for PLACES threads, at least one; lives as long as POOL. */
apr_status_t chat_gate_create(chat_gate_t **out, int places, apr_pool_t *pool);

/* A place, kept until chat_gate_leave; APR_TIMEUP when none came free within WAIT. */
apr_status_t chat_gate_enter(chat_gate_t *gate, apr_interval_time_t wait);
void chat_gate_leave(chat_gate_t *gate);

#endif
