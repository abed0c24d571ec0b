/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of places. */
#include "wire/places.h"

#include "base/address.h"
#include "base/bounds.h"

static int add(int *counter, int n)
{
    return __atomic_add_fetch(counter, n, __ATOMIC_RELAXED);
}

int chat_places_take(chat_places_t *places, apr_uint64_t key)
{
    apr_uint64_t network = key >> CHAT_CLIENT_NETWORK_SHIFT;
    int room = add(&places->taken, 1) <= places->max;
    int fits = add(&places->of_client[key % CHAT_PLACES_KEYS], 1) <= places->share;
    if (add(&places->of_network[network % CHAT_PLACES_KEYS], 1) >
            places->share * CHAT_WIDE_PLACES &&
        network)
        fits = 0;
    if (room && fits)
        return 1;
    chat_places_leave(places, key);
    return room ? -1 : 0;
}

void chat_places_leave(chat_places_t *places, apr_uint64_t key)
{
    apr_uint64_t network = key >> CHAT_CLIENT_NETWORK_SHIFT;
    add(&places->of_network[network % CHAT_PLACES_KEYS], -1);
    add(&places->of_client[key % CHAT_PLACES_KEYS], -1);
    add(&places->taken, -1);
}
