/* SPDX-License-Identifier: Apache-2.0
 * Client addresses and the open connections of each, so that one address cannot use up
 * the share of all. How an address counts: base/address.h.
 */
#ifndef RT_PEER_H
#define RT_PEER_H

#include "base/address.h"
#include "chatd/rt/alloc.h"

#define RT_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */
/* The address of clients that a proxy brings over a unix socket, until the proxy's
 * headers have named theirs. Not limited in number. */
#define RT_ADDRESS_UNIX "unix"

typedef struct rt_peers rt_peers;

/* What is counted of an address. */
typedef enum rt_peer_kind {
    RT_PEER_REQUESTS,  /* connections that are reading an HTTP request or idle */
    RT_PEER_STRANGERS, /* sessions that are not authenticated yet */
    RT_PEER_CONNS,
    RT_PEER_BYTES, /* see rt_client_hold() */
    RT_PEER_KINDS
} rt_peer_kind;

typedef struct rt_peer {
    struct rt_peer *next;
    struct rt_peer *network; /* of an IPv6 address: its /48, which counts too; or NULL */
    char name[CHAT_ADDRESS_SIZE];
    unsigned refs;
    size_t held[RT_PEER_KINDS];
} rt_peer;

/* BYTES_MAX: what the process may hold for one address. */
rt_peers *rt_peers_create(size_t bytes_max);
/* Every peer must have been released. */
void rt_peers_destroy(rt_peers *peers);

/*
 * The facts about a client from the moment its connection arrives; shared by the
 * connection and the session that began on it. */
typedef struct rt_client {
    unsigned refs;
    unsigned vhost; /* the application's number of the virtual host */
    unsigned tag;   /* the application's own, e.g. which relay the bytes come through */
    int relayed;    /* through a relay that knows interim answers */
    int report;     /* descriptor for the first answer's status, a uint16_t; -1: none */
    int tls;        /* the client speaks TLS to httpd */
    int once;       /* one HTTP answer, then the end: httpd let in one request only */
    rt_peers *peers;
    rt_peer *peer;
    char *origin; /* of the handshake request, or NULL */
    char address[RT_ADDRESS_MAX];
} rt_client;

void rt_peer_add(rt_peer *peer, rt_peer_kind kind, size_t n);
void rt_peer_take(rt_peer *peer, rt_peer_kind kind, size_t n);
/* Whether the address has less than MAX. Its /48 may have CHAT_WIDE times as much, but of
 * connections, of which MAX is most that there are, as much as the address. */
int rt_peer_below(const rt_peer *peer, rt_peer_kind kind, size_t max);

rt_client *rt_client_create(rt_peers *peers, const char *address, unsigned vhost,
                            int tls);
rt_client *rt_client_ref(rt_client *client);
void rt_client_unref(rt_client *client);
/* Writes STATUS to the client's report, once, and closes that. 0: closes it only. */
void rt_client_report(rt_client *client, unsigned status);

/*
 * Bytes that are kept for a client between two rounds of the loop: incomplete messages
 * and bodies, what it does not read. *HELD is its holder's part of the sum for the
 * address and becomes BYTES. False: that is more than the address may hold; it is counted
 * all the same until the holder lets it go.
 */
int rt_client_hold(rt_client *client, size_t *held, size_t bytes);

#endif
