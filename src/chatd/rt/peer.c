/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/rt/peer.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Chains stay short up to some ten thousand different addresses. */
#define BUCKETS 4096

struct rt_peers {
    unsigned char secret[crypto_shorthash_KEYBYTES];
    rt_peer *buckets[BUCKETS];
};

rt_peers *rt_peers_create(void)
{
    rt_peers *peers = rt_alloc(sizeof(*peers));
    randombytes_buf(peers->secret, sizeof(peers->secret));
    return peers;
}

void rt_peers_destroy(rt_peers *peers)
{
    free(peers);
}

static uint64_t address_key(const char *address)
{
    unsigned char bytes[16];
    uint64_t key = 0;
    if (inet_pton(AF_INET, address, bytes) == 1)
        memcpy(&key, bytes, 4);
    else if (inet_pton(AF_INET6, address, bytes) == 1)
        memcpy(&key, bytes, 8);
    else
        key = UINT64_MAX;
    return key;
}

static rt_peer **bucket(rt_peers *peers, uint64_t key)
{
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)&key, sizeof(key), peers->secret);
    return &peers->buckets[(hash[0] | hash[1] << 8) % BUCKETS];
}

rt_peer *rt_peers_get(rt_peers *peers, const char *address)
{
    uint64_t key = address_key(address);
    rt_peer **head = bucket(peers, key), *peer;
    for (peer = *head; peer; peer = peer->next) {
        if (peer->key == key) {
            peer->refs++;
            return peer;
        }
    }
    peer = rt_alloc(sizeof(*peer));
    peer->key = key;
    peer->refs = 1;
    peer->next = *head;
    *head = peer;
    return peer;
}

void rt_peers_release(rt_peers *peers, rt_peer *peer)
{
    rt_peer **at;
    if (--peer->refs)
        return;
    at = bucket(peers, peer->key);
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    free(peer);
}

rt_client *rt_client_create(rt_peers *peers, const char *address, unsigned vhost, int tls)
{
    rt_client *client = rt_alloc(sizeof(*client));
    size_t len = strlen(address);
    if (len >= sizeof(client->address))
        len = sizeof(client->address) - 1;
    memcpy(client->address, address, len);
    client->refs = 1;
    client->vhost = vhost;
    client->tls = tls;
    client->peers = peers;
    client->peer = rt_peers_get(peers, client->address);
    return client;
}

rt_client *rt_client_ref(rt_client *client)
{
    client->refs++;
    return client;
}

void rt_client_unref(rt_client *client)
{
    if (!client || --client->refs)
        return;
    rt_peers_release(client->peers, client->peer);
    free(client->origin);
    free(client);
}
