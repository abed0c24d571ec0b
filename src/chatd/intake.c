/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and hints from httpd's children: see base/intake.h. */
#include "wire/intake.h"

#include "chatd/chatd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Messages accepted from one child before the others get their turn. */
#define ROUND_MAX 64
/* Connections of a child that ends are closed over this time. */
#define RETIRE_MS 5000
/* Until a child is accepted again when no descriptor was left. */
#define ACCEPT_PAUSE_MS 100
/* Clients with TLS of which none could be understood, one after the other: no more are
 * taken for this time. */
#define TLS_FAILURES_MAX 8
#define TLS_PAUSE_MS 600000

/* One httpd child. */
typedef struct child_t {
    rt_watch watch;
    rt_list link;
    rt_defer release;
    struct chatd_intake_t *intake;
} child_t;

struct chatd_intake_t {
    chatd_t *daemon;
    rt_watch watch;
    rt_timer again;
    rt_timer tls_again;
    rt_list children;
    uint8_t *buffer;
};

typedef struct retire_t {
    unsigned child;
    unsigned random;
} retire_t;

static void retire_one(void *data, rt_conn *conn)
{
    retire_t *r = data;
    if (rt_conn_client(conn)->tag != r->child)
        return;
    r->random = r->random * 1103515245u + 12345u;
    rt_conn_expire(conn, 1 + (r->random >> 8) % RETIRE_MS);
}

/* A client with TLS gets no answer. */
static void refuse(int fd, int tls)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                               "Connection: close\r\nContent-Length: 0\r\n\r\n";
    if (!tls)
        send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

static void close_all(const int *fds, int n)
{
    for (int i = 0; i < n; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

static void offer(const child_t *child)
{
    const struct chatd_intake_t *in = child->intake;
    chat_intake_offer_t offer = {.magic = CHAT_INTAKE_MAGIC};
    if (!rt_list_linked(&in->tls_again.link))
        offer.suites = rt_loop_bench(in->daemon->loop, 0)->suites;
    send(child->watch.fd, &offer, sizeof(offer), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void offer_all(const struct chatd_intake_t *in)
{
    const rt_list *at;
    for (at = in->children.next; at != &in->children; at = at->next)
        offer(rt_container(at, child_t, link));
}

static void tls_again(rt_timer *timer)
{
    offer_all(rt_container(timer, struct chatd_intake_t, tls_again));
}

/* Keys or numbers that httpd hands over may be wrong with an OpenSSL that this was not
 * written for. */
static void check_failures(struct chatd_intake_t *in)
{
    chatd_t *d = in->daemon;
    if (d->tls_failures < TLS_FAILURES_MAX)
        return;
    d->tls_failures = 0;
    chat_log(&d->log, CHAT_LOG_ERROR, 920, APR_SUCCESS,
             "%d clients with TLS could not be understood after their handover; for %d "
             "minutes httpd keeps such clients",
             TLS_FAILURES_MAX, TLS_PAUSE_MS / 60000);
    rt_timer_set(d->loop, &in->tls_again, TLS_PAUSE_MS);
    offer_all(in);
}

static void adopt(struct chatd_intake_t *in, const chat_intake_t *head, const int fds[2])
{
    chatd_t *d = in->daemon;
    rt_arrival arrival = {.fd = fds[0], .bytes = in->buffer, .len = head->len};
    int tls = head->kind == CHAT_INTAKE_TLS;
    rt_client *client;
    if (tls) {
        check_failures(in);
        arrival.tls = rt_tls_receive(in->buffer, &arrival.len, rt_loop_bench(d->loop, 0),
                                     &d->tls_failures);
    }
    if (head->site >= d->site_count || (tls && !arrival.tls)) {
        rt_tls_destroy(arrival.tls);
        refuse(fds[0], tls);
        close_all(fds + 1, 1);
        return;
    }
    client = rt_client_create(rt_server_peers(d->server), head->address, head->site,
                              head->tls != 0);
    client->once = 1;
    client->relayed = head->kind == CHAT_INTAKE_STREAM;
    client->tag = client->relayed ? head->child : 0;
    client->report = fds[1];
    arrival.client = client;
    if (rt_server_adopt(d->server, &arrival) != 0)
        refuse(fds[0], tls);
}

/* The descriptors of the message, -1 for each that is missing. */
static void descriptors_of(int fds[2], struct msghdr *m)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    size_t len = c ? c->cmsg_len - CMSG_LEN(0) : 0;
    fds[0] = fds[1] = -1;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(c), len < 2 * sizeof(*fds) ? len : 2 * sizeof(*fds));
}

/* Whether a message of KIND has as many descriptors as it should. */
static int has_its_own(uint32_t kind, const int fds[2])
{
    switch (kind) {
    case CHAT_INTAKE_SOCKET:
    case CHAT_INTAKE_TLS:
        return fds[0] >= 0;
    case CHAT_INTAKE_STREAM:
    case CHAT_INTAKE_LOG:
        return fds[0] >= 0 && fds[1] < 0;
    default:
        return fds[0] < 0;
    }
}

static void handle(struct chatd_intake_t *in, chat_intake_t *head, const int fds[2],
                   size_t len)
{
    chatd_t *d = in->daemon;
    head->address[sizeof(head->address) - 1] = '\0';
    if (head->magic != CHAT_INTAKE_MAGIC || head->len != len ||
        !has_its_own(head->kind, fds)) {
        chat_log(&d->log, CHAT_LOG_ERROR, 706, APR_SUCCESS,
                 "unknown message from httpd: chatd and mod_chat.so are different "
                 "versions");
        close_all(fds, 2);
    }
    else if (head->kind == CHAT_INTAKE_LOG) {
        dup2(fds[0], STDERR_FILENO);
        close_all(fds, 1);
    }
    else if (head->kind == CHAT_INTAKE_SOCKET || head->kind == CHAT_INTAKE_STREAM ||
             head->kind == CHAT_INTAKE_TLS) {
        adopt(in, head, fds);
    }
    else if (head->kind == CHAT_INTAKE_HINT) {
        if (head->site < d->site_count)
            chatd_site_hint(d->sites[head->site], head->room);
    }
    else if (head->kind == CHAT_INTAKE_RETIRE) {
        retire_t r = {head->child, head->child};
        rt_server_each(d->server, retire_one, &r);
    }
}

/* 1: a message; 0: none now; -1: the child is gone. */
static int receive(child_t *child)
{
    struct chatd_intake_t *in = child->intake;
    chat_intake_t head;
    char control[CMSG_SPACE(2 * sizeof(int))];
    struct iovec parts[2] = {{&head, sizeof(head)}, {in->buffer, CHAT_INTAKE_MAX}};
    struct msghdr m = {.msg_iov = parts,
                       .msg_iovlen = 2,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(child->watch.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int fds[2];
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n == 0)
        return -1;
    descriptors_of(fds, &m);
    if ((size_t)n < sizeof(head)) {
        close_all(fds, 2);
        return -1;
    }
    handle(in, &head, fds, (size_t)n - sizeof(head));
    return 1;
}

static void free_child(rt_defer *release)
{
    free(rt_container(release, child_t, release));
}

static void drop(child_t *child)
{
    rt_loop *loop = child->intake->daemon->loop;
    rt_watch_stop(loop, &child->watch);
    close(child->watch.fd);
    rt_list_remove(&child->link);
    rt_defer_call(loop, &child->release, free_child);
}

static void child_ready(rt_watch *watch, uint32_t events)
{
    child_t *child = rt_container(watch, child_t, watch);
    int got = 1;
    (void)events;
    for (int i = 0; i < ROUND_MAX && got > 0; i++)
        got = receive(child);
    if (got < 0)
        drop(child);
}

static void new_child(rt_watch *watch, uint32_t events)
{
    struct chatd_intake_t *in = rt_container(watch, struct chatd_intake_t, watch);
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    child_t *child;
    (void)events;
    if (fd < 0) {
        /* the watch would fire without end */
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            rt_watch_change(in->daemon->loop, watch, EPOLLONESHOT);
            rt_timer_set(in->daemon->loop, &in->again, ACCEPT_PAUSE_MS);
        }
        return;
    }
    child = rt_alloc(sizeof(*child));
    child->intake = in;
    child->watch.ready = child_ready;
    if (rt_watch_start(in->daemon->loop, &child->watch, fd, EPOLLIN) != 0) {
        close(fd);
        free(child);
        return;
    }
    rt_list_append(&in->children, &child->link);
    offer(child);
}

static void accept_again(rt_timer *timer)
{
    struct chatd_intake_t *in = rt_container(timer, struct chatd_intake_t, again);
    rt_watch_change(in->daemon->loop, &in->watch, EPOLLIN);
}

struct chatd_intake_t *chatd_intake_create(chatd_t *d, int fd)
{
    struct chatd_intake_t *in = rt_alloc(sizeof(*in));
    in->daemon = d;
    in->buffer = rt_alloc(CHAT_INTAKE_MAX);
    rt_list_init(&in->children);
    in->watch.ready = new_child;
    in->again.fire = accept_again;
    in->tls_again.fire = tls_again;
    if (rt_watch_start(d->loop, &in->watch, fd, EPOLLIN) != 0) {
        free(in->buffer);
        free(in);
        return NULL;
    }
    return in;
}

void chatd_intake_destroy(struct chatd_intake_t *in)
{
    if (!in)
        return;
    rt_timer_clear(&in->again);
    rt_timer_clear(&in->tls_again);
    rt_watch_stop(in->daemon->loop, &in->watch);
    close(in->watch.fd);
    while (!rt_list_empty(&in->children))
        drop(rt_container(in->children.next, child_t, link));
    rt_loop_step(in->daemon->loop, 0);
    free(in->buffer);
    free(in);
}
