/* SPDX-License-Identifier: Apache-2.0 */
/* What all connections share. */
#include "chatd/rt/server.h"

#include "chatd/rt/conn.h"
#include "chatd/rt/server_private.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void fill(unsigned *value, unsigned standard)
{
    if (!*value)
        *value = standard;
}

rt_server *rt_server_create(rt_loop *loop, const rt_server_config *config)
{
    rt_server *s;
    if (sodium_init() < 0)
        return NULL;
    s = rt_alloc(sizeof(*s));
    s->loop = loop;
    s->config = *config;
    if (!s->config.bytes_per_peer)
        s->config.bytes_per_peer = (size_t)64 << 20;
    s->peers = rt_peers_create(s->config.bytes_per_peer);
    fill(&s->config.head_timeout, 10000);
    fill(&s->config.body_timeout, 30000);
    fill(&s->config.keepalive_timeout, 30000);
    fill(&s->config.head_max, 16384);
    fill(&s->config.body_max, 1000000);
    fill(&s->config.backlog_max, 1048576);
    fill(&s->config.requests_per_peer, 256);
    rt_list_init(&s->conns);
    return s;
}

/* Closing is deferred, so the list does not change under the visitor. */
void rt_server_each(rt_server *s, void (*visit)(void *data, rt_conn *conn), void *data)
{
    rt_list *at;
    for (at = s->conns.next; at != &s->conns; at = at->next)
        visit(data, rt_container(at, rt_conn, link));
}

void rt_server_destroy(rt_server *s)
{
    if (!s)
        return;
    rt_peers_destroy(s->peers);
    free(s);
}

rt_loop *rt_server_loop(const rt_server *s)
{
    return s->loop;
}

rt_peers *rt_server_peers(const rt_server *s)
{
    return s->peers;
}

const rt_server_config *rt_server_settings(const rt_server *s)
{
    return &s->config;
}

void rt_server_joined(rt_server *s, rt_conn *conn)
{
    rt_list_append(&s->conns, &conn->link);
}
