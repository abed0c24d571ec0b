/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix sockets between httpd and chatd: listen, connect, write, receive. */
#include "wire/link.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Clients that come in one burst; the kernel's somaxconn bounds it further. */
#define BACKLOG 4096
/* One TLS record. */
#define PIECE 16384

apr_status_t chat_wire_address(struct sockaddr_un *out, const char *path)
{
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(out->sun_path))
        return APR_ENAMETOOLONG;
    apr_cpystrn(out->sun_path, path, sizeof(out->sun_path));
    return APR_SUCCESS;
}

int chat_wire_listen(const char *path, int type)
{
    struct sockaddr_un address;
    int fd, error;
    errno = chat_wire_address(&address, path);
    if (errno)
        return -1;
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if ((unlink(path) == 0 || errno == ENOENT) &&
        bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

apr_status_t chat_wire_connect(int *fd, const char *path)
{
    struct sockaddr_un address;
    apr_status_t rv = chat_wire_address(&address, path);
    *fd = -1;
    if (rv != APR_SUCCESS)
        return rv;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return errno;
    return APR_SUCCESS;
}

/* Waits for EVENTS until END, which becomes WAIT milliseconds from now when it is 0. 0:
 * it is over. */
static int wait_for(int fd, short events, apr_time_t *end, int wait)
{
    struct pollfd poller = {.fd = fd, .events = events};
    apr_time_t now = apr_time_now();
    if (!*end)
        *end = now + apr_time_from_msec(wait);
    return now < *end && poll(&poller, 1, (int)apr_time_as_msec(*end - now) + 1) != 0;
}

apr_status_t chat_wire_write(int fd, const char *bytes, apr_size_t len, int wait)
{
    apr_time_t end = 0;
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes += n;
            len -= (apr_size_t)n;
        }
        else if (n < 0 && errno != EINTR) {
            if (errno != EAGAIN)
                return errno;
            if (!wait_for(fd, POLLOUT, &end, wait))
                return APR_TIMEUP;
        }
    }
    return APR_SUCCESS;
}

apr_status_t chat_wire_receive(chat_wire_answer_t *answer, int fd, int wait)
{
    char bytes[PIECE];
    apr_time_t end = 0;
    while (!chat_wire_answer_ended(answer)) {
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0)
            chat_wire_answer_take(answer, bytes, (apr_size_t)n);
        else if (n == 0)
            return APR_EOF;
        else if (errno != EAGAIN && errno != EINTR)
            return errno;
        else if (!wait_for(fd, POLLIN, &end, wait))
            return APR_TIMEUP;
    }
    return answer->state == CHAT_WIRE_ANSWER_DONE ? APR_SUCCESS : APR_EGENERAL;
}

int chat_wire_peek(int fd, int wait)
{
    char text[sizeof("HTTP/1.1 nnn")] = "";
    apr_time_t end = 0;
    ssize_t n;
    while ((n = recv(fd, text, sizeof(text) - 1, MSG_PEEK | MSG_DONTWAIT)) < 0 &&
           (errno == EAGAIN || errno == EINTR)) {
        if (!wait_for(fd, POLLIN, &end, wait))
            break;
    }
    return n == sizeof(text) - 1 ? (int)strtol(text + 9, NULL, 10) : 0;
}
