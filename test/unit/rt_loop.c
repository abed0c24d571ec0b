/* SPDX-License-Identifier: Apache-2.0 */
/* Loop, stream and Socket.IO over socketpairs: timers, adoption with bytes already read,
 * backlog, recovery ids, messages, limits per address, kicking. */
#include "chatd/rt/conn.h"
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

typedef struct {
    rt_timer timer;
    unsigned fired;
} alarm_clock;

static void ring(rt_timer *timer)
{
    rt_container(timer, alarm_clock, timer)->fired++;
}

static void timers(void **state)
{
    rt_loop *loop = rt_loop_create();
    alarm_clock soon = {.timer.fire = ring}, late = soon, cleared = soon;
    uint64_t start = rt_loop_now(loop);
    (void)state;
    rt_timer_set(loop, &soon.timer, 10);
    rt_timer_set(loop, &cleared.timer, 10);
    rt_timer_set(loop, &late.timer, 1100);
    rt_timer_clear(&cleared.timer);
    while (!late.fired)
        assert_int_equal(rt_loop_step(loop, -1), 0);
    assert_int_equal(soon.fired, 1);
    assert_int_equal(cleared.fired, 0);
    assert_true(rt_loop_now(loop) >= start + 1100);
    rt_loop_destroy(loop);
}

/* A server with one namespace, and what its callbacks saw. */
typedef struct {
    rt_loop *loop;
    rt_server *server;
    rt_sio *sio;
    rt_space *space;
    rt_socket *socket;
    rt_socket_ids ids;
    unsigned connects;
    unsigned events;
    unsigned closes;
    rt_reason reason;
    unsigned ends;
} site;

static void on_connect(void *app, rt_socket *socket, json_t *auth)
{
    site *s = app;
    (void)auth;
    s->connects++;
    s->socket = socket;
    rt_socket_accept(socket, &s->ids);
}

static void on_event(void *app, rt_socket *socket, const rt_event *event)
{
    (void)socket;
    (void)event;
    ((site *)app)->events++;
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
    rt_server_config config = {
        .backlog_max = 4096, .app = s, .route = route, .origin_allowed = only_good};
    rt_sio_config sio = {.app = s, .ended = on_ended, .auth_timeout = auth_timeout};
    sio.eio.strangers_per_peer = strangers;
    memset(s, 0, sizeof(*s));
    s->loop = rt_loop_create();
    s->server = rt_server_create(s->loop, &config);
    s->sio = rt_sio_create(s->server, &sio);
    s->space = rt_space_create(s->sio, "/", &ops);
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
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(
        rt_server_adopt(s->server, fds[0],
                        rt_client_create(rt_server_peers(s->server), address, 7, 1),
                        bytes, len),
        0);
    return fds[1];
}

static void run(site *s, unsigned rounds)
{
    while (rounds--)
        rt_loop_step(s->loop, 2);
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

static void adoption_and_ids(void **state)
{
    site s;
    char buffer[2048];
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    s.ids = (rt_socket_ids){"sid-of-before", "pid-of-before"};
    fd = join(&s);
    hear(fd, buffer, sizeof(buffer));
    assert_non_null(strstr(buffer, "HTTP/1.1 101 "));
    assert_non_null(
        strstr(buffer, "40{\"sid\":\"sid-of-before\",\"pid\":\"pid-of-before\"}"));
    assert_non_null(s.socket);
    assert_string_equal(rt_session_client(rt_socket_session(s.socket))->address,
                        "192.0.2.1");
    assert_int_equal(rt_session_client(rt_socket_session(s.socket))->vhost, 7);
    assert_true(rt_session_client(rt_socket_session(s.socket))->tls);
    close(fd);
    run(&s, 3);
    assert_int_equal(s.closes, 1);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.reason, RT_REASON_PEER);
    close_site(&s);
}

/* One message, encoded once, for those that it is sent to; a closed socket gets nothing.
 */
static void messages(void **state)
{
    site s;
    char buffer[2048];
    rt_socket *sockets[3];
    rt_message *message;
    int fds[3];
    (void)state;
    open_site(&s, 0, 0);
    for (int i = 0; i < 3; i++) {
        fds[i] = join(&s);
        sockets[i] = s.socket;
        hear(fds[i], buffer, sizeof(buffer));
    }
    message = rt_space_event_raw(s.space, "[\"news\",1]");
    rt_socket_send(sockets[0], message);
    rt_socket_send(sockets[2], message);
    run(&s, 1);
    assert_non_null(strstr(hear(fds[0], buffer, sizeof(buffer)), "42[\"news\",1]"));
    assert_null(strstr(hear(fds[1], buffer, sizeof(buffer)), "news"));
    assert_non_null(strstr(hear(fds[2], buffer, sizeof(buffer)), "42[\"news\",1]"));
    rt_socket_close(sockets[0], RT_REASON_KICKED, 1);
    rt_socket_send(sockets[0], message);
    rt_message_unref(message);
    run(&s, 2);
    assert_int_equal(s.reason, RT_REASON_KICKED);
    assert_non_null(strstr(hear(fds[0], buffer, sizeof(buffer)), "41"));
    assert_null(strstr(buffer, "news"));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    run(&s, 3);
    close_site(&s);
}

static void slow_reader(void **state)
{
    site s;
    static char big[3000];
    rt_message *message;
    json_t *args;
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = join(&s);
    memset(big, 'x', sizeof(big) - 1);
    args = json_pack("[s]", big);
    message = rt_space_event(s.space, "big", args, (rt_blobs){NULL, 0});
    for (int i = 0; i < 1000 && !s.closes; i++) {
        rt_socket_send(s.socket, message);
        run(&s, 1);
    }
    assert_int_equal(s.reason, RT_REASON_SLOW);
    rt_message_unref(message);
    json_decref(args);
    close(fd);
    close_site(&s);
}

static void strangers(void **state)
{
    site s;
    char buffer[2048];
    int first, second, third;
    (void)state;
    open_site(&s, 1, 0);
    first = join(&s);
    second = adopt(&s, "192.0.2.1", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    run(&s, 3);
    assert_non_null(strstr(hear(second, buffer, sizeof(buffer)), "Too many connections"));
    rt_socket_trust(s.socket);
    third = join(&s);
    assert_int_equal(s.connects, 2);
    close(first);
    close(second);
    close(third);
    run(&s, 3);
    close_site(&s);
}

static void authentication_timeout(void **state)
{
    site s;
    int fd;
    (void)state;
    open_site(&s, 0, 60);
    fd = join(&s);
    while (!s.closes)
        run(&s, 1);
    assert_int_equal(s.reason, RT_REASON_AUTH_TIMEOUT);
    close(fd);
    close_site(&s);
}

static void origins(void **state)
{
    site s;
    char buffer[2048];
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = adopt(&s, "192.0.2.1", UPGRADE "Origin: http://bad\r\n\r\n",
               sizeof(UPGRADE) + 21);
    run(&s, 3);
    assert_non_null(strstr(hear(fd, buffer, sizeof(buffer)), "HTTP/1.1 403 "));
    close(fd);
    fd = adopt(&s, "192.0.2.1", UPGRADE "Origin: http://good\r\n\r\n",
               sizeof(UPGRADE) + 22);
    run(&s, 3);
    assert_non_null(strstr(hear(fd, buffer, sizeof(buffer)), "HTTP/1.1 101 "));
    close(fd);
    run(&s, 3);
    close_site(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers),    cmocka_unit_test(adoption_and_ids),
        cmocka_unit_test(messages),  cmocka_unit_test(slow_reader),
        cmocka_unit_test(strangers), cmocka_unit_test(authentication_timeout),
        cmocka_unit_test(origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
