/* SPDX-License-Identifier: Apache-2.0 */
/* chatd's listening sockets and files in the runtime directory. */
#include "httpd/realtime/daemon_sockets.h"

#include "base/file.h"
#include "wire/link.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
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

apr_status_t chat_daemon_write(const char *file, const char *text,
                               const chat_runner_t *runner, apr_pool_t *pool)
{
    return chat_file_replace(file, text, runner->switched ? (long)runner->uid : -1,
                             (long)runner->gid, pool);
}
