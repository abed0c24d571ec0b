/* SPDX-License-Identifier: Apache-2.0
 * network.h - networks of addresses, and whether one of many has an address.
 */
#ifndef CHAT_BASE_NETWORK_H
#define CHAT_BASE_NETWORK_H

#include <apr_pools.h>
#include <apr_time.h>

/* Long enough for every network as text. */
#define CHAT_NETWORK_SIZE 52

/* IPv4 as ::ffff:0:0/96 has it. */
typedef struct chat_network_t {
    unsigned char first[16]; /* lowest address */
    int bits;                /* that all its addresses share: 0-128 */
    apr_time_t until;        /* counts until then; 0: always */
    int around;              /* index of the network around it in its set, or -1 */
} chat_network_t;

/* TEXT is an address or "ADDRESS/BITS"; bits behind them are cleared. 0: it is neither.
 */
int chat_network_parse(chat_network_t *out, const char *text);
/* In the one form that each network has. */
void chat_network_text(char out[CHAT_NETWORK_SIZE], const chat_network_t *n);
/* Whether N has the address of TEXT, a network itself or an address. */
int chat_network_has(const chat_network_t *n, const char *text);

/* Many networks; a look costs the logarithm of their number. */
typedef struct chat_network_set_t {
    chat_network_t *list;
    int n;
} chat_network_set_t;

/* Puts the list, which is filled, in order. */
void chat_network_sort(chat_network_set_t *set);
/* Whether a network of SET that counts at NOW has ADDRESS. */
int chat_network_find(const chat_network_set_t *set, const char *address, apr_time_t now);

#endif
