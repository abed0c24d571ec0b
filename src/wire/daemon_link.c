/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/daemon_link.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 2000

struct chat_daemon_link_t {
    int fd;       /* the same number for ever; what it refers to is replaced */
    int attempts; /* how often it was replaced */
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
    chat_daemon_link_t *courier = baton;
    close(courier->fd);
    return APR_SUCCESS;
}

apr_status_t chat_daemon_link_create(chat_daemon_link_t **out, const char *path,
                                     apr_pool_t *pool)
{
    chat_daemon_link_t *courier = apr_pcalloc(pool, sizeof(*courier));
    apr_status_t rv;
    if (strlen(path) >= sizeof(courier->address.sun_path))
        return APR_ENAMETOOLONG;
    courier->address.sun_family = AF_UNIX;
    apr_cpystrn(courier->address.sun_path, path, sizeof(courier->address.sun_path));
    rv = apr_thread_mutex_create(&courier->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    if (rv != APR_SUCCESS)
        return rv;
    courier->fd = open_socket();
    if (courier->fd < 0)
        return errno;
    apr_pool_cleanup_register(pool, courier, close_socket, apr_pool_cleanup_null);
    *out = courier;
    return APR_SUCCESS;
}

/* Puts a new connection in the place of the old one, for all threads at once, unless
 * another thread has done so since ATTEMPTS. */
static apr_status_t reconnect(chat_daemon_link_t *courier, int attempts)
{
    apr_status_t rv = APR_SUCCESS;
    int fd;
    apr_thread_mutex_lock(courier->mutex);
    if (courier->attempts == attempts) {
        fd = open_socket();
        if (fd < 0 || connect(fd, (struct sockaddr *)&courier->address,
                              sizeof(courier->address)) != 0)
            rv = errno;
        else if (dup3(fd, courier->fd, O_CLOEXEC) < 0)
            rv = errno;
        else
            __atomic_store_n(&courier->attempts, attempts + 1, __ATOMIC_RELEASE);
        if (fd >= 0)
            close(fd);
    }
    apr_thread_mutex_unlock(courier->mutex);
    return rv;
}

static apr_status_t send_once(const chat_daemon_link_t *courier, struct msghdr *message)
{
    ssize_t n;
    do
        n = sendmsg(courier->fd, message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : APR_SUCCESS;
}

static int broken(apr_status_t rv)
{
    return rv == EPIPE || rv == ECONNRESET || rv == ENOTCONN || rv == ECONNREFUSED;
}

static apr_status_t send_message(chat_daemon_link_t *courier, struct msghdr *message,
                                 int now)
{
    int attempts = __atomic_load_n(&courier->attempts, __ATOMIC_ACQUIRE);
    apr_status_t rv = send_once(courier, message);
    struct pollfd poller = {.fd = courier->fd, .events = POLLOUT};
    if (broken(rv)) {
        rv = reconnect(courier, attempts);
        if (rv == APR_SUCCESS)
            rv = send_once(courier, message);
    }
    if (!now && APR_STATUS_IS_EAGAIN(rv)) {
        if (poll(&poller, 1, WAIT_MS) > 0)
            rv = send_once(courier, message);
    }
    return rv;
}

apr_status_t chat_daemon_link_send(chat_daemon_link_t *courier, chat_intake_t *head,
                                   const void *bytes, int fd, int now)
{
    struct iovec parts[2] = {{head, sizeof(*head)}, {(void *)bytes, head->len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = head->len ? 2 : 1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct cmsghdr *rights;

    if (head->len > CHAT_INTAKE_MAX)
        return APR_ENOSPC;
    head->magic = CHAT_INTAKE_MAGIC;
    head->child = (uint32_t)getpid();
    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fd, sizeof(int));
    }
    return send_message(courier, &message, now);
}
