/*
 * rt_fan PORT: the realtime layers as a fan-out server, for comparison with one that
 * sends bare frames. Socket.IO at /socket.io/ on 127.0.0.1; POST /publish (a text) emits
 * "msg" to every socket and answers 202.
 */
#include "chatd/rt/conn.h"
#include "chatd/rt/listener.h"
#include "chatd/rt/sio.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

typedef struct {
    rt_loop *loop;
    rt_server *server;
    rt_sio *sio;
    rt_space *space;
    rt_socket **all;
    unsigned count;
    rt_endpoint publish;
    rt_signal signals;
} fan;

static void on_connect(void *app, rt_socket *socket, json_t *auth)
{
    fan *f = app;
    (void)auth;
    rt_socket_accept(socket, NULL);
    rt_socket_trust(socket);
    f->all = realloc(f->all, (f->count + 1) * sizeof(*f->all));
    f->all[f->count++] = socket;
}

static void on_event(void *app, rt_socket *socket, const rt_event *event)
{
    (void)app;
    (void)socket;
    (void)event;
}

static void on_closed(void *app, rt_socket *socket, rt_reason reason)
{
    fan *f = app;
    unsigned i = 0;
    (void)reason;
    while (i < f->count && f->all[i] != socket)
        i++;
    if (i < f->count)
        f->all[i] = f->all[--f->count];
}

static const rt_space_ops ops = {on_connect, on_event, on_closed};

static long publish_head(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *r)
{
    (void)endpoint;
    (void)conn;
    (void)r;
    return 4096;
}

static void publish(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *r)
{
    fan *f = rt_container(endpoint, fan, publish);
    json_t *args =
        json_pack("[s#]", r->body_len ? (const char *)r->body : "", (int)r->body_len);
    rt_message *message = rt_space_event(f->space, "msg", args, (rt_blobs){NULL, 0});
    for (unsigned i = 0; i < f->count; i++)
        rt_socket_send(f->all[i], message);
    rt_message_unref(message);
    json_decref(args);
    rt_conn_respond(conn, &(rt_answer){.status = 202});
}

static rt_endpoint *route(void *app, rt_conn *conn, const rt_http_request *r)
{
    fan *f = app;
    (void)conn;
    return rt_span_is(r->path, "/publish") ? &f->publish : rt_sio_endpoint(f->sio);
}

static void stop(rt_signal *signals, int number)
{
    (void)number;
    rt_loop_stop(rt_container(signals, fan, signals)->loop);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 4096) ? -1 : fd;
}

int main(int argc, char **argv)
{
    fan f = {.publish = {publish_head, publish}};
    rt_server_config server = {.requests_per_peer = 20000, .app = &f, .route = route};
    rt_sio_config sio = {.app = &f};
    const int numbers[] = {SIGTERM, SIGINT};
    struct rlimit files;
    int fd = argc == 2 ? listen_on((unsigned)strtoul(argv[1], NULL, 10)) : -1;
    if (fd < 0)
        return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    f.loop = rt_loop_create();
    f.signals.caught = stop;
    rt_signal_start(f.loop, &f.signals, numbers, 2);
    f.server = rt_server_create(f.loop, &server);
    f.sio = rt_sio_create(f.server, &sio);
    f.space = rt_space_create(f.sio, "/", &ops);
    rt_listener_create(f.server, fd, 0);
    return rt_loop_run(f.loop) ? 1 : 0;
}
