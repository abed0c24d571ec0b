/* SPDX-License-Identifier: Apache-2.0 */
/* chatd's listening sockets and files in the runtime directory. */
#include "httpd/realtime/daemon_sockets.h"

#include "wire/link.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int chat_daemon_listen(const char *path, int type, const chat_runner_t *runner)
{
    mode_t mask = umask(0177);
    int fd = chat_wire_listen(path, type);
    umask(mask);
    if (fd >= 0 && runner->switched && lchown(path, runner->uid, runner->gid) != 0)
        return fail(fd);
    return fd;
}

int chat_daemon_lock(const char *path)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    return fcntl(fd, F_SETLK, &whole) == 0 ? fd : fail(fd);
}

static int write_all(int fd, const char *text)
{
    apr_size_t len = strlen(text);
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return 0;
        if (n > 0) {
            text += n;
            len -= (apr_size_t)n;
        }
    }
    return 1;
}

apr_status_t chat_daemon_write(const char *file, const char *text,
                               const chat_runner_t *runner, apr_pool_t *pool)
{
    const char *fresh = apr_pstrcat(pool, file, ".new", NULL);
    int fd, error = 0;
    unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    if (!write_all(fd, text) ||
        (runner->switched && fchown(fd, runner->uid, runner->gid) != 0))
        error = errno;
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && rename(fresh, file) != 0)
        error = errno;
    if (error)
        unlink(fresh);
    return error;
}
