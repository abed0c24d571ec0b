/* SPDX-License-Identifier: Apache-2.0 */
/* What a request pays for refused networks: ns a look, with 0 to 10,000 of them. */
#include "core/networks.h"

#include "core.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOKS 1000000
#define ADDRESSES 4096

static unsigned next(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (unsigned)((unsigned long long)*seed * below >> 32);
}

/* Half IPv4, half IPv6. */
static const char *random_text(unsigned *seed, apr_pool_t *pool, int network)
{
    const char *bits = "";
    if (next(seed, 2)) {
        if (network)
            bits = apr_psprintf(pool, "/%u", 20 + next(seed, 13));
        return apr_psprintf(pool, "%u.%u.%u.%u%s", 1 + next(seed, 223), next(seed, 256),
                            next(seed, 256), next(seed, 256), bits);
    }
    if (network)
        bits = apr_psprintf(pool, "/%u", 40 + next(seed, 25));
    return apr_psprintf(pool, "2001:%x:%x:%x::%x%s", next(seed, 65536), next(seed, 65536),
                        next(seed, 65536), next(seed, 65536), bits);
}

typedef struct filling_t {
    apr_pool_t *pool;
    unsigned *seed;
    int n;
} filling_t;

static apr_status_t fill(chat_tx_t *tx, void *baton)
{
    const filling_t *f = baton;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < f->n; i++) {
        chat_refused_t refused = {.actor = "bench", .created = 1};
        refused.network = random_text(f->seed, f->pool, 1);
        rv = chat_network_put(tx, &refused);
    }
    return rv;
}

static void measure(core_t *k, const char *const *addresses, int networks)
{
    chat_call_t *c = call_from(k, "");
    apr_time_t began;
    int refused = 0;
    k->site.networks = chat_network_cache_create(k->f->pool);
    c->client = addresses[0];
    chat_network_check(c); /* reads the table */
    began = apr_time_now();
    for (int i = 0; i < LOOKS; i++) {
        c->client = addresses[i % ADDRESSES];
        refused += chat_network_check(c) != APR_SUCCESS;
    }
    printf("%6d networks: %4ld ns a look, %.2f %% of the addresses are refused\n",
           networks, (long)((apr_time_now() - began) * 1000 / LOOKS),
           refused * 100.0 / LOOKS);
}

int main(void)
{
    static const int sizes[] = {0, 100, 1000, 10000};
    const char *addresses[ADDRESSES];
    void *state = NULL;
    core_t *k;
    unsigned seed = 1;
    int n = 0;
    if (sqlite_setup(&state))
        return 1;
    k = core(&state);
    for (int i = 0; i < ADDRESSES; i++)
        addresses[i] = random_text(&seed, k->f->pool, 0);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        filling_t f = {k->f->pool, &seed, sizes[i] - n};
        if (chat_store_write(k->f->store, fill, &f) != APR_SUCCESS)
            return 1;
        n = sizes[i];
        measure(k, addresses, n);
    }
    return fixture_teardown(&state);
}
