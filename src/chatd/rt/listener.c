/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts, adopts and closes connections. */
#include "chatd/rt/listener.h"

#include "chatd/rt/conn.h"
#include "chatd/rt/server_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Connections accepted in one round, so that a flood of them leaves time for others. */
#define ACCEPT_BATCH 64
/* Pause of a listener when the process has no descriptor left. */
#define ACCEPT_PAUSE_MS 100

struct rt_listener {
    rt_watch watch;
    rt_timer timer;
    rt_defer release;
    rt_server *server;
    unsigned vhost;
    int short_of; /* descriptors or memory: logged */
};

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

static int has_room(const rt_server *s, const rt_client *client)
{
    const rt_peer *peer = client->peer;
    const rt_server_config *config = &s->config;
    if (s->stopping)
        return 0;
    return (rt_peer_below(peer, RT_PEER_REQUESTS, config->requests_per_peer) &&
            (!config->conns_per_peer ||
             rt_peer_below(peer, RT_PEER_CONNS, config->conns_per_peer))) ||
           strcmp(client->address, RT_ADDRESS_UNIX) == 0;
}

int rt_server_adopt(rt_server *s, const rt_arrival *arrival)
{
    rt_conn *conn = has_room(s, arrival->client) ? rt_conn_create(s, arrival) : NULL;
    if (!conn) {
        rt_client_unref(arrival->client);
        rt_tls_destroy(arrival->tls);
        return -1;
    }
    rt_conn_feed(conn, arrival->bytes, arrival->len);
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
    rt_arrival arrival = {0};
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
    arrival.fd = fd;
    arrival.client = rt_client_create(l->server->peers, address, l->vhost, 0);
    if (rt_server_adopt(l->server, &arrival))
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
