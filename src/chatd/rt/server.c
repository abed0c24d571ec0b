/* SPDX-License-Identifier: Apache-2.0 */
/* What all connections share, and the listening sockets. */
#include "chatd/rt/server.h"

#include "chatd/rt/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Connections accepted in one round, so that a flood of them leaves time for others. */
#define ACCEPT_BATCH 64
/* Pause of a listener when the process has no descriptor left. */
#define ACCEPT_PAUSE_MS 100

struct rt_server {
    rt_loop *loop;
    rt_peers *peers;
    rt_server_config config;
    rt_list conns;
    int stopping;
};

struct rt_listener {
    rt_watch watch;
    rt_timer timer;
    rt_defer release;
    rt_server *server;
    unsigned vhost;
    int short_of; /* descriptors or memory: logged */
};

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

static void shut(void *data, rt_conn *conn)
{
    (void)data;
    rt_conn_drop(conn, RT_REASON_SHUTDOWN);
}

void rt_server_shutdown(rt_server *s)
{
    s->stopping = 1;
    rt_server_each(s, shut, NULL);
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

static int has_room(const rt_server *s, const rt_client *client)
{
    const rt_peer *peer = client->peer;
    const rt_server_config *config = &s->config;
    if (s->stopping)
        return 0;
    return (peer->requests < config->requests_per_peer &&
            (!config->conns_per_peer || peer->conns < config->conns_per_peer)) ||
           strcmp(client->address, RT_ADDRESS_UNIX) == 0;
}

int rt_server_adopt(rt_server *s, int fd, rt_client *client, const void *bytes,
                    size_t len)
{
    rt_conn *conn;
    if (!has_room(s, client)) {
        rt_client_unref(client);
        return -1;
    }
    conn = rt_conn_create(s, fd, client);
    if (!conn)
        return -1;
    rt_conn_feed(conn, bytes, len);
    return 0;
}

static void address_text(const struct sockaddr_storage *from, char *text, size_t size)
{
    const void *bytes = NULL;
    if (from->ss_family == AF_INET)
        bytes = &((const struct sockaddr_in *)from)->sin_addr;
    else if (from->ss_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)from)->sin6_addr;
    if (!bytes || !inet_ntop(from->ss_family, bytes, text, (socklen_t)size))
        memcpy(text, RT_ADDRESS_UNIX, sizeof(RT_ADDRESS_UNIX));
}

/* Once until a connection is accepted again, not every ACCEPT_PAUSE_MS. */
static void log_shortage(rt_listener *l)
{
    const rt_server_config *config = &l->server->config;
    if (!l->short_of && config->log)
        config->log(config->app, RT_LOG_ERROR,
                    "no descriptor or memory left for a new connection");
    l->short_of = 1;
}

static int accept_one(rt_listener *l)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof(from);
    char address[RT_ADDRESS_MAX];
    int one = 1;
    int fd = accept4(l->watch.fd, (struct sockaddr *)&from, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            log_shortage(l);
            rt_watch_change(l->server->loop, &l->watch, EPOLLONESHOT);
            rt_timer_set(l->server->loop, &l->timer, ACCEPT_PAUSE_MS);
        }
        return errno == ECONNABORTED || errno == EINTR;
    }
    l->short_of = 0;
    address_text(&from, address, sizeof(address));
    if (from.ss_family == AF_INET || from.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (rt_server_adopt(l->server, fd,
                        rt_client_create(l->server->peers, address, l->vhost, 0), NULL,
                        0))
        close(fd);
    return 1;
}

static void listener_ready(rt_watch *watch, uint32_t events)
{
    rt_listener *l = rt_container(watch, rt_listener, watch);
    int i = 0;
    (void)events;
    while (i++ < ACCEPT_BATCH && accept_one(l))
        continue;
}

static void listener_again(rt_timer *timer)
{
    rt_listener *l = rt_container(timer, rt_listener, timer);
    rt_watch_change(l->server->loop, &l->watch, EPOLLIN);
}

rt_listener *rt_listener_create(rt_server *server, int fd, unsigned vhost)
{
    rt_listener *l = rt_alloc(sizeof(*l));
    l->server = server;
    l->vhost = vhost;
    l->watch.ready = listener_ready;
    l->timer.fire = listener_again;
    if (rt_watch_start(server->loop, &l->watch, fd, EPOLLIN)) {
        free(l);
        return NULL;
    }
    return l;
}

/* Freed at the end of the round, when no event of it can name the listener any more. */
static void listener_release(rt_defer *defer)
{
    free(rt_container(defer, rt_listener, release));
}

void rt_listener_destroy(rt_listener *l)
{
    if (!l)
        return;
    rt_timer_clear(&l->timer);
    rt_watch_stop(l->server->loop, &l->watch);
    close(l->watch.fd);
    rt_defer_call(l->server->loop, &l->release, listener_release);
}
