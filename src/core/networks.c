/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of refused networks. */
#include "core/networks.h"

#include "base/network.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_rwlock.h>

typedef struct work_t {
    chat_act_t *act;
    const char *form;
} work_t;

/* The actor, who may govern the whole database. */
static apr_status_t may(chat_act_t *a)
{
    return chat_policy_allows(CHAT_MAY_GOVERN, &a->who, NULL, a->owner)
               ? APR_SUCCESS
               : chat_call_refuse(a->call, CHAT_P_NOT_ADMIN, NULL);
}

static apr_status_t refuse(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    chat_refused_t n = {.network = w->form, .reason = a->reason};
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = may(a);
    if (rv != APR_SUCCESS)
        return rv;
    n.until = a->until;
    n.actor = a->who.name;
    n.created = a->call->now;
    a->entry.target = w->form;
    rv = chat_network_put(tx, &n);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "ban network") : rv;
}

static apr_status_t allow(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_act_t *a = w->act;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = may(a);
    if (rv == APR_SUCCESS)
        rv = chat_network_end(tx, w->form, a->call->now);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(a->call, CHAT_P_NO_NETWORK, "network");
    a->entry.target = w->form;
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "unban network") : rv;
}

static apr_status_t run(chat_act_t *a, const char *network, chat_work_fn fn)
{
    work_t w = {.act = a};
    char form[CHAT_NETWORK_SIZE];
    chat_network_t n;
    if (!chat_network_parse(&n, network))
        return chat_call_refuse(a->call, CHAT_P_INVALID, "network");
    if (fn == refuse && chat_network_has(&n, a->call->client))
        return chat_call_refuse(a->call, CHAT_P_OWN_NETWORK, "network");
    chat_network_text(form, &n);
    w.form = apr_pstrdup(a->call->pool, form);
    return chat_act_run(a, fn, &w);
}

apr_status_t chat_network_refuse(chat_act_t *a, const char *network)
{
    return run(a, network, refuse);
}

apr_status_t chat_network_allow(chat_act_t *a, const char *network)
{
    return run(a, network, allow);
}

apr_status_t chat_network_all(chat_networks_t *out, chat_act_t *a)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_act_look(a, &tx);
    if (rv == APR_SUCCESS)
        rv = may(a);
    if (rv == APR_SUCCESS)
        rv = chat_network_list(&out->list, &out->n, tx, a->call->now, a->call->pool);
    return chat_store_end(tx, rv);
}

/* ---- the copy ---- */

#define LOOK_EVERY apr_time_from_sec(1)

struct chat_network_cache_t {
    apr_thread_rwlock_t *lock;   /* of the set */
    apr_thread_mutex_t *looking; /* held by who looks whether the table moved */
    apr_pool_t *parent, *pool;   /* pool: of the set */
    chat_network_set_t set;
    apr_int64_t version; /* of the set; -1: there is none yet */
    apr_time_t looked;
};

chat_network_cache_t *chat_network_cache_create(apr_pool_t *pool)
{
    chat_network_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));
    cache->version = -1;
    if (apr_pool_create(&cache->parent, pool) != APR_SUCCESS ||
        apr_thread_rwlock_create(&cache->lock, pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&cache->looking, APR_THREAD_MUTEX_DEFAULT, pool) !=
            APR_SUCCESS)
        return NULL;
    return cache;
}

static void build(chat_network_set_t *set, const chat_refused_t *list, int n,
                  apr_pool_t *pool)
{
    set->list = apr_palloc(pool, sizeof(*set->list) * ((apr_size_t)n + 1));
    set->n = 0;
    for (int i = 0; i < n; i++) {
        if (chat_network_parse(&set->list[set->n], list[i].network))
            set->list[set->n++].until = list[i].until;
    }
    chat_network_sort(set);
}

/* By the one that looks: the new set takes the place of the old. */
static void replace(chat_network_cache_t *cache, const chat_network_set_t *set,
                    apr_pool_t *pool, apr_int64_t version)
{
    apr_pool_t *old = cache->pool;
    apr_thread_rwlock_wrlock(cache->lock);
    cache->set = *set;
    apr_thread_rwlock_unlock(cache->lock);
    cache->pool = pool;
    cache->version = version;
    if (old)
        apr_pool_destroy(old);
}

/* A database that does not answer leaves the set as it is. */
static void look(chat_network_cache_t *cache, const chat_call_t *c)
{
    chat_refused_t *list = NULL;
    chat_network_set_t set;
    apr_pool_t *pool;
    apr_int64_t version = -1;
    chat_tx_t *tx;
    int n = 0;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_network_version(&version, tx);
    if (rv == APR_SUCCESS && version != cache->version)
        rv = chat_network_list(&list, &n, tx, c->now, c->pool);
    rv = chat_store_end(tx, rv);
    if (rv != APR_SUCCESS || version == cache->version ||
        apr_pool_create(&pool, cache->parent) != APR_SUCCESS)
        return;
    build(&set, list, n, pool);
    replace(cache, &set, pool, version);
}

apr_int64_t chat_network_renew(const chat_call_t *c)
{
    chat_network_cache_t *cache = c->site->networks;
    apr_int64_t version;
    if (!cache)
        return -1;
    apr_thread_mutex_lock(cache->looking);
    look(cache, c);
    __atomic_store_n(&cache->looked, apr_time_now(), __ATOMIC_RELAXED);
    version = cache->version;
    apr_thread_mutex_unlock(cache->looking);
    return version;
}

static void renew_now_and_then(chat_network_cache_t *cache, const chat_call_t *c)
{
    apr_time_t looked = __atomic_load_n(&cache->looked, __ATOMIC_RELAXED);
    apr_time_t now = apr_time_now();
    if (now >= looked && now < looked + LOOK_EVERY)
        return;
    /* the first look is waited for; later ones are the business of one thread */
    if (!looked)
        apr_thread_mutex_lock(cache->looking);
    else if (apr_thread_mutex_trylock(cache->looking) != APR_SUCCESS)
        return;
    if (looked == __atomic_load_n(&cache->looked, __ATOMIC_RELAXED)) {
        look(cache, c);
        __atomic_store_n(&cache->looked, now, __ATOMIC_RELAXED);
    }
    apr_thread_mutex_unlock(cache->looking);
}

apr_status_t chat_network_check(chat_call_t *c)
{
    chat_network_cache_t *cache = c->site->networks;
    int found;
    if (!cache)
        return APR_SUCCESS;
    renew_now_and_then(cache, c);
    apr_thread_rwlock_rdlock(cache->lock);
    found = chat_network_find(&cache->set, c->client, c->now);
    apr_thread_rwlock_unlock(cache->lock);
    return found ? chat_call_refuse(c, CHAT_P_NETWORK, NULL) : APR_SUCCESS;
}
