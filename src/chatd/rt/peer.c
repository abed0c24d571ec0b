/* SPDX-License-Identifier: Apache-2.0 */
/* Client addresses and what each of them holds. */
#include "chatd/rt/peer.h"

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

static rt_peer *get(rt_peers *peers, const char *address)
{
    char name[CHAT_ADDRESS_SIZE];
    rt_peer **head, *peer;
    chat_address_counted(name, address);
    head = bucket(peers, name);
    for (peer = *head; peer && strcmp(peer->name, name) != 0; peer = peer->next)
        continue;
    if (!peer) {
        peer = rt_alloc(sizeof(*peer));
        memcpy(peer->name, name, sizeof(name));
        peer->next = *head;
        *head = peer;
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
    client->report = -1;
    client->vhost = vhost;
    client->tls = tls;
    client->peers = peers;
    client->peer = get(peers, client->address);
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
    /* two bytes of an empty pipe; nobody may be reading any more */
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
    peer->bytes += bytes - before;
    *held = bytes;
    return bytes < before || peer->bytes <= client->peers->bytes_max ||
           strcmp(peer->name, RT_ADDRESS_UNIX) == 0;
}
