/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing by HTTP POST over a few connections that are kept alive. */
#include "wsload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WAITING_MAX 65536

typedef struct publisher_t {
    int fd, busy;
    size_t len;
    char answer[16384]; /* so far */
} publisher_t;

static publisher_t publishers[PUBLISHERS_MAX];
static int ep;
/* when messages were due that wait for a connection */
static uint64_t due[WAITING_MAX];
static unsigned head, tail;

static void publisher_open(publisher_t *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)opt.publish.port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    int one = 1;
    inet_pton(AF_INET, opt.publish.host, &to.sin_addr);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&to, sizeof(to))) {
        perror("wsload: publisher");
        exit(1);
    }
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    p->busy = 0;
    p->len = 0;
    epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &event);
}

static void publisher_reopen(publisher_t *p)
{
    close(p->fd);
    publisher_open(p);
}

void publish_init(int epoll)
{
    ep = epoll;
    for (int i = 0; i < opt.publishers; i++)
        publisher_open(&publishers[i]);
}

static size_t request(char *out, size_t size, uint64_t t)
{
    static char text[TEXT_MAX];
    const char *at = strchr(opt.body, '@');
    size_t body = strlen(opt.body) + (at ? stamp_write(text, t) - 1 : 0);
    return (size_t)snprintf(
        out, size,
        "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "%s\r\n%.*s%s%s",
        opt.publish.path, opt.publish.host, opt.publish.port, opt.type, body,
        opt.publish_headers, at ? (int)(at - opt.body) : 0, opt.body, at ? text : "",
        at ? at + 1 : opt.body);
}

static void write_all(publisher_t *p, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(p->fd, bytes + done, len - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno == EAGAIN) {
            struct pollfd room = {.fd = p->fd, .events = POLLOUT};
            poll(&room, 1, 1000);
        }
        else { /* the server closed an idle connection: once more */
            publisher_reopen(p);
            done = 0;
        }
    }
}

static void flush(void)
{
    static char bytes[TEXT_MAX + 16384];
    for (int i = 0; i < opt.publishers && head != tail; i++) {
        publisher_t *p = &publishers[i];
        if (p->busy)
            continue;
        write_all(p, bytes, request(bytes, sizeof(bytes), due[head++ % WAITING_MAX]));
        p->busy = 1;
    }
}

void publish_send(void)
{
    if (tail - head >= WAITING_MAX) {
        count.publish_errors++;
        return;
    }
    due[tail++ % WAITING_MAX] = now_ns();
    count.sent++;
    flush();
}

static const char *header(const publisher_t *p, const char *name, const char *end)
{
    const char *at = strcasestr(p->answer, name);
    return at && at < end ? at + strlen(name) : NULL;
}

/* Whether the answer, whose body begins at BODY, is there to its end. */
static int whole(const publisher_t *p, const char *body)
{
    size_t len = p->len - (size_t)(body - p->answer);
    const char *length = header(p, "\r\nContent-Length:", body);
    if (p->len == sizeof(p->answer) - 1)
        return 1; /* no room for more */
    if (length)
        return len >= strtoul(length, NULL, 10);
    if (header(p, "\r\nTransfer-Encoding:", body))
        return len >= 5 && !memcmp(p->answer + p->len - 5, "0\r\n\r\n", 5);
    return 1;
}

static void read_answer(publisher_t *p)
{
    const char *body;
    ssize_t n = read(p->fd, p->answer + p->len, sizeof(p->answer) - 1 - p->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        count.publish_errors += p->busy != 0;
        publisher_reopen(p);
        flush();
        return;
    }
    p->len += (size_t)n;
    p->answer[p->len] = 0;
    body = strstr(p->answer, "\r\n\r\n");
    if (!body) {
        if (p->len == sizeof(p->answer) - 1) {
            count.publish_errors++;
            publisher_reopen(p);
        }
        return;
    }
    body += 4;
    if (!whole(p, body))
        return;
    if (p->answer[9] != '2' && count.publish_errors++ == 0)
        note("publish refused: %.80s", p->answer);
    p->busy = 0;
    p->len = 0;
    if (header(p, "\r\nConnection: close", body))
        publisher_reopen(p);
    flush();
}

int publish_event(void *data)
{
    publisher_t *p = data;
    if (p < publishers || p >= publishers + PUBLISHERS_MAX)
        return 0;
    read_answer(p);
    return 1;
}
