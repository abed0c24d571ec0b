/* SPDX-License-Identifier: Apache-2.0
 * chatd - the realtime daemon. Started and supervised by httpd, or by a service manager;
 * see wire/intake.h for its command line.
 */
#include "base/bounds.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "chatd/cluster.h"
#include "chatd/http_client.h"
#include "chatd/route.h"
#include "outbox/http.h"
#include "wire/intake.h"
#include "wire/link.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Exit code: the configuration changed in a way that wants a fresh process. */
#define EXIT_RELOAD 3
/* Accounts and addresses whose logins are counted. */
#define LIMIT_ENTRIES 8192

typedef struct options_t {
    const char *config, *intake_path, *listen_path;
    int intake, listen, lifeline;
} options_t;

static void write_log(void *baton, chat_log_level_t level, apr_status_t rv,
                      const char *text)
{
    char time[APR_CTIME_LEN], why[120] = "";
    (void)baton;
    apr_ctime(time, apr_time_now());
    /* chat's own codes have no words: TEXT says it */
    if (rv != APR_SUCCESS && rv < APR_OS_START_USERERR)
        apr_strerror(rv, why, sizeof(why));
    fprintf(stderr, "[%s] [chatd:%s] [pid %ld] %s%s%s\n", time,
            chat_log_level_name(level), (long)getpid(), why, *why ? ": " : "", text);
}

static void rt_log(void *app, rt_level level, const char *line)
{
    static const chat_log_level_t levels[] = {CHAT_LOG_DEBUG, CHAT_LOG_INFO,
                                              CHAT_LOG_WARNING, CHAT_LOG_ERROR};
    chatd_t *d = app;
    chat_log(&d->log, levels[level], 707, APR_SUCCESS, "%s", line);
}

static void stop(chatd_t *d, int exit_code)
{
    d->exit_code = exit_code;
    rt_loop_stop(d->loop);
}

/* Reads the configuration file into POOL. */
static apr_status_t read_conf(chat_wire_conf_t *out, char **text, const char **why,
                              const chatd_t *d, apr_pool_t *pool)
{
    apr_size_t len;
    apr_status_t rv = chat_file_read(text, &len, d->conf_file, CHAT_WIRE_CONF_MAX, pool);
    *why = "cannot be read";
    return rv == APR_SUCCESS ? chat_wire_conf_read(out, why, *text, pool) : rv;
}

static void reload(chatd_t *d)
{
    chat_wire_conf_t fresh;
    const char *why;
    char *text;
    apr_status_t rv = read_conf(&fresh, &text, &why, d, d->scratch);
    if (rv != APR_SUCCESS)
        chat_log(&d->log, CHAT_LOG_ERROR, 712, rv, "%s: %s; nothing changed",
                 d->conf_file, why);
    else if (strcmp(text, d->conf_text) != 0)
        stop(d, EXIT_RELOAD);
    apr_pool_clear(d->scratch);
}

static void caught(rt_signal *signals, int number)
{
    chatd_t *d = rt_container(signals, chatd_t, signals);
    if (number == SIGHUP)
        reload(d);
    else
        stop(d, 0);
}

static void parent_gone(rt_watch *watch, uint32_t events)
{
    (void)events;
    stop(rt_container(watch, chatd_t, lifeline), 0);
}

/* As many descriptors as there may be; returns how many. */
static unsigned raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1024;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur > 1000000 ? 1000000 : (unsigned)files.rlim_cur;
}

/* Nothing of this process, which knows the site's secret, is for other programs of its
 * user. The leak checker of a test build has to look in. */
static void hide(void)
{
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void create_limits(chatd_t *d)
{
    apr_size_t size = chat_limits_size(LIMIT_ENTRIES);
    d->limits = chat_limits_create(apr_palloc(d->pool, size), size, 1, NULL, d->pool);
    chat_random_bytes(&d->node, sizeof(d->node));
    d->node = 1 + (d->node & INT64_MAX) / 2;
}

static int create_layers(chatd_t *d, const options_t *o)
{
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    rt_server_config config = {.app = d,
                               .route = chatd_route,
                               .origin_allowed = chatd_origin_allowed,
                               .log = rt_log};
    config.conns_per_peer = raise_files() / 100 * CHAT_SOCKETS_PER_ADDRESS_PERCENT;
    chatd_route_create(d);
    create_limits(d);
    d->loop = rt_loop_create();
    if (!d->loop || rt_signal_start(d->loop, &d->signals, numbers, 3) != 0)
        return -1;
    d->signals.caught = caught;
    d->server = rt_server_create(d->loop, &config);
    if (!d->server)
        return -1;
    d->lifeline.ready = parent_gone;
    if (o->lifeline >= 0 && rt_watch_start(d->loop, &d->lifeline, o->lifeline, 1) != 0)
        return -1;
    return 0;
}

static void create_sites(chatd_t *d)
{
    d->site_count = (unsigned)d->conf.sites->nelts;
    d->sites = apr_pcalloc(d->pool, (d->site_count + 1) * sizeof(*d->sites));
    for (unsigned i = 0; i < d->site_count; i++)
        d->sites[i] =
            chatd_site_create(d, i, &APR_ARRAY_IDX(d->conf.sites, i, chat_wire_site_t));
    for (unsigned i = 0; i < d->site_count; i++) {
        chatd_cluster_begin(d->sites[i]);
        if (chatd_site_ready(d->sites[i]))
            chatd_outbox_create(d->sites[i]);
    }
}

/* What systemd hands over blocks, and no program that is started here is to have it. */
static void take_over(int fd)
{
    int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
    if (flags >= 0) {
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

static int open_doors(chatd_t *d, options_t *o)
{
    if (o->intake_path)
        o->intake = chat_wire_listen(o->intake_path, SOCK_SEQPACKET);
    if (o->listen_path)
        o->listen = chat_wire_listen(o->listen_path, SOCK_STREAM);
    take_over(o->intake);
    take_over(o->listen);
    take_over(o->lifeline);
    if (o->intake >= 0 && !(d->intake = chatd_intake_create(d, o->intake)))
        return -1;
    if (o->listen >= 0 && !(d->listener = rt_listener_create(d->server, o->listen, 0)))
        return -1;
    return d->intake || d->listener ? 0 : -1;
}

/* Ends every session; queued bytes are sent as far as the kernel accepts them. */
static void close_layers(chatd_t *d)
{
    chatd_intake_destroy(d->intake);
    if (d->listener)
        rt_listener_destroy(d->listener);
    for (unsigned i = 0; i < d->site_count; i++)
        chatd_site_shutdown(d->sites[i]);
    rt_loop_step(d->loop, 0);
    rt_server_shutdown(d->server);
    rt_loop_step(d->loop, 0);
    for (unsigned i = 0; i < d->site_count; i++)
        chatd_cluster_end(d->sites[i]);
    for (unsigned i = 0; i < d->site_count; i++)
        chatd_site_destroy(d->sites[i]);
    rt_server_destroy(d->server);
    rt_watch_stop(d->loop, &d->lifeline);
    rt_signal_stop(d->loop, &d->signals);
    rt_loop_destroy(d->loop);
    chatd_resume_table_close(d->resume);
}

typedef struct option_t {
    const char *name, *value, *what;
    apr_size_t text, number; /* of its member in options_t; 0: it has none there */
} option_t;

#define TEXT(name) APR_OFFSETOF(options_t, name), 0
#define NUMBER(name) 0, APR_OFFSETOF(options_t, name)

static const option_t options[] = {
    {"--config", "FILE", "the configuration, which httpd writes at each start",
     TEXT(config)},
    {"--intake", "FD",
     "the listening socket where httpd hands over connections and hints", NUMBER(intake)},
    {"--intake-path", "PATH", "the same as a path, which chatd makes", TEXT(intake_path)},
    {"--listen", "FD", "the listening socket of the proxy way, HTTP", NUMBER(listen)},
    {"--listen-path", "PATH", "the same as a path, which chatd makes", TEXT(listen_path)},
    {"--lifeline", "FD", "a pipe of httpd's parent: at its end chatd ends, too",
     NUMBER(lifeline)},
    {"--help", "", "lists the options", 0, 0},
    {"--version", "", "shows the version", 0, 0},
};
#define OPTIONS (sizeof(options) / sizeof(*options))

static int usage(FILE *to)
{
    fputs("usage: chatd --config FILE [--intake FD | --intake-path PATH]\n"
          "             [--listen FD | --listen-path PATH] [--lifeline FD]\n\n",
          to);
    for (apr_size_t k = 0; k < OPTIONS; k++)
        fprintf(to, "  %s %-*s  %s\n", options[k].name, 18 - (int)strlen(options[k].name),
                options[k].value, options[k].what);
    return to == stdout ? 0 : 2;
}

static int read_options(options_t *o, int argc, char **argv)
{
    apr_size_t k;
    *o = (options_t){.intake = -1, .listen = -1, .lifeline = -1};
    for (int i = 1; i + 1 < argc; i += 2) {
        apr_int64_t number;
        for (k = 0; k < OPTIONS && strcmp(argv[i], options[k].name); k++)
            ;
        if (k == OPTIONS || !*options[k].value)
            return -1;
        if (!options[k].number)
            *(const char **)((char *)o + options[k].text) = argv[i + 1];
        else if (chat_text_int64(&number, argv[i + 1]) && number >= 0)
            *(int *)((char *)o + options[k].number) = (int)number;
        else
            return -1;
    }
    return argc % 2 && o->config ? 0 : -1;
}

/* Beside the first database that is a file: there is a place where this user may write.
 * Else where httpd has made one, beside the configuration. */
static void open_resume_table(chatd_t *d)
{
    const char *file = d->conf_file;
    int kept;
    for (unsigned i = d->site_count; i-- > 0;) {
        if (d->sites[i]->database.file)
            file = d->sites[i]->database.file;
    }
    file = apr_pstrcat(d->pool, file, CHAT_WIRE_SESSIONS, NULL);
    d->resume = chatd_resume_table_open(file, &kept);
    if (!kept)
        chat_log(&d->log, CHAT_LOG_WARNING, 710, APR_SUCCESS,
                 "%s cannot be used: sessions do not outlive this process", file);
}

static int run(chatd_t *d, options_t *o)
{
    const char *why;
    apr_status_t rv;
    d->conf_file = o->config;
    rv = read_conf(&d->conf, &d->conf_text, &why, d, d->pool);
    if (rv != APR_SUCCESS) {
        chat_log(&d->log, CHAT_LOG_ERROR, 708, rv, "%s: %s", o->config, why);
        return 1;
    }
    d->log.level = d->conf.level;
    chat_database_init();
    if (chat_crypt_init() != APR_SUCCESS || chat_http_init() != APR_SUCCESS ||
        create_layers(d, o) != 0) {
        chat_log(&d->log, CHAT_LOG_ERROR, 709, APR_SUCCESS,
                 "cannot start the event loop");
        return 1;
    }
    create_sites(d);
    open_resume_table(d);
    if (open_doors(d, o) != 0) {
        chat_log(&d->log, CHAT_LOG_ERROR, 711, APR_SUCCESS, "no socket to listen on");
        return 1;
    }
    chat_log(&d->log, CHAT_LOG_NOTICE, 701, APR_SUCCESS, "realtime ready, %u site%s",
             d->site_count, d->site_count == 1 ? "" : "s");
    rt_loop_run(d->loop);
    close_layers(d);
    return d->exit_code;
}

int main(int argc, char **argv)
{
    chatd_t d = {.exit_code = 0};
    options_t o;
    int rc;
    if (argc == 2 && !strcmp(argv[1], "--help"))
        return usage(stdout);
    if (argc == 2 && !strcmp(argv[1], "--version"))
        return printf("chatd %s\n", CHAT_VERSION) < 0;
    if (read_options(&o, argc, argv) != 0)
        return usage(stderr);
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&d.pool, NULL) != APR_SUCCESS)
        return 1;
    apr_pool_create(&d.scratch, d.pool);
    apr_pool_create(&d.batch, d.pool);
    signal(SIGPIPE, SIG_IGN);
    hide();
    d.log.fn = write_log;
    d.log.level = CHAT_LOG_NOTICE;
    rc = run(&d, &o);
    apr_pool_destroy(d.pool);
    apr_terminate();
    return rc;
}
