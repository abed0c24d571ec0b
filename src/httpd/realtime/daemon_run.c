/* SPDX-License-Identifier: Apache-2.0 */
/* One process of chatd: fork, rights, descriptors, exec. */
#include "httpd/realtime/daemon_run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors that chatd's command line names. */
enum { FD_INTAKE = 3, FD_HTTP, FD_LIFELINE, FD_COUNT };

#define FILES_WANTED 1048576
#define FAILED 127

static void fail(const char *what)
{
    const char *parts[] = {"CHAT0603: chatd: ", what, ": ", strerror(errno), "\n"};
    for (apr_size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (write(2, parts[i], strlen(parts[i])) < 0)
            break;
    }
    _exit(FAILED);
}

/* Moves the descriptors to the numbers of the command line and closes all others: chatd
 * must not keep httpd's ports open. */
static void arrange_descriptors(const chat_daemon_run_t *run)
{
    int from[] = {run->intake, run->http, run->lifeline};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;
    struct rlimit files;
    for (i = 0; i < 3; i++) {
        from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_COUNT + 8);
        if (from[i] < 0)
            fail("descriptors");
    }
    dup2(null, 0);
    dup2(null, 1);
    for (i = 0; i < 3; i++) {
        if (dup2(from[i], FD_INTAKE + i) < 0)
            fail("descriptors");
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, FD_COUNT, ~0U, 0) == 0)
        return;
#endif
    getrlimit(RLIMIT_NOFILE, &files);
    for (long fd = FD_COUNT; fd < (long)files.rlim_cur && fd < FILES_WANTED; fd++)
        close((int)fd);
}

static void reset_signals(void)
{
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Each connection is a descriptor; the kernel's own bound for a process is the end. */
static void raise_files(void)
{
    struct rlimit files, more;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    more.rlim_cur = more.rlim_max =
        files.rlim_max > FILES_WANTED ? files.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &more) == 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void drop_rights(const chat_runner_t *runner)
{
    if (!runner->switched)
        return;
    if ((runner->name ? initgroups(runner->name, runner->gid)
                      : setgroups(1, &runner->gid)) != 0 ||
        setgid(runner->gid) != 0 || setuid(runner->uid) != 0)
        fail("rights of the run user");
}

static void wait_delay(int seconds)
{
    struct pollfd lifeline = {.fd = FD_LIFELINE, .events = POLLIN};
    if (seconds > 0 && poll(&lifeline, 1, seconds * 1000) > 0)
        _exit(0);
}

static void become(const chat_daemon_run_t *run)
{
    char intake[] = {'0' + FD_INTAKE, 0}, http[] = {'0' + FD_HTTP, 0};
    char lifeline[] = {'0' + FD_LIFELINE, 0};
    char *const argv[] = {"chatd",    "--config", (char *)run->conf, "--intake", intake,
                          "--listen", http,       "--lifeline",      lifeline,   NULL};
    int program;
    /* httpd signals its process group */
    setsid();
    reset_signals();
    arrange_descriptors(run);
    /* the run user may not reach the place where the program lies */
    program = open(run->program, O_RDONLY | O_CLOEXEC);
    raise_files();
    drop_rights(run->runner);
    wait_delay(run->delay);
    chat_realtime_state_set_running(run->state, 1);
    if (program >= 0)
        fexecve(program, argv, environ);
    execv(run->program, argv);
    chat_realtime_state_set_running(run->state, 0);
    fail(run->program);
}

pid_t chat_daemon_run(const chat_daemon_run_t *run)
{
    pid_t pid = fork();
    if (pid == 0)
        become(run);
    return pid;
}
