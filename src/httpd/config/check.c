/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/config/check.h"

#include "httpd/config/check_realtime.h"
#include "httpd/config/discord.h"
#include "httpd/log.h"
#include "httpd/request/mounts.h"
#include "httpd/site.h"

#include <httpd.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <http_core.h>
#include <http_log.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* mod_dbd's own defaults for DBDMin, DBDKeep and DBDMax */
#define CONNECTIONS_MIN 1
#define CONNECTIONS_KEEP 2
#define CONNECTIONS_MAX 10

#define LOOKS 3
#define LOOK_PAUSE (20 * 1000) /* microseconds */

/* One run over a configuration. */
typedef struct check_t {
    apr_pool_t *pool;
    apr_pool_t *temp;
    chat_generation_t *world;
    server_rec *server; /* the host that is looked at */
    chat_runner_t runner;
    int mistakes;
} check_t;

static const char *where(const check_t *check)
{
    const server_rec *s = check->server;
    if (!s->is_virtual)
        return "main server";
    return apr_psprintf(check->temp, "virtual host %s (%s:%u)",
                        s->server_hostname ? s->server_hostname : "without name",
                        s->defn_name ? s->defn_name : "?", s->defn_line_number);
}

static void say(check_t *check, chat_log_level_t level, int id, const char *text)
{
    chat_log_t log;
    chat_log_startup(&log, check->server);
    chat_log(&log, level, id, APR_SUCCESS, "%s: %s", where(check), text);
}

static void mistake(check_t *check, int id, const char *text)
{
    check->mistakes++;
    say(check, CHAT_LOG_ERROR, id, text);
}

/* ---- files ---- */

/* Only the kernel knows what mode bits, groups and access lists allow in sum, so it is
 * asked in a process that is that user. */
static int user_may(const chat_runner_t *runner, const char *path, int mode)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        if ((runner->name ? initgroups(runner->name, runner->gid)
                          : setgroups(1, &runner->gid)) != 0 ||
            setgid(runner->gid) != 0 || setuid(runner->uid) != 0)
            _exit(2);
        _exit(access(path, mode) == 0 ? 0 : 1);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return 0;
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether the user that serves requests may do all of MODE (R_OK, W_OK, X_OK). */
static int runner_may(const check_t *check, const char *path, int mode)
{
    if (check->runner.switched)
        return user_may(&check->runner, path, mode);
    return access(path, mode) == 0;
}

/* The first directory on the way to DIR that the user cannot pass; NULL: none. */
static const char *closed_way(const check_t *check, const char *dir)
{
    const char *slash = dir;
    while ((slash = strchr(slash + 1, '/')) != NULL) {
        const char *part = apr_pstrmemdup(check->temp, dir, (apr_size_t)(slash - dir));
        if (!runner_may(check, part, X_OK))
            return part;
    }
    return NULL;
}

static const char *runner_name(const check_t *check)
{
    return check->runner.name ? check->runner.name : "the run user";
}

static const char *directory_of(const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');
    return slash == file ? "/" : apr_pstrmemdup(pool, file, (apr_size_t)(slash - file));
}

/* A file of the database may be missing; when it is there it must be of use. At a restart
 * the old processes make and remove journals while we look, so a look is repeated. */
static void check_part(check_t *check, const char *file)
{
    struct stat st;
    int look;
    for (look = 0; look < LOOKS; look++) {
        if (stat(file, &st) != 0)
            return;
        if (!S_ISREG(st.st_mode)) {
            mistake(check, 106,
                    apr_psprintf(check->temp, "DBDParams: %s is not a file", file));
            return;
        }
        if (runner_may(check, file, R_OK | W_OK))
            return;
        apr_sleep(LOOK_PAUSE);
    }
    mistake(check, 107,
            apr_psprintf(check->temp,
                         "DBDParams: the file %s must be readable and writable by %s",
                         file, runner_name(check)));
}

/* SQLite makes journals and a lock file beside the database, so the directory matters. */
static void check_file(check_t *check, const char *file)
{
    static const char *const parts[] = {"", "-wal", "-shm", ".lock"};
    const char *dir = directory_of(file, check->temp), *closed;
    struct stat st;
    apr_size_t i;
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        mistake(check, 104,
                apr_psprintf(check->temp, "DBDParams %s: there is no directory %s", file,
                             dir));
        return;
    }
    closed = closed_way(check, dir);
    if (closed) {
        mistake(check, 119,
                apr_psprintf(check->temp, "DBDParams %s: %s cannot pass the directory %s",
                             file, runner_name(check), closed));
    }
    else if (!runner_may(check, dir, W_OK | X_OK)) {
        mistake(check, 105,
                apr_psprintf(check->temp,
                             "DBDParams %s: the directory %s must be writable by %s",
                             file, dir, runner_name(check)));
    }
    for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        check_part(check, apr_pstrcat(check->temp, file, parts[i], NULL));
}

static int below(const char *file, const char *dir)
{
    apr_size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    return !strncmp(file, dir, len) && (file[len] == '/' || len == 1);
}

/* A database that the web server hands out as a file. */
static void check_public(check_t *check, const char *file)
{
    server_rec *s;
    for (s = check->world->main; s; s = s->next) {
        core_server_config *core = ap_get_core_module_config(s->module_config);
        if (!core->ap_document_root || !below(file, core->ap_document_root))
            continue;
        say(check, CHAT_LOG_WARNING, 108,
            apr_psprintf(check->temp,
                         "the database %s lies below the DocumentRoot %s: whoever asks "
                         "for it may get it",
                         file, core->ap_document_root));
        return;
    }
}

static void check_secret(check_t *check, const chat_site_database_t *home)
{
    chat_secret_t secret;
    struct stat st;
    const char *path = home->secret_file;
    apr_status_t rv;
    if (stat(path, &st) != 0) {
        if (home->secret_named) {
            mistake(
                check, 109,
                apr_psprintf(check->temp,
                             "ChatSecretFile %s: %s; to make one: (umask 077; openssl "
                             "rand -hex 32 >%s)",
                             path, strerror(errno), path));
        }
        return;
    }
    rv = chat_secret_load(&secret, path, check->temp);
    memset(&secret, 0, sizeof(secret));
    if (rv == CHAT_MALFORMED) {
        mistake(
            check, 110,
            apr_psprintf(check->temp,
                         "the secret in %s must be 64 hexadecimal digits and a newline",
                         path));
    }
    else if (APR_STATUS_IS_EACCES(rv) && (st.st_mode & 077)) {
        mistake(check, 111,
                apr_psprintf(check->temp,
                             "the secret in %s must be for its owner alone (mode 0600)",
                             path));
    }
    else if (rv != APR_SUCCESS) {
        char text[120];
        mistake(check, 112,
                apr_psprintf(check->temp, "the secret in %s cannot be read: %s", path,
                             apr_strerror(rv, text, sizeof(text))));
    }
}

/* ---- databases ---- */

static int same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* FILE as the system finds it; it may be still to be made. */
static const char *real_file(const char *file, apr_pool_t *pool)
{
    char found[PATH_MAX];
    const char *slash = strrchr(file, '/');
    if (realpath(file, found))
        return apr_pstrdup(pool, found);
    if (!slash ||
        !realpath(apr_pstrmemdup(pool, file, (apr_size_t)(slash - file + 1)), found))
        return file;
    return apr_pstrcat(pool, found, slash, NULL);
}

static int same_database(const chat_database_t *a, const chat_database_t *b,
                         apr_pool_t *pool)
{
    if (strcmp(a->driver, b->driver))
        return 0;
    if (!a->file || !b->file)
        return !strcmp(a->params, b->params);
    return !strcmp(real_file(a->file, pool), real_file(b->file, pool));
}

static chat_site_database_t *home_find(const chat_generation_t *world,
                                       const chat_database_t *db, apr_pool_t *pool)
{
    int i;
    for (i = 0; i < world->homes->nelts; i++) {
        chat_site_database_t *home =
            APR_ARRAY_IDX(world->homes, i, chat_site_database_t *);
        if (same_database(&home->database, db, pool))
            return home;
    }
    return NULL;
}

static apr_int64_t value_or(apr_int64_t value, apr_int64_t otherwise)
{
    return value == CHAT_UNSET ? otherwise : value;
}

/* With these out of order mod_dbd starts, and has no connection to give. */
static void check_connections(check_t *check, const chat_server_conf_t *conf)
{
    int min = (int)value_or(conf->dbd_min, CONNECTIONS_MIN);
    int keep = (int)value_or(conf->dbd_keep, CONNECTIONS_KEEP);
    int max = (int)value_or(conf->dbd_max, CONNECTIONS_MAX);
    if (min <= keep && keep <= max && max > 0)
        return;
    mistake(
        check, 118,
        apr_psprintf(check->temp,
                     "DBDMin %d, DBDKeep %d, DBDMax %d: each must be at most the next, "
                     "and DBDMax at least 1 (defaults: 1, 2, 10)",
                     min, keep, max));
}

static chat_site_database_t *home_create(check_t *check, const chat_server_conf_t *conf,
                                         const chat_database_t *db)
{
    chat_site_database_t *home = apr_pcalloc(check->pool, sizeof(*home));
    home->world = check->world;
    home->server = check->server;
    home->database = *db;
    home->connections = (int)value_or(conf->dbd_max, CONNECTIONS_MAX);
    home->retention = value_or(conf->retention, 0);
    home->session_lifetime = CHAT_UNSET;
    home->secret_named = conf->secret_file != NULL;
    home->secret_file = conf->secret_file;
    if (!home->secret_file && db->file)
        home->secret_file = apr_pstrcat(check->pool, db->file, ".secret", NULL);
    chat_log_server(&home->log, check->server);
    APR_ARRAY_PUSH(check->world->homes, chat_site_database_t *) = home;

    if (db->file) {
        check_file(check, db->file);
        check_public(check, db->file);
    }
    if (home->secret_file) {
        check_secret(check, home);
    }
    else {
        mistake(check, 113,
                apr_psprintf(check->temp,
                             "ChatSecretFile is missing: with DBDriver %s there is no "
                             "place beside the database for the secret",
                             db->driver));
    }
    return home;
}

/* What is kept per database cannot differ between the hosts that share it. */
static void check_shared(check_t *check, const chat_site_database_t *home,
                         const chat_server_conf_t *conf, const chat_database_t *db)
{
    apr_int64_t retention = value_or(conf->retention, 0);
    if (strcmp(home->database.params, db->params)) {
        mistake(check, 114,
                apr_psprintf(check->temp,
                             "DBDParams %s is the same database as %s of another host; "
                             "write both alike",
                             db->params, home->database.params));
    }
    if (conf->secret_file ? !same_text(conf->secret_file, home->secret_file)
                          : home->secret_named) {
        mistake(check, 115,
                apr_psprintf(check->temp,
                             "ChatSecretFile %s: another host has the same database with "
                             "the secret in %s; they must agree",
                             conf->secret_file ? conf->secret_file : "is not set",
                             home->secret_file ? home->secret_file : "no file"));
    }
    if (retention != home->retention) {
        mistake(check, 116,
                "ChatRetention: another host has the same database with another value; "
                "they must agree");
    }
}

static chat_site_database_t *check_database(check_t *check,
                                            const chat_server_conf_t *conf)
{
    chat_database_t db;
    chat_site_database_t *home;
    const char *why = "it cannot be used";
    if (!ap_find_linked_module("mod_dbd.c")) {
        mistake(check, 101, "ChatEngine On needs mod_dbd, which is not loaded");
        return NULL;
    }
    if (!conf->driver || !conf->params) {
        mistake(
            check, 102,
            apr_psprintf(check->temp,
                         "ChatEngine On needs a database: %s is not set, as in "
                         "`DBDriver sqlite3` and `DBDParams /var/lib/mod_chat/chat.db`",
                         conf->driver ? "DBDParams" : "DBDriver"));
        return NULL;
    }
    if (chat_database_parse(&db, &why, conf->driver, conf->params, check->pool) !=
        APR_SUCCESS) {
        mistake(
            check, 103,
            apr_psprintf(check->temp, "DBDriver %s, DBDParams: %s", conf->driver, why));
        return NULL;
    }
    check_connections(check, conf);
    home = home_find(check->world, &db, check->temp);
    if (home)
        check_shared(check, home, conf, &db);
    else
        home = home_create(check, conf, &db);
    return home;
}

/* ---- hosts ---- */

/* The host's address as its configuration names it: what goes into mails must not come
 * from a request's Host header. */
static const char *own_url(const server_rec *s, apr_pool_t *pool)
{
    apr_port_t port = s->port ? s->port : s->addrs ? s->addrs->host_port : 0;
    int tls = s->server_scheme ? !strcasecmp(s->server_scheme, "https") : port == 443;
    const char *base =
        apr_pstrcat(pool, tls ? "https://" : "http://", s->server_hostname, NULL);
    if (!port || port == (tls ? 443 : 80))
        return base;
    return apr_psprintf(pool, "%s:%u", base, (unsigned)port);
}

/* How long a session can be alive at any place of the host; 0: for ever. */
static apr_int64_t session_lifetime(const check_t *check, const chat_server_conf_t *conf)
{
    const chat_dir_conf_t *dir =
        ap_get_module_config(check->server->lookup_defaults, &chat_module);
    return chat_span_longer(value_or(dir->own.session_lifetime, 0),
                            conf->longest_session);
}

static void check_host(check_t *check, chat_server_conf_t *conf)
{
    chat_host_t *host = apr_pcalloc(check->pool, sizeof(*host));
    const char *why;
    host->server = check->server;
    host->home = check_database(check, conf);
    if (host->home)
        host->home->session_lifetime =
            chat_span_longer(host->home->session_lifetime, session_lifetime(check, conf));
    host->mounts = chat_mounts_build(&why, conf, check->pool);
    host->origins = conf->origins;
    host->site.room_creation = conf->room_creation != 0;
    host->site.reveal_passwords = conf->reveal_passwords == 1;
    host->site.approved_lists = conf->approved_lists == 1;
    host->site.console = conf->admin == 1;
    host->site.password_ends_sessions = conf->password_ends_sessions == 1;
    host->mail = conf->mail_command;
    host->mail_templates = conf->mail_templates;
    host->site.mail = conf->mail_command && conf->mail_command->nelts;
    host->site.url = own_url(check->server, check->pool);
    host->site.retention = value_or(conf->retention, 0);
    chat_log_server(&host->site.log, check->server);
    if (why)
        mistake(check, 117, why);
    why = chat_check_realtime(host, conf, check->pool);
    if (why)
        mistake(check, 611, why);
    why = chat_discord_check(host, conf, &check->runner, check->pool);
    if (why)
        mistake(check, 810, why);
    host->number = (unsigned)check->world->hosts->nelts;
    APR_ARRAY_PUSH(check->world->hosts, chat_host_t *) = host;
    conf->host = host;
}

static chat_generation_t *world_create(apr_pool_t *pool, server_rec *main)
{
    chat_generation_t *world = apr_pcalloc(pool, sizeof(*world));
    world->main = main;
    world->homes = apr_array_make(pool, 2, sizeof(chat_site_database_t *));
    world->hosts = apr_array_make(pool, 4, sizeof(chat_host_t *));
    world->dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    world->dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    return world;
}

int chat_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *s)
{
    check_t check = {.pool = pconf, .temp = ptemp};
    server_rec *host;
    const char *why;
    (void)plog;
    check.world = world_create(pconf, s);
    chat_site_runner(&check.runner, ptemp);
    for (host = s; host; host = host->next) {
        chat_server_conf_t *conf = chat_config_server(host);
        check.server = host;
        if (conf->engine == 1)
            check_host(&check, conf);
    }
    check.server = s;
    why = chat_check_daemon(check.world, pconf);
    if (why)
        mistake(&check, 612, why);
    if (check.mistakes)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (check.world->hosts->nelts == 0)
        return DECLINED;
    for (host = s; host; host = host->next)
        chat_config_server(host)->world = check.world;
    return OK;
}
