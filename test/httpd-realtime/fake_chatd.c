/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for chatd in tests of the httpd layer: takes what comes through the intake
 * and speaks Socket.IO with it. In the namespace / every client gets "hello" (its site,
 * whether it speaks TLS, its address), "message" comes back as "message-back", "shout"
 * goes to all as "shouted", "polls" comes back with the number of polls of sessions until
 * now, and each hint goes to all as "hint" (site, room). A client is a listener of
 * chatroom 1 while it connects.
 *
 * "die" ends the process without a farewell.
 */
#include "chatd/rt/conn.h"
#include "chatd/rt/listener.h"
#include "chatd/rt/sio.h"
#include "store/writer_shared.h"
#include "wire/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct link_t link_t;

typedef struct daemon_t {
    rt_loop *loop;
    rt_server *server;
    rt_sio *sio;
    rt_space *space;
    rt_socket **all;
    unsigned count, polls;
    rt_listener *listener;
    rt_watch intake, lifeline;
    rt_signal signals;
    unsigned interval, timeout;
    const char *conf;
    chat_shared_t *shared; /* of the last site's database */
} daemon_t;

/* A child's connection to the intake. */
struct link_t {
    rt_watch watch;
    rt_defer defer;
    daemon_t *daemon;
};

/* Room for what is read into. */
static union {
    chat_intake_t head;
    char bytes[sizeof(chat_intake_t) + CHAT_INTAKE_MAX];
} message;
static unsigned failures;

static void tell_all(daemon_t *d, const char *event, json_t *args)
{
    rt_message *m = rt_space_event(d->space, event, args, (rt_blobs){0});
    for (unsigned i = 0; i < d->count; i++)
        rt_socket_send(d->all[i], m);
    rt_message_unref(m);
    json_decref(args);
}

static void sio_connect(void *app, rt_socket *socket, json_t *auth)
{
    daemon_t *d = app;
    const rt_client *client = rt_session_client(rt_socket_session(socket));
    json_t *args = json_pack("[{s:i,s:b,s:s}]", "site", (int)client->vhost, "tls",
                             (int)client->tls, "address", client->address);
    (void)auth;
    if (d->shared)
        chat_shared_listen(d->shared, 1);
    rt_socket_accept(socket, NULL);
    rt_socket_trust(socket);
    d->all = rt_resize(d->all, (d->count + 1) * sizeof(*d->all));
    d->all[d->count++] = socket;
    rt_socket_emit(socket, "hello", args);
    json_decref(args);
}

static void sio_event(void *app, rt_socket *socket, const rt_event *event)
{
    daemon_t *d = app;
    if (!strcmp(event->name, "message"))
        rt_socket_emit(socket, "message-back", event->args);
    else if (!strcmp(event->name, "shout"))
        tell_all(d, "shouted", json_incref(event->args));
    else if (!strcmp(event->name, "polls")) {
        json_t *args = json_pack("[i]", (int)d->polls);
        rt_socket_emit(socket, "polls", args);
        json_decref(args);
    }
    else if (!strcmp(event->name, "die"))
        _exit(3);
}

static void sio_closed(void *app, rt_socket *socket, rt_reason reason)
{
    daemon_t *d = app;
    unsigned i = 0;
    (void)reason;
    while (i < d->count && d->all[i] != socket)
        i++;
    if (i < d->count)
        d->all[i] = d->all[--d->count];
}

static const rt_space_ops space_ops = {sio_connect, sio_event, sio_closed};

static rt_endpoint *route(void *app, rt_conn *conn, const rt_http_request *request)
{
    daemon_t *d = app;
    rt_span via = rt_http_find(request, "X-Chat-Client");
    char text[200], address[RT_ADDRESS_MAX];
    unsigned site;
    int tls;
    if (via.at && via.len < sizeof(text)) {
        char *end;
        memcpy(text, via.at, via.len);
        text[via.len] = 0;
        site = (unsigned)strtoul(text, &end, 10);
        tls = (int)strtoul(end, &end, 10);
        snprintf(address, sizeof(address), "%s", *end ? end + 1 : "");
        address[strcspn(address, " ")] = 0; /* query and proof */
        end = strchr(text, '?'); /* as chatd: mod_proxy before 2.4.60 loses it */
        if (end)
            rt_conn_set_query(
                conn, (rt_span){via.at + (end + 1 - text), strcspn(end + 1, " ")});
        rt_conn_set_client(
            conn, rt_client_create(rt_server_peers(d->server), address, site, tls));
    }
    d->polls += rt_span_is(request->method, "GET") && !rt_ws_wanted(request) &&
                rt_http_param(request, "sid").at;
    return rt_span_is(request->path, "/socket.io/") ? rt_sio_endpoint(d->sio) : NULL;
}

static void adopt(daemon_t *d, const chat_intake_t *head, int fd, int report)
{
    rt_arrival arrival = {.fd = fd, .bytes = head + 1, .len = head->len};
    rt_client *client = rt_client_create(rt_server_peers(d->server), head->address,
                                         head->site, head->tls);
    if (head->kind == CHAT_INTAKE_TLS)
        arrival.tls = rt_tls_receive((uint8_t *)(&message.head + 1), &arrival.len,
                                     rt_loop_bench(d->loop, 0), &failures);
    client->relayed = head->kind == CHAT_INTAKE_STREAM;
    client->report = report;
    client->tag = client->relayed ? head->child : 0;
    arrival.client = client;
    if (rt_server_adopt(d->server, &arrival))
        close(fd);
}

static void retire_one(void *data, rt_conn *conn)
{
    if (rt_conn_client(conn)->tag == *(unsigned *)data)
        rt_conn_drop(conn, RT_REASON_SHUTDOWN);
}

static void handle(daemon_t *d, const chat_intake_t *head, int fd, int report)
{
    unsigned child = head->child;
    switch (head->kind) {
    case CHAT_INTAKE_SOCKET:
    case CHAT_INTAKE_STREAM:
    case CHAT_INTAKE_TLS:
        adopt(d, head, fd, report);
        return;
    case CHAT_INTAKE_HINT:
        tell_all(d, "hint",
                 json_pack("[{s:i,s:I}]", "site", (int)head->site, "room",
                           (json_int_t)head->room));
        break;
    case CHAT_INTAKE_RETIRE:
        rt_server_each(d->server, retire_one, &child);
        break;
    case CHAT_INTAKE_LOG:
        dup2(fd, 2);
        break;
    }
    if (fd >= 0)
        close(fd);
}

static void link_free(rt_defer *defer)
{
    free(rt_container(defer, link_t, defer));
}

static void link_ready(rt_watch *watch, uint32_t events)
{
    link_t *link = rt_container(watch, link_t, watch);
    struct iovec part = {&message, sizeof(message)};
    char control[CMSG_SPACE(2 * sizeof(int))];
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    const chat_intake_t *head = &message.head;
    struct cmsghdr *c;
    int fds[2] = {-1, -1};
    ssize_t n;
    (void)events;
    m.msg_control = control;
    m.msg_controllen = sizeof(control);
    n = recvmsg(watch->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < (ssize_t)sizeof(*head)) {
        int closed = watch->fd;
        rt_watch_stop(link->daemon->loop, watch);
        close(closed);
        rt_defer_call(link->daemon->loop, &link->defer, link_free);
        return;
    }
    c = CMSG_FIRSTHDR(&m);
    if (c)
        memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
    if (head->magic != CHAT_INTAKE_MAGIC || head->len != n - sizeof(*head)) {
        fprintf(stderr, "fake chatd: a wrong message\n");
        return;
    }
    handle(link->daemon, head, fds[0], fds[1]);
}

static void intake_ready(rt_watch *watch, uint32_t events)
{
    daemon_t *d = rt_container(watch, daemon_t, intake);
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    chat_intake_offer_t offer = {.magic = CHAT_INTAKE_MAGIC};
    link_t *link;
    (void)events;
    if (fd < 0)
        return;
    link = calloc(1, sizeof(*link));
    link->daemon = d;
    link->watch.ready = link_ready;
    rt_watch_start(d->loop, &link->watch, fd, 1 /* EPOLLIN */);
    offer.suites = rt_loop_bench(d->loop, 0)->suites;
    send(fd, &offer, sizeof(offer), MSG_NOSIGNAL);
}

static void lifeline_ready(rt_watch *watch, uint32_t events)
{
    daemon_t *d = rt_container(watch, daemon_t, lifeline);
    (void)events;
    rt_loop_stop(d->loop);
}

static void caught(rt_signal *signals, int number)
{
    daemon_t *d = rt_container(signals, daemon_t, signals);
    if (number == SIGTERM)
        rt_loop_stop(d->loop);
    else if (number == SIGHUP)
        tell_all(d, "reread", json_array());
}

static void share(daemon_t *d, const char *database)
{
    apr_pool_t *pool;
    int fd;
    apr_pool_create(&pool, NULL);
    fd = open(apr_psprintf(pool, "%.*s.lock", (int)strcspn(database, "\n"), database),
              O_RDWR | O_CLOEXEC);
    if (fd < 0 || chat_shared_map(&d->shared, fd, pool) != APR_SUCCESS)
        d->shared = NULL;
}

/* Only what the last site has: the times, the database. */
static int read_conf(daemon_t *d)
{
    FILE *in = fopen(d->conf, "r");
    char line[4096];
    if (!in)
        return -1;
    while (fgets(line, sizeof(line), in)) {
        if (!strncmp(line, "ping-interval ", 14))
            d->interval = (unsigned)strtoul(line + 14, NULL, 10);
        if (!strncmp(line, "ping-timeout ", 13))
            d->timeout = (unsigned)strtoul(line + 13, NULL, 10);
        if (!strncmp(line, "params ", 7))
            share(d, line + 7);
    }
    fclose(in);
    return 0;
}

static int start(daemon_t *d, int intake, int listen_fd, int lifeline)
{
    const int numbers[] = {SIGTERM, SIGHUP, SIGUSR1};
    rt_server_config server = {.requests_per_peer = 50000, .app = d, .route = route};
    rt_sio_config sio = {.app = d};
    d->loop = rt_loop_create();
    if (!d->loop || rt_signal_start(d->loop, &d->signals, numbers, 3))
        return -1;
    d->signals.caught = caught;
    d->server = rt_server_create(d->loop, &server);
    sio.eio.ping_interval = d->interval;
    sio.eio.ping_timeout = d->timeout;
    sio.eio.revision_3 = 1;
    sio.eio.strangers_per_peer = 50000;
    d->sio = rt_sio_create(d->server, &sio);
    d->space = rt_space_create(d->sio, "/", &space_ops);
    d->listener = rt_listener_create(d->server, listen_fd, 0);
    d->intake.ready = intake_ready;
    d->lifeline.ready = lifeline_ready;
    if (rt_watch_start(d->loop, &d->intake, intake, 1))
        return -1;
    return lifeline < 0 ? 0 : rt_watch_start(d->loop, &d->lifeline, lifeline, 1);
}

int main(int argc, char **argv)
{
    daemon_t d = {.interval = 25000, .timeout = 20000};
    int fds[3] = {-1, -1, -1}, i;
    struct rlimit files;
    apr_initialize();
    /* httpd may have given up the request whose status it gets */
    signal(SIGPIPE, SIG_IGN);
    for (i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--config"))
            d.conf = argv[i + 1];
        else
            fds[argv[i][3] == 'n'   ? 0
                : argv[i][4] == 's' ? 1
                                    : 2] = (int)strtol(argv[i + 1], NULL, 10);
    }
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!d.conf || read_conf(&d) || start(&d, fds[0], fds[1], fds[2])) {
        fprintf(stderr, "fake chatd: cannot start: %s\n", strerror(errno));
        return 1;
    }
    return rt_loop_run(d.loop) ? 1 : 0;
}
