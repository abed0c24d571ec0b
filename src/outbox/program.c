/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY 20000 /* microseconds between looks at a program that is running */

/* Its standard input is a socket, to which one can write without a signal when the
 * program is gone; everything else of ours stays here. */
static int start(pid_t *pid, const char *const *command, int input)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t set;
    int rc;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
#endif
#endif
    posix_spawnattr_init(&how);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&how, &set);
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    posix_spawnattr_setsigdefault(&how, &set);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETPGROUP);
    rc = posix_spawn(pid, command[0], &files, &how, (char *const *)command, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return rc;
}

/* A program that does not want all of the text says so by its exit code. */
static int feed(int out, const char *text, apr_time_t until)
{
    size_t len = strlen(text);
    while (len) {
        struct pollfd p = {.fd = out, .events = POLLOUT};
        apr_time_t left = until - apr_time_now();
        ssize_t n;
        if (left <= 0)
            return 0;
        if (poll(&p, 1, (int)apr_time_as_msec(left) + 1) < 0 && errno != EINTR)
            return 1;
        n = send(out, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return 1;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 1;
}

static apr_status_t wait_for(int *code, pid_t pid, apr_time_t until)
{
    int status = 0;
    pid_t done;
    while (!(done = waitpid(pid, &status, WNOHANG)) || (done < 0 && errno == EINTR)) {
        if (apr_time_now() > until) {
            kill(-pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                continue;
            return APR_TIMEUP;
        }
        usleep(LOOK_EVERY);
    }
    if (done < 0)
        return errno;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    return APR_SUCCESS;
}

apr_status_t chat_program_feed(int *code, const char *const *command, const char *text,
                               apr_interval_time_t limit)
{
    apr_time_t until = apr_time_now() + limit;
    int ends[2], rc;
    pid_t pid;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return errno;
    rc = start(&pid, command, ends[1]);
    close(ends[1]);
    if (rc) {
        close(ends[0]);
        return rc;
    }
    if (!feed(ends[0], text, until))
        until = 0;
    close(ends[0]);
    return wait_for(code, pid, until);
}
