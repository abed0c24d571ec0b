/* SPDX-License-Identifier: Apache-2.0 */
/* chatd's life under httpd's parent process. */
#include "httpd/realtime/daemon.h"

#include "base/clock.h"
#include "httpd/log.h"
#include "httpd/realtime/context.h"
#include "httpd/realtime/daemon_conf.h"
#include "httpd/realtime/daemon_files.h"
#include "httpd/realtime/daemon_run.h"
#include "httpd/realtime/daemon_sockets.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <errno.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_core.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETAINED "mod_chat-daemon-1"
#define RETAINED_STATE "mod_chat-realtime-state-2"
/* Seconds; one that ends earlier failed to start. httpd sees an end a second late. */
#define LIVED_LONG 3
#define DELAY_SHORT 1 /* clients wait for so long */
#define DELAY_MAX 60
#define STOP_MS 5000
#define STEP_MS 10

/* Lives in the process pool; see limits.c about RETAINED. Nothing in it points into the
 * module, which may be loaded to another place by a restart. */
typedef struct retained_t {
    pid_t owner; /* httpd's parent */
    int lock;
    int intake, http;
    int lifeline[2];
    char *paths; /* of both sockets */
    char *text;  /* of the configuration file */
    pid_t pid;   /* of chatd; 0: none */
    apr_time_t started;
    int failures;
    struct stat program; /* what was started */
} retained_t;

/* One reading of the configuration. */
typedef struct keeper_t {
    retained_t *kept;
    chat_realtime_state_t *state;
    chat_generation_t *generation;
    const chat_daemon_t *daemon; /* or NULL */
    chat_runner_t runner;
    chat_log_t log;
    apr_pool_t *pconf;
    apr_proc_t proc;
} keeper_t;

static retained_t *retained(void)
{
    retained_t *kept = ap_retained_data_get(RETAINED);
    if (kept)
        return kept;
    kept = ap_retained_data_create(RETAINED, sizeof(*kept));
    kept->lock = kept->intake = kept->http = -1;
    kept->lifeline[0] = kept->lifeline[1] = -1;
    kept->owner = getpid();
    return kept;
}

/* Apart from the rest, which an older module may have left: this one's layout is its
 * own. */
static chat_realtime_state_t *retained_state(const retained_t *kept)
{
    chat_realtime_state_t **state = ap_retained_data_get(RETAINED_STATE);
    if (!state)
        state = ap_retained_data_create(RETAINED_STATE, sizeof(*state));
    if (!*state) {
        *state = chat_realtime_state_create();
        if (*state && kept->pid)
            chat_realtime_state_set_running(*state, 1);
    }
    return *state;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- start, and start again ---- */

static void start(keeper_t *keeper, int delay);

/* httpd's main loop gives the exit code or the number of the signal, without the kind.
 * chatd's exit codes are 0 to 3 and FAILED of daemon_run.c, and these signals end it. */
static const char *kind_of(int status)
{
    static const int signals[] = {SIGILL,  SIGABRT, SIGBUS,  SIGFPE,  SIGKILL,
                                  SIGSEGV, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS};
    for (apr_size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        if (status == signals[i])
            return "signal";
    }
    return "exit code";
}

/* What waits there will not be accepted soon: its clients are to learn that now. */
static void empty_backlog(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        close(fd);
}

static void ended(keeper_t *keeper, int status)
{
    retained_t *kept = keeper->kept;
    int code = status > 255 ? WEXITSTATUS(status) : status;
    apr_time_t lived = apr_time_now() - kept->started;
    int state = AP_MPMQ_RUNNING, delay;
    kept->pid = 0;
    chat_realtime_state_set_running(keeper->state, 0);
    ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    if (state == AP_MPMQ_STOPPING)
        return;
    kept->failures = lived > apr_time_from_sec(LIVED_LONG) ? 0 : kept->failures + 1;
    delay = chat_clock_backoff(kept->failures, DELAY_MAX);
    chat_log(&keeper->log, CHAT_LOG_ERROR, 602, APR_SUCCESS,
             "chatd (pid %d) ended with %s %d; restarting in %d s", (int)keeper->proc.pid,
             kind_of(code), code, delay);
    if (delay > DELAY_SHORT) {
        empty_backlog(kept->intake);
        empty_backlog(kept->http);
    }
    start(keeper, delay);
}

static void maintain(int reason, void *data, apr_wait_t status)
{
    keeper_t *keeper = data;
    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST)
        return;
    apr_proc_other_child_unregister(data);
    if (keeper->kept->pid == keeper->proc.pid)
        ended(keeper, reason == APR_OC_REASON_DEATH ? status : 0);
}

static void watch(keeper_t *keeper)
{
    keeper->proc.pid = keeper->kept->pid;
    apr_proc_other_child_register(&keeper->proc, maintain, keeper, NULL, keeper->pconf);
}

static void start(keeper_t *keeper, int delay)
{
    retained_t *kept = keeper->kept;
    chat_daemon_run_t run = {
        .program = keeper->daemon->program,
        .conf = keeper->daemon->conf,
        .intake = kept->intake,
        .http = kept->http,
        .lifeline = kept->lifeline[0],
        .delay = delay,
        .runner = &keeper->runner,
        .state = keeper->state,
    };
    pid_t pid;
    /* A connection that is opened meanwhile waits in the sockets' backlogs. During a
     * longer delay only those of a ProxyPass by hand arrive: ours see the state and get
     * 503. */
    if (delay <= DELAY_SHORT)
        chat_realtime_state_set_running(keeper->state, 1);
    pid = chat_daemon_run(&run);
    if (pid < 0) {
        chat_realtime_state_set_running(keeper->state, 0);
        chat_log(&keeper->log, CHAT_LOG_ERROR, 601, errno,
                 "cannot start chatd; realtime requests get 503");
        return;
    }
    kept->pid = pid;
    kept->started = apr_time_now() + apr_time_from_sec(delay);
    if (stat(run.program, &kept->program) != 0)
        memset(&kept->program, 0, sizeof(kept->program));
    watch(keeper);
    chat_log(&keeper->log, CHAT_LOG_NOTICE, 600, APR_SUCCESS,
             "started chatd (%s), pid %d", run.program, (int)pid);
}

/* A daemon that was replaced drains beside its successor; httpd is to know its pid. */
static void gone(int reason, void *data, apr_wait_t status)
{
    (void)status;
    if (reason == APR_OC_REASON_DEATH || reason == APR_OC_REASON_LOST)
        apr_proc_other_child_unregister(data);
}

static void replace(keeper_t *keeper)
{
    apr_proc_t *proc = apr_pcalloc(keeper->pconf, sizeof(*proc));
    proc->pid = keeper->kept->pid;
    kill(proc->pid, SIGTERM);
    apr_proc_other_child_register(proc, gone, proc, NULL, keeper->pconf);
    keeper->kept->pid = 0;
}

/* ---- stop ---- */

static int wait_end(pid_t pid)
{
    for (int ms = 0; ms < STOP_MS; ms += STEP_MS) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return 1;
        apr_sleep(apr_time_from_msec(STEP_MS));
    }
    return 0;
}

static void stop(retained_t *kept, const chat_log_t *log)
{
    chat_realtime_state_t *state = retained_state(kept);
    if (kept->pid) {
        kill(kept->pid, SIGTERM);
        if (!wait_end(kept->pid)) {
            chat_log(log, CHAT_LOG_WARNING, 604, APR_SUCCESS,
                     "chatd (pid %d) did not end within %d s; killing it", (int)kept->pid,
                     STOP_MS / 1000);
            kill(kept->pid, SIGKILL);
            wait_end(kept->pid);
        }
    }
    kept->pid = 0;
    if (state)
        chat_realtime_state_set_running(state, 0);
}

static void close_all(retained_t *kept)
{
    char *path = kept->paths;
    if (path) {
        unlink(path);
        unlink(path + strlen(path) + 1);
        free(path);
        kept->paths = NULL;
    }
    free(kept->text);
    kept->text = NULL;
    shut(&kept->intake);
    shut(&kept->http);
    shut(&kept->lifeline[0]);
    shut(&kept->lifeline[1]);
    shut(&kept->lock);
}

/* pconf is cleared at every restart too; chatd ends with httpd only. */
static apr_status_t leave(void *baton)
{
    keeper_t *keeper = baton;
    if (getpid() == keeper->kept->owner &&
        ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
        stop(keeper->kept, &keeper->log);
        unlink(keeper->daemon->conf);
        chat_daemon_files_clear(keeper->generation, keeper->daemon->conf, keeper->pconf);
        close_all(keeper->kept);
    }
    return APR_SUCCESS;
}

/* ---- sockets and configuration ---- */

static int same_paths(const retained_t *kept, const chat_daemon_t *daemon)
{
    return kept->paths && !strcmp(kept->paths, daemon->intake) &&
           !strcmp(kept->paths + strlen(kept->paths) + 1, daemon->http);
}

static const char *open_all(keeper_t *keeper)
{
    const chat_daemon_t *daemon = keeper->daemon;
    retained_t *kept = keeper->kept;
    apr_size_t intake = strlen(daemon->intake) + 1, http = strlen(daemon->http) + 1;
    kept->lock =
        chat_daemon_lock(apr_pstrcat(keeper->pconf, daemon->conf, ".lock", NULL));
    if (kept->lock < 0)
        return errno == EAGAIN || errno == EACCES
                   ? "the runtime directory belongs to another httpd; see "
                     "DefaultRuntimeDir"
                   : "cannot create its lock file in the runtime directory";
    kept->intake = chat_daemon_listen(daemon->intake, SOCK_SEQPACKET, &keeper->runner);
    kept->http = chat_daemon_listen(daemon->http, SOCK_STREAM, &keeper->runner);
    if (kept->intake < 0 || kept->http < 0)
        return "cannot create its sockets in the runtime directory";
    if (pipe2(kept->lifeline, O_CLOEXEC) != 0)
        return "cannot create its lifeline";
    kept->paths = malloc(intake + http);
    if (!kept->paths)
        return "out of memory";
    memcpy(kept->paths, daemon->intake, intake);
    memcpy(kept->paths + intake, daemon->http, http);
    return NULL;
}

/* Writes the configuration when it changed. */
static int configure(keeper_t *keeper, int *changed, apr_pool_t *ptemp)
{
    retained_t *kept = keeper->kept;
    const char *file = keeper->daemon->conf, *text;
    apr_status_t rv =
        chat_daemon_files_write(keeper->generation, file, &keeper->runner, keeper->pconf);
    *changed = 0;
    text = chat_daemon_conf(keeper->generation, ptemp);
    if (rv == APR_SUCCESS && text && kept->text && !strcmp(kept->text, text))
        return 1;
    if (rv == APR_SUCCESS)
        rv = text ? chat_daemon_write(file, text, &keeper->runner, ptemp) : APR_ENOSPC;
    if (rv != APR_SUCCESS) {
        chat_log(&keeper->log, CHAT_LOG_ERROR, 606, rv,
                 "cannot write chatd's configuration %s", file);
        return 0;
    }
    free(kept->text);
    kept->text = strdup(text);
    *changed = 1;
    return 1;
}

/* ---- a running daemon at a restart of httpd ---- */

static int program_changed(const keeper_t *keeper)
{
    const struct stat *old = &keeper->kept->program;
    struct stat now;
    return stat(keeper->daemon->program, &now) != 0 || now.st_ino != old->st_ino ||
           now.st_dev != old->st_dev || now.st_mtime != old->st_mtime;
}

/* httpd may have reopened its log; chatd writes to the same one. */
static void send_log(const keeper_t *keeper, apr_pool_t *ptemp)
{
    chat_intake_t head = {.kind = CHAT_INTAKE_LOG};
    chat_daemon_link_t *link;
    if (chat_daemon_link_create(&link, keeper->daemon->intake, ptemp) == APR_SUCCESS)
        chat_daemon_link_send(link, &head, NULL, (const int[]){2, -1}, 0);
}

static void keep(keeper_t *keeper, int changed, apr_pool_t *ptemp)
{
    retained_t *kept = keeper->kept;
    /* It may have ended during the restart. */
    if (kept->pid && waitpid(kept->pid, NULL, WNOHANG) != 0)
        kept->pid = 0;
    if (kept->pid && program_changed(keeper))
        replace(keeper);
    if (!kept->pid) {
        kept->failures = 0;
        start(keeper, 0);
        return;
    }
    watch(keeper);
    if (changed)
        kill(kept->pid, SIGHUP);
    send_log(keeper, ptemp);
}

static void supervise(keeper_t *keeper, apr_pool_t *ptemp)
{
    retained_t *kept = keeper->kept;
    const char *why = NULL;
    int changed;
    if (kept->paths && !same_paths(kept, keeper->daemon)) {
        stop(kept, &keeper->log);
        close_all(kept);
    }
    if (!kept->paths)
        why = open_all(keeper);
    if (why) {
        chat_log(&keeper->log, CHAT_LOG_ERROR, 605, errno,
                 "no chatd, realtime requests get 503: %s", why);
        stop(kept, &keeper->log);
        close_all(kept);
        return;
    }
    apr_pool_cleanup_register(keeper->pconf, keeper, leave, apr_pool_cleanup_null);
    if (!configure(keeper, &changed, ptemp))
        return;
    if (access(keeper->daemon->program, X_OK) != 0) {
        chat_log(&keeper->log, CHAT_LOG_ERROR, 607, errno,
                 "no chatd to start, realtime requests get 503: %s",
                 keeper->daemon->program);
        stop(kept, &keeper->log);
        return;
    }
    keep(keeper, changed, ptemp);
}

void chat_daemon_prepare(chat_generation_t *gen, const chat_runner_t *runner,
                         apr_pool_t *pconf, apr_pool_t *ptemp)
{
    keeper_t *keeper = apr_pcalloc(pconf, sizeof(*keeper));
    const chat_daemon_t *daemon = gen->daemon;
    retained_t *kept = retained();
    int changed;
    keeper->kept = kept;
    keeper->generation = gen;
    keeper->daemon = daemon;
    keeper->runner = *runner;
    keeper->pconf = pconf;
    chat_log_server(&keeper->log, gen->main);
    keeper->state = retained_state(kept);
    if (!keeper->state) {
        chat_log(&keeper->log, CHAT_LOG_ERROR, 608, errno,
                 "no shared memory, realtime requests get 503");
        return;
    }
    gen->state = keeper->state;
    if (gen->realtime)
        gen->realtime->state = keeper->state;
    if (!daemon || daemon->mode != CHAT_DAEMON_AUTO) {
        stop(kept, &keeper->log);
        close_all(kept);
    }
    if (daemon && daemon->mode == CHAT_DAEMON_AUTO)
        supervise(keeper, ptemp);
    else if (daemon) {
        configure(keeper, &changed, ptemp);
        chat_realtime_state_set_running(keeper->state, 1);
    }
}

void chat_daemon_end(server_rec *main)
{
    retained_t *kept = ap_retained_data_get(RETAINED);
    chat_log_t log;
    if (!kept)
        return;
    chat_log_server(&log, main);
    stop(kept, &log);
    close_all(kept);
}

void chat_daemon_child(void)
{
    retained_t *kept = ap_retained_data_get(RETAINED);
    if (!kept)
        return;
    shut(&kept->intake);
    shut(&kept->http);
    shut(&kept->lifeline[0]);
    shut(&kept->lifeline[1]);
    shut(&kept->lock);
}
