/* SPDX-License-Identifier: Apache-2.0
 * places.h - places for connections, of which one client and one network have a share.
 * Used by several threads without a lock.
 */
#ifndef CHAT_WIRE_PLACES_H
#define CHAT_WIRE_PLACES_H

#include <apr.h>

/* Clients and networks are counted modulo this. */
#define CHAT_PLACES_KEYS 16384

/* Zeroed to begin with, but for the first line. */
typedef struct chat_places_t {
    int max,
        share; /* places; those of one client; CHAT_WIDE_PLACES times that: of a /48 */
    int taken;
    int of_client[CHAT_PLACES_KEYS], of_network[CHAT_PLACES_KEYS];
} chat_places_t;

/* Takes a place for the client of KEY, see base/address.h: 1, or 0 when all are taken, or
 * -1 when the client or its network has its share. */
int chat_places_take(chat_places_t *places, apr_uint64_t key);
void chat_places_leave(chat_places_t *places, apr_uint64_t key);

#endif
