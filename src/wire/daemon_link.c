/* SPDX-License-Identifier: Apache-2.0 */
/* A process' connection to chatd's intake. */
#include "wire/daemon_link.h"

#include "wire/link.h"

#include <apr_thread_mutex.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define OFFER_STEP_MS 20

struct chat_daemon_link_t {
    int fd;       /* always the same number; what it refers to is replaced */
    int attempts; /* how often it was replaced */
    int suites;   /* that chatd offers; -1: it has not said since then */
    apr_thread_mutex_t *mutex;
    struct sockaddr_un address;
};

static int open_socket(void)
{
    int size = 4 * CHAT_INTAKE_MAX;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return fd;
}

static apr_status_t close_socket(void *baton)
{
    chat_daemon_link_t *link = baton;
    close(link->fd);
    return APR_SUCCESS;
}

apr_status_t chat_daemon_link_create(chat_daemon_link_t **out, const char *path,
                                     apr_pool_t *pool)
{
    chat_daemon_link_t *link = apr_pcalloc(pool, sizeof(*link));
    apr_status_t rv;
    rv = chat_wire_address(&link->address, path);
    if (rv == APR_SUCCESS)
        rv = apr_thread_mutex_create(&link->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    if (rv != APR_SUCCESS)
        return rv;
    link->fd = open_socket();
    if (link->fd < 0)
        return errno;
    apr_pool_cleanup_register(pool, link, close_socket, apr_pool_cleanup_null);
    *out = link;
    return APR_SUCCESS;
}

/* Replaces the old connection with a new one, for all threads, unless another thread has
 * done so since ATTEMPTS. */
static apr_status_t reconnect(chat_daemon_link_t *link, int attempts)
{
    apr_status_t rv = APR_SUCCESS;
    int fd;
    apr_thread_mutex_lock(link->mutex);
    if (link->attempts == attempts) {
        fd = open_socket();
        if (fd < 0 ||
            connect(fd, (struct sockaddr *)&link->address, sizeof(link->address)) != 0)
            rv = errno;
        else if (dup3(fd, link->fd, O_CLOEXEC) < 0)
            rv = errno;
        else {
            link->suites = -1;
            __atomic_store_n(&link->attempts, attempts + 1, __ATOMIC_RELEASE);
        }
        if (fd >= 0)
            close(fd);
    }
    apr_thread_mutex_unlock(link->mutex);
    return rv;
}

static apr_status_t send_once(const chat_daemon_link_t *link, struct msghdr *message)
{
    ssize_t n;
    do
        n = sendmsg(link->fd, message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : APR_SUCCESS;
}

static int broken(apr_status_t rv)
{
    return rv == EPIPE || rv == ECONNRESET || rv == ENOTCONN || rv == ECONNREFUSED;
}

static apr_status_t send_message(chat_daemon_link_t *link, struct msghdr *message,
                                 int wait)
{
    int attempts = __atomic_load_n(&link->attempts, __ATOMIC_ACQUIRE);
    apr_status_t rv = send_once(link, message);
    struct pollfd poller = {.fd = link->fd, .events = POLLOUT};
    if (broken(rv)) {
        rv = reconnect(link, attempts);
        if (rv == APR_SUCCESS)
            rv = send_once(link, message);
    }
    if (wait && APR_STATUS_IS_EAGAIN(rv) && poll(&poller, 1, wait) > 0)
        rv = send_once(link, message);
    return rv;
}

/* Takes what chatd has said: 0 when the connection has ended, or was never made. The last
 * of it, or -1, becomes *SUITES. */
static int read_offers(chat_daemon_link_t *link, int *suites)
{
    chat_intake_offer_t offer;
    ssize_t n;
    int alive;
    apr_thread_mutex_lock(link->mutex);
    while ((n = recv(link->fd, &offer, sizeof(offer), MSG_DONTWAIT)) ==
           (ssize_t)sizeof(offer))
        link->suites = offer.magic == CHAT_INTAKE_MAGIC ? (int)offer.suites : 0;
    alive = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    *suites = link->suites;
    apr_thread_mutex_unlock(link->mutex);
    return alive;
}

int chat_daemon_link_suites(chat_daemon_link_t *link, int wait)
{
    int attempts = __atomic_load_n(&link->attempts, __ATOMIC_ACQUIRE), suites, left;
    struct pollfd poller = {.fd = link->fd, .events = POLLIN};
    if (!read_offers(link, &suites)) {
        if (reconnect(link, attempts) != APR_SUCCESS)
            return 0;
        read_offers(link, &suites);
    }
    /* another thread may take what this one waits for */
    for (left = wait; suites < 0 && left > 0; left -= OFFER_STEP_MS) {
        poll(&poller, 1, OFFER_STEP_MS);
        read_offers(link, &suites);
    }
    if (suites < 0 && wait) {
        suites = 0;
        apr_thread_mutex_lock(link->mutex);
        if (link->suites < 0)
            link->suites = 0;
        apr_thread_mutex_unlock(link->mutex);
    }
    return suites;
}

apr_status_t chat_daemon_link_send(chat_daemon_link_t *link, chat_intake_t *head,
                                   const void *bytes, const int fds[2], int wait)
{
    struct iovec parts[2] = {{head, sizeof(*head)}, {(void *)bytes, head->len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = head->len ? 2 : 1};
    size_t len = fds ? (size_t)((fds[0] >= 0) + (fds[1] >= 0)) * sizeof(*fds) : 0;
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct cmsghdr *rights;

    if (head->len > CHAT_INTAKE_MAX)
        return APR_ENOSPC;
    head->magic = CHAT_INTAKE_MAGIC;
    head->child = (uint32_t)getpid();
    if (len) {
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(len);
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(len);
        memcpy(CMSG_DATA(rights), fds, len);
    }
    return send_message(link, &message, wait);
}
