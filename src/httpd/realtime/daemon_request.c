/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/daemon_request.h"

#include "httpd/realtime/realtime.h"
#include "httpd/realtime/request_head.h"
#include "httpd/request/body.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 2000

apr_status_t chat_daemon_request_write(int fd, const char *bytes, apr_size_t len,
                                       int wait)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes += n;
            len -= (apr_size_t)n;
        }
        else if (n < 0 && errno != EINTR) {
            if (errno != EAGAIN)
                return errno;
            if (poll(&poller, 1, wait) == 0)
                return APR_TIMEUP;
        }
    }
    return APR_SUCCESS;
}

/* What does not go into one message follows through the socketpair. The daemon may answer
 * and close before it has read all. */
static apr_status_t send_request(request_rec *r, const int pair[2],
                                 const chat_buffer_t *all)
{
    apr_size_t first = all->len < CHAT_INTAKE_MAX ? all->len : CHAT_INTAKE_MAX;
    chat_intake_t head;
    apr_status_t rv;
    chat_realtime_head(&head, r, CHAT_INTAKE_STREAM);
    head.len = (uint32_t)first;
    rv =
        chat_daemon_link_send(chat_realtime_of(r)->courier, &head, all->data, pair[1], 0);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_daemon_request_write(pair[0], all->data + first, all->len - first, WAIT_MS);
    return rv == EPIPE ? APR_SUCCESS : rv;
}

int chat_daemon_request_open(int *fd, request_rec *r)
{
    chat_problem_t problem;
    chat_buffer_t all;
    const char *body;
    apr_size_t len;
    int pair[2];
    apr_status_t rv =
        chat_body_read(&body, &len, &problem, r, CHAT_DAEMON_REQUEST_BODY_MAX);
    if (rv != APR_SUCCESS) {
        return chat_realtime_refuse(r, HTTP_BAD_REQUEST,
                                    "The body is too large or not complete");
    }
    chat_buffer_init(&all, 2048, CHAT_INTAKE_MAX + CHAT_DAEMON_REQUEST_BODY_MAX, r->pool);
    chat_request_head_write(&all, r, len);
    chat_buffer_add(&all, body, len);
    if (all.overflow)
        return chat_realtime_refuse(r, HTTP_BAD_REQUEST, "The request is too large");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return chat_realtime_lost(r, errno);
    rv = send_request(r, pair, &all);
    close(pair[1]);
    if (rv != APR_SUCCESS) {
        close(pair[0]);
        return chat_realtime_lost(r, rv);
    }
    *fd = pair[0];
    return OK;
}
