/* SPDX-License-Identifier: Apache-2.0 */
/* Client addresses and what each of them holds. */
#include "chatd/rt/peer.h"

#include "base/bounds.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Chains stay short up to some ten thousand different addresses. */
#define BUCKETS 4096

struct rt_peers {
    size_t bytes_max;
    unsigned char secret[crypto_shorthash_KEYBYTES];
    rt_peer *buckets[BUCKETS];
};

rt_peers *rt_peers_create(size_t bytes_max)
{
    rt_peers *peers = rt_alloc(sizeof(*peers));
    peers->bytes_max = bytes_max;
    randombytes_buf(peers->secret, sizeof(peers->secret));
    return peers;
}

void rt_peers_destroy(rt_peers *peers)
{
    free(peers);
}

static rt_peer **bucket(rt_peers *peers, const char *name)
{
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)name, strlen(name), peers->secret);
    return &peers->buckets[(hash[0] | hash[1] << 8) % BUCKETS];
}

/* NAME: an address as it counts. */
static rt_peer *get(rt_peers *peers, const char *name)
{
    char network[CHAT_ADDRESS_SIZE];
    rt_peer **head = bucket(peers, name), *peer;
    for (peer = *head; peer && strcmp(peer->name, name) != 0; peer = peer->next)
        continue;
    if (!peer) {
        peer = rt_alloc(sizeof(*peer));
        memcpy(peer->name, name, strlen(name));
        peer->next = *head;
        *head = peer;
        if (chat_address_network(network, name) && strcmp(network, name) != 0)
            peer->network = get(peers, network);
    }
    peer->refs++;
    return peer;
}

static void release(rt_peers *peers, rt_peer *peer)
{
    rt_peer **at;
    if (--peer->refs)
        return;
    at = bucket(peers, peer->name);
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    if (peer->network)
        release(peers, peer->network);
    free(peer);
}

void rt_peer_add(rt_peer *peer, rt_peer_kind kind, size_t n)
{
    for (; peer; peer = peer->network)
        peer->held[kind] += n;
}

void rt_peer_take(rt_peer *peer, rt_peer_kind kind, size_t n)
{
    for (; peer; peer = peer->network)
        peer->held[kind] -= n;
}

int rt_peer_below(const rt_peer *peer, rt_peer_kind kind, size_t max)
{
    size_t wide = kind == RT_PEER_CONNS ? max : max * CHAT_WIDE;
    return peer->held[kind] < max && (!peer->network || peer->network->held[kind] < wide);
}

rt_client *rt_client_create(rt_peers *peers, const char *address, unsigned vhost, int tls)
{
    char name[CHAT_ADDRESS_SIZE];
    rt_client *client = rt_alloc(sizeof(*client));
    size_t len = strlen(address);
    if (len >= sizeof(client->address))
        len = sizeof(client->address) - 1;
    memcpy(client->address, address, len);
    client->refs = 1;
    client->report = -1;
    client->vhost = vhost;
    client->tls = tls;
    client->peers = peers;
    chat_address_counted(name, client->address);
    client->peer = get(peers, name);
    return client;
}

rt_client *rt_client_ref(rt_client *client)
{
    client->refs++;
    return client;
}

void rt_client_report(rt_client *client, unsigned status)
{
    uint16_t number = (uint16_t)status;
    if (client->report < 0)
        return;
    /* two bytes into an empty pipe; its reader may be gone */
    if (status && write(client->report, &number, sizeof(number)) < 0)
        status = 0;
    close(client->report);
    client->report = -1;
}

void rt_client_unref(rt_client *client)
{
    if (!client || --client->refs)
        return;
    release(client->peers, client->peer);
    rt_client_report(client, 0);
    free(client->origin);
    free(client);
}

int rt_client_hold(rt_client *client, size_t *held, size_t bytes)
{
    rt_peer *peer = client->peer;
    size_t before = *held;
    if (bytes == before)
        return 1;
    rt_peer_add(peer, RT_PEER_BYTES, bytes);
    rt_peer_take(peer, RT_PEER_BYTES, before);
    *held = bytes;
    return bytes < before ||
           rt_peer_below(peer, RT_PEER_BYTES, client->peers->bytes_max + 1) ||
           strcmp(peer->name, RT_ADDRESS_UNIX) == 0;
}
