/* SPDX-License-Identifier: Apache-2.0
 * rt_site.h - a server with one namespace, and clients over socketpairs.
 */
#ifndef TEST_RT_SITE_H
#define TEST_RT_SITE_H

#include "chatd/rt/conn.h"
#include "chatd/rt/listener.h"
#include "chatd/rt/sio.h"

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server with one namespace, and what its callbacks saw. */
typedef struct {
    rt_loop *loop;
    rt_server *server;
    rt_sio *sio;
    rt_space *space;
    rt_socket *socket;
    rt_socket_ids ids;
    unsigned connects;
    size_t parameters; /* of the last one */
    unsigned events;
    unsigned before; /* events before the first one named "other" */
    unsigned closes;
    rt_reason reason;
    unsigned ends;
} site;

static void on_connect(void *app, rt_socket *socket, json_t *auth)
{
    site *s = app;
    s->connects++;
    s->parameters = json_object_size(auth);
    s->socket = socket;
    rt_socket_accept(socket, &s->ids);
}

static void on_event(void *app, rt_socket *socket, const rt_event *event)
{
    site *s = app;
    (void)socket;
    if (!strcmp(event->name, "other"))
        s->before = s->events;
    s->events++;
}

static void on_closed(void *app, rt_socket *socket, rt_reason reason)
{
    site *s = app;
    s->closes++;
    s->reason = reason;
    if (s->socket == socket)
        s->socket = NULL;
}

static void on_ended(void *app, const rt_client *client, const rt_session_end *end)
{
    (void)client;
    (void)end;
    ((site *)app)->ends++;
}

static const rt_space_ops ops = {on_connect, on_event, on_closed};

static rt_endpoint *route(void *app, rt_conn *conn, const rt_http_request *request)
{
    (void)conn;
    (void)request;
    return rt_sio_endpoint(((site *)app)->sio);
}

static int only_good(void *app, const rt_client *client, const rt_http_request *request,
                     const char *origin)
{
    (void)request;
    (void)app;
    assert_int_equal(client->vhost, 7);
    return strcmp(origin, "http://good") == 0;
}

static void open_site(site *s, unsigned strangers, unsigned auth_timeout)
{
    rt_server_config config = {.backlog_max = 4096,
                               .bytes_per_peer = 80000,
                               .app = s,
                               .route = route,
                               .origin_allowed = only_good};
    rt_sio_config sio = {.app = s, .ended = on_ended, .auth_timeout = auth_timeout};
    sio.eio.strangers_per_peer = strangers;
    memset(s, 0, sizeof(*s));
    s->loop = rt_loop_create();
    s->server = rt_server_create(s->loop, &config);
    s->sio = rt_sio_create(s->server, &sio);
    s->space = rt_space_create(s->sio, "/", &ops);
}

static void run(site *s, unsigned rounds)
{
    while (rounds--)
        rt_loop_step(s->loop, 2);
}

static void count_conn(void *data, rt_conn *conn)
{
    (void)conn;
    ++*(unsigned *)data;
}

static unsigned conns(rt_server *server)
{
    unsigned n = 0;
    rt_server_each(server, count_conn, &n);
    return n;
}

static void close_site(site *s)
{
    run(s, 3);
    rt_sio_shutdown(s->sio);
    rt_loop_step(s->loop, 0);
    rt_server_shutdown(s->server);
    rt_loop_step(s->loop, 0);
    assert_int_equal(s->closes, s->connects);
    assert_int_equal(conns(s->server), 0);
    rt_sio_destroy(s->sio);
    rt_server_destroy(s->server);
    rt_loop_destroy(s->loop);
}

#define UPGRADE                                                                  \
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"          \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Adopts one end of a socketpair with BYTES already read; returns the other. */
static int adopt(site *s, const char *address, const char *bytes, size_t len)
{
    int fds[2];
    rt_arrival arrival = {.bytes = bytes, .len = len};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    arrival.fd = fds[0];
    arrival.client = rt_client_create(rt_server_peers(s->server), address, 7, 1);
    assert_int_equal(rt_server_adopt(s->server, &arrival), 0);
    return fds[1];
}

static void say(int fd, const char *text)
{
    uint8_t frame[256] = {0x81, (uint8_t)(0x80 | strlen(text))};
    memcpy(frame + 6, text, strlen(text));
    assert_int_equal(write(fd, frame, 6 + strlen(text)), 6 + strlen(text));
}

/* Everything that has arrived, terminated; heads of frames among it. */
static const char *hear(int fd, char *buffer, size_t size)
{
    ssize_t n = recv(fd, buffer, size - 1, MSG_DONTWAIT);
    if (n < 0)
        n = 0;
    for (size_t i = 0; i < (size_t)n; i++) {
        if (!buffer[i])
            buffer[i] = ' ';
    }
    buffer[n] = '\0';
    return buffer;
}

static int join(site *s)
{
    int fd = adopt(s, "192.0.2.1", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    run(s, 8);
    say(fd, "40");
    run(s, 4);
    return fd;
}

#endif
