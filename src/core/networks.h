/* SPDX-License-Identifier: Apache-2.0
 * networks.h - rules of refused networks.
 */
#ifndef CHAT_CORE_NETWORKS_H
#define CHAT_CORE_NETWORKS_H

#include "core/act.h"
#include "store/network.h"

/* Refuses NETWORK (an address, or ADDRESS/BITS) in the whole database for a->seconds;
 * a->entry.target becomes its form. CHAT_P_NOT_ADMIN, CHAT_P_INVALID (network),
 * CHAT_P_OWN_NETWORK when the call comes from there. */
apr_status_t chat_network_refuse(chat_act_t *a, const char *network);
/* The same form; CHAT_P_NO_NETWORK when it is not refused. */
apr_status_t chat_network_allow(chat_act_t *a, const char *network);

typedef struct chat_networks_t {
    chat_refused_t *list;
    int n;
} chat_networks_t;
apr_status_t chat_network_all(chat_networks_t *out, chat_act_t *a);

/* One process's copy, shared by its threads: renewed when the table moved, which is
 * looked at once a second. */
typedef struct chat_network_cache_t chat_network_cache_t;
/* Lives as long as POOL. */
chat_network_cache_t *chat_network_cache_create(apr_pool_t *pool);
/* Looks at once; the version of the copy, which grows when it changes. */
apr_int64_t chat_network_renew(const chat_call_t *c);
/* CHAT_P_NETWORK when the address of the call's client is refused. */
apr_status_t chat_network_check(chat_call_t *c);

#endif
