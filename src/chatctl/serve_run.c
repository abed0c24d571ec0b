/* SPDX-License-Identifier: Apache-2.0 */
/* The httpd process of `chatctl serve`: start, wait until it answers, watch, stop. */
#include "serve_run.h"

#include "api/dialects.h"
#include "base/file.h"
#include "print.h"
#include "serve_conf.h"
#include "serve_find.h"
#include "serve_names.h"
#include "state.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_SECONDS \
    60                  /* until the first answer; a migration of the database is in it */
#define STOP_SECONDS 20 /* httpd itself kills its children after about 10 */
#define STEP_MS 20
#define PORT_TRIES 5 /* another program may bind a free port before httpd does */
#define LOG_MAX 65536
#define LINES_SHOWN 3
#define ANSWER_SECONDS 5

typedef struct run_t {
    chatctl_serve_t *s;
    const char *conf; /* the generated file */
    const char *pid_file;
    const char *start_log; /* httpd's output before it has its error log */
    const char *error_log;
    off_t log_from;   /* where the error log stood when httpd was started */
    sigset_t signals; /* blocked, and waited for */
    sigset_t before;  /* what httpd gets */
    pid_t pid;        /* httpd; 0: none */
    int status;       /* how it ended */
} run_t;

/* Each realtime client is a descriptor or two. */
static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* In the child: becomes ARGV, or exits with 127. */
static void become(const char *const *argv, int output, const sigset_t *mask)
{
    sigprocmask(SIG_SETMASK, mask, NULL);
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    dup2(output, 1);
    dup2(output, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- httpd's output ------------------------------------------------------------------
 */

static char *read_from(const char *path, off_t from, apr_pool_t *pool)
{
    char *text = apr_pcalloc(pool, LOG_MAX + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread(fd, text, LOG_MAX, from) < 0)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

/* TEXT without the "[time] [module:level] [pid 1]" in front of it. */
static const char *bare(const char *text)
{
    const char *end;
    while (*text == '[' && (end = strchr(text, ']')))
        text = end + 1 + strspn(end + 1, " ");
    return text;
}

/* Lines of httpd that explain nothing. */
static int is_noise(const char *text)
{
    return !*text || strstr(text, "AH00558") || strstr(text, "AH00016") ||
           strstr(text, "AH00015") || strstr(text, "AH00014") ||
           strstr(text, "AH00020") || !strcmp(text, "Syntax OK") ||
           !strncmp(text, "no listening sockets", 20);
}

/* While httpd starts, its lines have neither time nor level. */
static int is_error(const char *text)
{
    return !strncmp(text, "CHAT0", 5) || strstr(text, ":error] ") ||
           strstr(text, ":crit] ") || strstr(text, ":alert] ") ||
           strstr(text, ":emerg] ");
}

/* The lines of a log that explain something, or NULL: the first errors, since others
   follow from them, or the last lines. */
static const char *explained(const run_t *run, const char *log, off_t from,
                             int errors_only, const char *between)
{
    apr_pool_t *pool = run->s->pool;
    const char *lines[LINES_SHOWN], *all = NULL;
    char *rest, *text;
    int n = 0;
    for (text = read_from(log, from, pool);
         !(errors_only && n == LINES_SHOWN) && (text = apr_strtok(text, "\n", &rest));
         text = NULL)
        if (!is_noise(bare(text)) && (!errors_only || is_error(text)))
            lines[n++ % LINES_SHOWN] = bare(text);
    for (int i = n > LINES_SHOWN ? n - LINES_SHOWN : 0; i < n; i++)
        all = apr_pstrcat(pool, all ? all : "", all ? between : "",
                          lines[i % LINES_SHOWN], NULL);
    return all;
}

/* httpd's own sentence: what it printed, else what it logged, else NULL. */
static const char *complaint(const run_t *run)
{
    const char *said = explained(run, run->start_log, 0, 0, " ");
    return said ? said : explained(run, run->error_log, run->log_from, 1, "; ");
}

static int failed(const run_t *run)
{
    const char *why = complaint(run);
    if (why)
        return chatctl_fail("httpd does not start: %s", why);
    return chatctl_fail("httpd ended at once with code %d; see %s",
                        exit_code(run->status), run->error_log);
}

/* --- the process ----------------------------------------------------------------------
 */

static int open_start_log(const run_t *run)
{
    unlink(run->start_log);
    return open(run->start_log, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
}

static const char *spawn(run_t *run)
{
    const char *const argv[] = {run->s->httpd, "-d",           run->s->state, "-f",
                                run->conf,     "-DFOREGROUND", NULL};
    pid_t parent = getpid();
    struct stat st;
    int output = open_start_log(run);
    run->log_from = stat(run->error_log, &st) ? 0 : st.st_size;
    unlink(run->pid_file);
    if (output < 0)
        return apr_psprintf(run->s->pool, "%s cannot be written: %s", run->start_log,
                            strerror(errno));
    run->pid = fork();
    if (run->pid == 0) {
        /* a group of its own: a terminal's Ctrl-C is for us, and we can end all of it */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(127);
        raise_files();
        become(argv, output, &run->before);
    }
    close(output);
    if (run->pid < 0)
        return apr_psprintf(run->s->pool, "httpd cannot be started: %s", strerror(errno));
    setpgid(run->pid, run->pid);
    return NULL;
}

/* Whether httpd has ended; then nothing of it is left. */
static int has_ended(run_t *run)
{
    if (!run->pid || waitpid(run->pid, &run->status, WNOHANG) != run->pid)
        return run->pid == 0;
    /* what it left behind is ours now: see prepare() */
    kill(-run->pid, SIGKILL);
    while (waitpid(-run->pid, NULL, 0) > 0)
        ;
    unlink(run->pid_file);
    run->pid = 0;
    return 1;
}

/* The next signal for us within MS milliseconds, or 0. */
static int next_signal(const run_t *run, long ms)
{
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    int got = sigtimedwait(&run->signals, NULL, &wait);
    return got > 0 ? got : 0;
}

static void stop(run_t *run)
{
    if (has_ended(run))
        return;
    kill(run->pid, SIGTERM);
    for (int i = 0; i < STOP_SECONDS * 1000 / STEP_MS; i++) {
        if (has_ended(run))
            return;
        next_signal(run, STEP_MS);
    }
    kill(-run->pid, SIGKILL);
    for (int i = 0; i < STOP_SECONDS && !has_ended(run); i++)
        next_signal(run, 1000);
}

/* A broken configuration would end an httpd that reloads it: ask first. */
static void restart(run_t *run)
{
    const char *const argv[] = {run->s->httpd, "-t",      "-d", run->s->state,
                                "-f",          run->conf, NULL};
    const char *why;
    int output = open_start_log(run);
    int rc = chatctl_run(argv, output);
    if (output >= 0)
        close(output);
    if (rc == 0)
        kill(run->pid, SIGUSR1);
    else
        chatctl_fail("not restarted: %s",
                     (why = complaint(run)) ? why : "httpd refuses its configuration");
}

/* --- ports ----------------------------------------------------------------------------
 */

static struct addrinfo *look_up(const chatctl_serve_t *s, long port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    return getaddrinfo(s->bind, apr_psprintf(s->pool, "%ld", port), &hints, &list) ? NULL
                                                                                   : list;
}

/* Binds *PORT as a test, with the socket *HELD; 0 becomes a free one. Returns NULL or why
 * it is not available. */
static const char *try_port(int *held, const chatctl_serve_t *s, long *port)
{
    struct addrinfo *list = look_up(s, *port);
    struct sockaddr_storage got;
    socklen_t len = sizeof(got);
    int one = 1, fd, rc;
    if (!list)
        return apr_psprintf(s->pool, "--bind %s is not an address of this machine",
                            s->bind);
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    rc = bind(fd, list->ai_addr, list->ai_addrlen) || listen(fd, 1) ||
         getsockname(fd, (struct sockaddr *)&got, &len);
    freeaddrinfo(list);
    if (rc) {
        rc = errno;
        close(fd);
        return apr_psprintf(s->pool, "port %ld on %s cannot be used: %s", *port, s->bind,
                            strerror(rc));
    }
    *held = fd;
    *port = ntohs(got.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&got)->sin6_port
                                            : ((struct sockaddr_in *)&got)->sin_port);
    return NULL;
}

/* Whether a request to our port is answered with HTTP. */
static int answers(const chatctl_serve_t *s)
{
    static const char request[] = "GET /chat-status?auto HTTP/1.0\r\nHost: "
                                  "localhost\r\nUser-Agent: chatctl\r\n\r\n";
    struct timeval patience = {ANSWER_SECONDS, 0};
    struct addrinfo *list = look_up(s, s->port);
    char answer[8];
    int ok, fd;
    if (!list)
        return 0;
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ok = !connect(fd, list->ai_addr, list->ai_addrlen) &&
         send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
             (ssize_t)sizeof(request) - 1 &&
         recv(fd, answer, 7, MSG_WAITALL) == 7 && !memcmp(answer, "HTTP/1.", 7);
    close(fd);
    freeaddrinfo(list);
    return ok;
}

/* httpd writes its pid when it has its ports: from then on no other program has them. */
static int has_ports(const run_t *run)
{
    return strtol(read_from(run->pid_file, 0, run->s->pool), NULL, 10) == (long)run->pid;
}

/* --- the whole ------------------------------------------------------------------------
 */

typedef enum outcome_t { READY, STOPPED, ENDED, SLOW } outcome_t;

/* httpd starts without its database and waits for it; who serves one wants to know. */
static int has_no_database(const run_t *run)
{
    const char *why = complaint(run);
    return why && (strstr(why, "CHAT0141") || strstr(why, "CHAT010"));
}

static outcome_t wait_until_ready(run_t *run)
{
    for (int i = 0; i < START_SECONDS * 1000 / STEP_MS; i++) {
        int got = next_signal(run, STEP_MS);
        if (got == SIGTERM || got == SIGINT)
            return STOPPED;
        if (has_ended(run) || has_no_database(run))
            return ENDED;
        if (has_ports(run) && answers(run->s))
            return READY;
    }
    return SLOW;
}

/* TEXT as one word for a shell. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    const char *out = "'", *quote;
    for (; (quote = strchr(text, '\'')); text = quote + 1)
        out =
            apr_pstrcat(pool, out, apr_pstrmemdup(pool, text, (apr_size_t)(quote - text)),
                        "'\\''", NULL);
    return apr_pstrcat(pool, out, text, "'", NULL);
}

/* One line for scripts on standard output; the rest is for people. */
static void say_ready(const chatctl_serve_t *s)
{
    const char *address = chatctl_serve_address(s);
    printf("ready http://%s:%ld/\n", address, s->port);
    if (s->tls_port >= 0)
        printf("ready https://%s:%ld/\n", address, s->tls_port);
    fflush(stdout);
    fputs("  APIs:", stderr);
    for (const chat_dialect_t *const *d = chat_dialects; *d; d++)
        if ((*d)->default_prefix)
            fprintf(stderr, " %s %s,", (*d)->name, (*d)->default_prefix);
    fprintf(stderr,
            " Socket.IO /socket.io/\n"
            "  First administrator: %s --state %s account add NAME --rank 2\n"
            "  State and logs: %s\n  Stop: Ctrl+C\n",
            chatctl_beside("chatctl", s->pool), quoted(s->state, s->pool), s->state);
}

static int watch(run_t *run)
{
    for (;;) {
        int got = next_signal(run, 60000);
        if (got == SIGTERM || got == SIGINT) {
            stop(run);
            return 0;
        }
        if (has_ended(run))
            return chatctl_fail("httpd ended by itself with code %d; see %s",
                                exit_code(run->status), run->error_log);
        if (got == SIGHUP || got == SIGUSR1)
            restart(run);
    }
}

/* A database that did not serve is not kept. */
static int serve(run_t *run)
{
    const chatctl_serve_t *s = run->s;
    const char *why =
        s->remember ? chatctl_state_remember(s->state, s->remember, s->pool) : NULL;
    if (why) {
        stop(run);
        return chatctl_fail("%s", why);
    }
    say_ready(s);
    return watch(run);
}

/* Each is held until both are known, and one that was named comes first: what is free is
 * another one. */
static const char *pick_ports(chatctl_serve_t *s, long port, long tls_port)
{
    long *const ports[] = {&s->port, &s->tls_port};
    const char *why = NULL;
    int held[2] = {-1, -1};
    s->port = port;
    s->tls_port = tls_port;
    for (int i = 0; i < 2 && !why; i++) {
        int n = port ? i : !i;
        if (*ports[n] >= 0)
            why = try_port(&held[n], s, ports[n]);
    }
    for (int i = 0; i < 2; i++) {
        if (held[i] >= 0)
            close(held[i]);
    }
    return why;
}

/* Picks ports, writes the configuration and starts httpd. */
static const char *start(run_t *run, long port, long tls_port)
{
    chatctl_serve_t *s = run->s;
    const char *why, *text;
    if ((why = pick_ports(s, port, tls_port)))
        return why;
    if (!(text = chatctl_serve_configuration(s)))
        return "too many --conf files";
    if (chat_file_replace(run->conf, text, -1, -1, s->pool) != APR_SUCCESS)
        return apr_psprintf(s->pool, "%s cannot be written", run->conf);
    return spawn(run);
}

static void prepare(run_t *run, chatctl_serve_t *s)
{
    static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    memset(run, 0, sizeof(*run));
    run->s = s;
    run->conf = apr_pstrcat(s->pool, s->state, "/httpd.conf", NULL);
    run->pid_file = apr_pstrcat(s->pool, s->state, "/run/httpd.pid", NULL);
    run->start_log = apr_pstrcat(s->pool, s->state, "/logs/start.log", NULL);
    run->error_log = apr_pstrcat(s->pool, s->state, "/logs/error.log", NULL);
    sigemptyset(&run->signals);
    for (apr_size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        sigaddset(&run->signals, ours[i]);
    sigprocmask(SIG_BLOCK, &run->signals, &run->before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int chatctl_serve_run(chatctl_serve_t *s)
{
    long port = s->port, tls_port = s->tls_port;
    run_t run;
    const char *why;
    prepare(&run, s);
    for (int tries = 1;; tries++) {
        outcome_t outcome;
        if ((why = start(&run, port, tls_port)))
            return chatctl_fail("%s", why);
        outcome = wait_until_ready(&run);
        if (outcome == READY)
            return serve(&run);
        stop(&run);
        if (outcome == STOPPED)
            return 0;
        if (outcome == SLOW)
            return chatctl_fail("httpd does not answer; see %s", run.error_log);
        why = complaint(&run);
        if ((port && tls_port) || tries == PORT_TRIES || !why || !strstr(why, "AH00072"))
            return failed(&run);
    }
}
