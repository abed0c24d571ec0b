/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/client_counts.h"

#include "httpd/realtime/daemon_request.h"
#include "httpd/realtime/realtime.h"
#include "render/json.h"
#include "wire/http_answer.h"
#include "wire/intake.h"

#include <apr_strings.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The daemon answers from memory; one that is stuck must not hold up its administrator.
 */
#define WAIT_MS 1000
/* 100 numbers and their names. */
#define ANSWER_MAX 8192

/* ---- the question ---- */

static const char *query_of(const chat_sockets_t *s, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 256, CHAT_INTAKE_COUNTS_MAX, pool);
    chat_buffer_puts(&out, "room=");
    chat_buffer_int(&out, s->room);
    chat_buffer_puts(&out, "&ids=");
    for (int i = 0; i < s->n; i++) {
        if (i)
            chat_buffer_byte(&out, ',');
        chat_buffer_int(&out, s->ids[i]);
    }
    return out.overflow ? NULL : chat_buffer_text(&out);
}

static const char *request_of(const chat_host_t *host, const char *query,
                              apr_pool_t *pool)
{
    const char *text = apr_psprintf(pool, "%u %s", host->number, query);
    char proof[CHAT_HASH_SIZE];
    chat_hash_keyed(proof, &host->site.secret, CHAT_INTAKE_COUNTS, text, strlen(text));
    return apr_psprintf(pool,
                        "GET " CHAT_INTAKE_COUNTS_PATH "?%s HTTP/1.1\r\n"
                        "Host: localhost\r\nX-Chat-Counts: %u %s\r\n"
                        "Connection: close\r\n\r\n",
                        query, host->number, proof);
}

/* ---- the way to the daemon and back ---- */

static apr_status_t call(int *fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return APR_ENAMETOOLONG;
    apr_cpystrn(address.sun_path, path, sizeof(address.sun_path));
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return errno;
    /* a unix socket is connected at once, or its queue is full */
    return connect(*fd, (struct sockaddr *)&address, sizeof(address)) ? errno
                                                                      : APR_SUCCESS;
}

static void take(chat_wire_answer_t *answer, chat_buffer_t *body, const char *bytes,
                 apr_size_t len)
{
    apr_size_t used = chat_wire_answer_head(answer, bytes, len);
    chat_buffer_add(body, bytes + used, chat_wire_answer_body(answer, len - used));
    if (body->overflow)
        answer->state = CHAT_WIRE_ANSWER_BAD;
}

static apr_status_t receive(chat_wire_answer_t *answer, chat_buffer_t *body, int fd)
{
    apr_time_t end = apr_time_now() + apr_time_from_msec(WAIT_MS);
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char bytes[1024];
    while (answer->state == CHAT_WIRE_ANSWER_HEAD ||
           answer->state == CHAT_WIRE_ANSWER_BODY) {
        apr_time_t left = end - apr_time_now();
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0)
            take(answer, body, bytes, (apr_size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return n ? errno : APR_EOF;
        else if (left <= 0)
            return APR_TIMEUP;
        else
            poll(&poller, 1, (int)apr_time_as_msec(left) + 1);
    }
    return answer->state == CHAT_WIRE_ANSWER_DONE && answer->status == 200 ? APR_SUCCESS
                                                                           : APR_EGENERAL;
}

static apr_status_t exchange(chat_buffer_t *body, const char *path, const char *request)
{
    chat_wire_answer_t answer = {.state = CHAT_WIRE_ANSWER_HEAD};
    int fd = -1;
    apr_status_t rv = call(&fd, path);
    if (rv == APR_SUCCESS)
        rv = chat_daemon_request_write(fd, request, strlen(request), WAIT_MS);
    if (rv == APR_SUCCESS)
        rv = receive(&answer, body, fd);
    chat_wire_answer_clear(&answer);
    if (fd >= 0)
        close(fd);
    return rv;
}

/* ---- the answer ---- */

static int read_answer(chat_sockets_t *s, const chat_buffer_t *body, apr_pool_t *pool)
{
    const chat_json_t *all, *of;
    const char *why;
    if (chat_json_parse(&all, &why, body->data, body->len, pool) != APR_SUCCESS ||
        !chat_json_integer(&s->total, chat_json_member(all, "total")) ||
        !chat_json_integer(&s->websockets, chat_json_member(all, "websockets")) ||
        !chat_json_integer(&s->strangers, chat_json_member(all, "strangers")))
        return 0;
    of = chat_json_member(all, "of");
    if (chat_json_count(of) != (apr_size_t)s->n)
        return 0;
    s->of = apr_palloc(pool, ((apr_size_t)s->n + 1) * sizeof(*s->of));
    for (int i = 0; i < s->n; i++) {
        if (!chat_json_integer(&s->of[i], chat_json_element(of, (apr_size_t)i)))
            return 0;
    }
    return 1;
}

apr_status_t chat_client_counts(void *baton, chat_sockets_t *s, apr_pool_t *pool)
{
    const chat_host_t *host = baton;
    const chat_realtime_t *realtime = host->database->generation->realtime;
    const char *query = query_of(s, pool);
    chat_buffer_t body;
    apr_status_t rv;
    if (host->way == CHAT_WAY_OFF || !chat_realtime_running(realtime))
        return APR_EINIT;
    if (!query)
        return APR_EINVAL;
    chat_buffer_init(&body, 512, ANSWER_MAX, pool);
    rv = exchange(&body, realtime->http, request_of(host, query, pool));
    if (rv == APR_SUCCESS && !read_answer(s, &body, pool))
        rv = APR_EGENERAL;
    if (rv != APR_SUCCESS) {
        chat_log(&host->site.log, CHAT_LOG_WARNING, 623, rv,
                 "the daemon does not say how many clients it has");
    }
    return rv;
}
