/* SPDX-License-Identifier: Apache-2.0
 * rt-echo: the Engine.IO and Socket.IO layers with an echo application, for protocol
 * tests and the public conformance suites.
 *
 *     rt-echo [--port 3000] [--eio3] [--ping INTERVAL TIMEOUT] [--wait TIME]
 *
 * INTERVAL, TIMEOUT and TIME, which a client has for a request and until it joins a
 * namespace, are milliseconds, by default what the public suites expect. Port 0 is any
 * that is free. Listens on 127.0.0.1 and ::1. /engine.io/ sends every message back;
 * /socket.io/ has the namespaces / and /custom, which emit "auth" with the handshake's
 * auth object on connect, answer "message" with "message-back" and acknowledge
 * "message-with-ack".
 */
#include "chatd/rt/conn.h"
#include "chatd/rt/listener.h"
#include "chatd/rt/sio.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the public suites expect of the server under test. */
#define PING_INTERVAL_MS 300
#define PING_TIMEOUT_MS 200
#define WAIT_MS 1000
#define MAX_PAYLOAD 1000000

typedef struct {
    rt_loop *loop;
    rt_server *server;
    rt_eio *eio;
    rt_sio *sio;
    rt_listener *listeners[2];
    rt_signal signals;
} echo;

static void eio_open(void *app, rt_session *session)
{
    (void)app;
    rt_session_trust(session);
}

static void eio_message(void *app, rt_session *session, int binary, uint8_t *bytes,
                        size_t len)
{
    rt_packet *packet;
    (void)app;
    if (binary)
        packet = rt_packet_binary(bytes, len);
    else {
        rt_text text = {0};
        rt_text_gap(&text, RT_WS_HEAD_MAX);
        rt_text_putc(&text, '0' + RT_PACKET_MESSAGE);
        rt_text_add(&text, bytes, len);
        packet = rt_packet_take(&text);
    }
    rt_session_send(session, packet);
    rt_packet_unref(packet);
}

static void eio_closed(void *app, rt_session *session, const rt_session_end *end)
{
    (void)app;
    (void)session;
    (void)end;
}

static const rt_eio_ops eio_ops = {eio_open, eio_message, eio_closed};

static void sio_connect(void *app, rt_socket *socket, json_t *auth)
{
    json_t *args = json_pack("[O]", auth);
    (void)app;
    rt_socket_accept(socket, NULL);
    rt_socket_trust(socket);
    rt_socket_emit(socket, "auth", args);
    json_decref(args);
}

static void sio_event(void *app, rt_socket *socket, const rt_event *event)
{
    (void)app;
    if (strcmp(event->name, "message") == 0) {
        rt_message *back = rt_space_event(rt_socket_space(socket), "message-back",
                                          event->args, event->blobs);
        rt_socket_send(socket, back);
        rt_message_unref(back);
    }
    else if (strcmp(event->name, "message-with-ack") == 0 && event->has_ack)
        rt_socket_acknowledge(socket, event->ack, event->args, event->blobs);
}

static void sio_closed(void *app, rt_socket *socket, rt_reason reason)
{
    (void)app;
    (void)socket;
    (void)reason;
}

static const rt_space_ops space_ops = {sio_connect, sio_event, sio_closed};

static rt_endpoint *route(void *app, rt_conn *conn, const rt_http_request *request)
{
    echo *e = app;
    (void)conn;
    if (rt_span_is(request->path, "/engine.io/"))
        return rt_eio_endpoint(e->eio);
    return rt_span_is(request->path, "/socket.io/") ? rt_sio_endpoint(e->sio) : NULL;
}

static void stop(rt_signal *signals, int number)
{
    echo *e = rt_container(signals, echo, signals);
    (void)number;
    rt_loop_stop(e->loop);
}

static int listen_on(const struct sockaddr *address, socklen_t len)
{
    int one = 1,
        fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, address, len) || listen(fd, 4096)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* IPv6 may be missing on a machine, and a port that was chosen free for IPv4 may be taken
 * there; IPv4 may not. *PORT becomes the one that was chosen. */
static int open_listeners(echo *e, unsigned *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    socklen_t len = sizeof(v4);
    int any = *port == 0, fd;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = listen_on((struct sockaddr *)&v4, sizeof(v4));
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&v4, &len) ||
        !(e->listeners[0] = rt_listener_create(e->server, fd, 0)))
        return -1;
    *port = ntohs(v4.sin_port);
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_port = v4.sin_port;
    fd = listen_on((struct sockaddr *)&v6, sizeof(v6));
    if (fd < 0)
        return errno == EADDRINUSE && !any ? -1 : 0;
    e->listeners[1] = rt_listener_create(e->server, fd, 0);
    return e->listeners[1] ? 0 : -1;
}

static int create_layers(echo *e, const rt_eio_config *config, unsigned wait)
{
    const int numbers[] = {SIGTERM, SIGINT};
    rt_server_config server = {
        .head_timeout = wait,
        .body_timeout = wait,
        .requests_per_peer = 20000,
        .app = e,
        .route = route,
    };
    rt_sio_config sio = {.connect_timeout = wait, .app = e};
    sio.eio = *config;
    e->loop = rt_loop_create();
    if (!e->loop || rt_signal_start(e->loop, &e->signals, numbers, 2))
        return -1;
    e->signals.caught = stop;
    e->server = rt_server_create(e->loop, &server);
    if (!e->server)
        return -1;
    e->sio = rt_sio_create(e->server, &sio);
    rt_space_create(e->sio, "/", &space_ops);
    rt_space_create(e->sio, "/custom", &space_ops);
    sio.eio.ops = &eio_ops;
    sio.eio.app = e;
    e->eio = rt_eio_create(e->server, &sio.eio);
    return 0;
}

static void destroy_layers(echo *e)
{
    rt_listener_destroy(e->listeners[0]);
    rt_listener_destroy(e->listeners[1]);
    rt_sio_shutdown(e->sio);
    rt_eio_shutdown(e->eio);
    rt_loop_step(e->loop, 0);
    rt_server_shutdown(e->server);
    rt_loop_step(e->loop, 0);
    rt_sio_destroy(e->sio);
    rt_eio_destroy(e->eio);
    rt_server_destroy(e->server);
    rt_signal_stop(e->loop, &e->signals);
    rt_loop_destroy(e->loop);
}

/* A port, or milliseconds. */
static int parse_number(const char *text, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return !*text || *end || value > 65535 ? -1 : 0;
}

static int usage(void)
{
    fputs(
        "usage: rt-echo [--port 3000] [--eio3] [--ping INTERVAL TIMEOUT] [--wait TIME]\n",
        stderr);
    return 2;
}

int main(int argc, char **argv)
{
    echo e = {0};
    struct rlimit files;
    unsigned port = 3000, wait = WAIT_MS, *number;
    rt_eio_config config = {.ping_interval = PING_INTERVAL_MS,
                            .ping_timeout = PING_TIMEOUT_MS,
                            .max_payload = MAX_PAYLOAD};
    int i;
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--eio3") == 0)
            config.revision_3 = 1;
        else if (strcmp(argv[i], "--ping") == 0 && i + 2 < argc) {
            if (parse_number(argv[i + 1], &config.ping_interval) ||
                parse_number(argv[i + 2], &config.ping_timeout))
                return usage();
            i += 2;
        }
        else {
            number = !strcmp(argv[i], "--port")   ? &port
                     : !strcmp(argv[i], "--wait") ? &wait
                                                  : NULL;
            if (!number || ++i == argc || parse_number(argv[i], number))
                return usage();
        }
    }
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (create_layers(&e, &config, wait) || open_listeners(&e, &port)) {
        fprintf(stderr, "rt-echo: cannot listen on port %u: %s\n", port, strerror(errno));
        return 1;
    }
    printf("ready http://127.0.0.1:%u/\n", port);
    fflush(stdout);
    i = rt_loop_run(e.loop);
    destroy_layers(&e);
    return i ? 1 : 0;
}
