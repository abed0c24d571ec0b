/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that get a text. posix_spawn, because apr_proc_create would hand on the
 * signal mask and descriptors of a thread of chatd. */
#include "outbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct chat_program_t {
    pid_t pid;
    int input; /* -1: the text is written */
    const char *text;
    apr_size_t left;
    apr_time_t until;
};

/* Its standard input is a socket, to which one can write without a signal when the
 * program is gone; no other descriptor is inherited. */
static int spawn(pid_t *pid, const char *const *command, int input)
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

static apr_status_t stop(void *data)
{
    chat_program_t *p = data;
    if (p->input >= 0)
        close(p->input);
    p->input = -1;
    if (p->pid <= 0)
        return APR_SUCCESS;
    kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
    return APR_SUCCESS;
}

apr_status_t chat_program_start(chat_program_t **out, const char *const *command,
                                const char *text, apr_interval_time_t limit,
                                apr_pool_t *pool)
{
    chat_program_t *p = apr_pcalloc(pool, sizeof(*p));
    int ends[2], rc;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return errno;
    rc = spawn(&p->pid, command, ends[1]);
    close(ends[1]);
    if (rc) {
        close(ends[0]);
        return rc;
    }
    p->input = ends[0];
    p->text = text;
    p->left = strlen(text);
    p->until = apr_time_now() + limit;
    apr_pool_cleanup_register(pool, p, stop, apr_pool_cleanup_null);
    *out = p;
    return APR_SUCCESS;
}

/* A program that does not want all of the text reports that with its exit code. */
static void feed(chat_program_t *p)
{
    while (p->left) {
        ssize_t n = send(p->input, p->text, p->left, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        p->text += n;
        p->left -= (apr_size_t)n;
    }
    close(p->input);
    p->input = -1;
}

apr_status_t chat_program_poll(int *code, chat_program_t *p)
{
    int status = 0;
    pid_t done;
    if (p->input >= 0)
        feed(p);
    while ((done = waitpid(p->pid, &status, WNOHANG)) < 0 && errno == EINTR)
        continue;
    if (!done && apr_time_now() <= p->until)
        return APR_EAGAIN;
    if (!done) {
        stop(p);
        return APR_TIMEUP;
    }
    p->pid = 0;
    if (done < 0)
        return errno;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    return APR_SUCCESS;
}
