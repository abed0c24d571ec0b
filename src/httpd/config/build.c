/* SPDX-License-Identifier: Apache-2.0 */
/* Constructor of the generation: what the directives of all hosts mean together. */
#include "httpd/config/build.h"

#include "base/sign_key.h"
#include "httpd/config/directives.h"
#include "httpd/config/mounts.h"
#include "httpd/log.h"

#include <ap_mpm.h>
#include <apr_env.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <http_config.h>
#include <string.h>
#include <unistd.h>

/* In the runtime directory, or in the one of `ChatDaemon external`. */
#define FILE_INTAKE "chatd-intake.sock"
#define FILE_HTTP "chatd-http.sock"
#define FILE_CONF "chatd.conf"

/* ---- databases ---- */

static chat_site_database_t *find_database(const chat_generation_t *gen,
                                           const chat_database_t *spec)
{
    for (int i = 0; i < gen->databases->nelts; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        if (chat_database_same(&database->spec, spec))
            return database;
    }
    return NULL;
}

static chat_site_database_t *add_database(chat_check_t *check,
                                          const chat_server_conf_t *conf,
                                          const chat_database_t *spec)
{
    chat_site_database_t *database = apr_pcalloc(check->pool, sizeof(*database));
    database->generation = check->generation;
    database->server = check->server;
    database->spec = *spec;
    database->connections = (int)conf->dbd_max;
    database->retention = conf->retention;
    database->session_lifetime = CHAT_UNSET;
    database->secret_named = conf->secret_file != NULL;
    database->secret_file = conf->secret_file;
    if (!database->secret_file && spec->file)
        database->secret_file = apr_pstrcat(check->pool, spec->file, ".secret", NULL);
    chat_log_server(&database->log, check->server);
    APR_ARRAY_PUSH(check->generation->databases, chat_site_database_t *) = database;
    return database;
}

static chat_site_database_t *database_of(chat_check_t *check,
                                         const chat_server_conf_t *conf)
{
    chat_database_t spec;
    chat_site_database_t *database;
    const char *why = "it cannot be used";
    char *bound;
    if (!ap_find_linked_module("mod_dbd.c")) {
        chat_check_mistake(check, 101,
                           "ChatEngine On needs mod_dbd, which is not loaded: on Debian "
                           "`a2enmod dbd`, elsewhere `LoadModule dbd_module`");
        return NULL;
    }
    if (!conf->driver || !conf->params) {
        chat_check_mistake(check, 102,
                           "ChatEngine On needs a database: %s is not set, as in "
                           "`DBDriver sqlite3` and `DBDParams /var/lib/mod_chat/chat.db`",
                           conf->driver ? "DBDParams" : "DBDriver");
        return NULL;
    }
    if (chat_database_parse(&spec, &why, conf->driver, conf->params, check->pool) !=
        APR_SUCCESS) {
        chat_check_mistake(check, 103, "DBDriver %s, DBDParams: %s", conf->driver, why);
        return NULL;
    }
    /* mod_dbd connects with DBDParams as they are, and libpq waits without a bound */
    if (!spec.file &&
        apr_env_get(&bound, "PGCONNECT_TIMEOUT", check->temp) != APR_SUCCESS)
        apr_env_set("PGCONNECT_TIMEOUT", "2", check->pool);
    database = find_database(check->generation, &spec);
    return database ? database : add_database(check, conf, &spec);
}

/* ---- hosts ---- */

/* The host's address as its configuration names it: the address in mails must not come
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

/* How long a session can be alive at any place of the host; 0: without end. */
static apr_int64_t session_lifetime(const server_rec *s, const chat_server_conf_t *conf)
{
    const chat_dir_conf_t *dir = ap_get_module_config(s->lookup_defaults, &chat_module);
    return chat_span_longer(dir->own.session_lifetime, conf->longest_session);
}

static void set_realtime(chat_host_t *host, const chat_server_conf_t *conf)
{
    host->way =
        conf->daemon == CHAT_DAEMON_OFF ? CHAT_WAY_OFF : (chat_way_t)conf->realtime;
    host->realtime_whole = conf->realtime_whole == 1;
    host->realtime_path = conf->realtime_path;
    host->ping_interval = (int)conf->ping_interval;
    host->ping_timeout = (int)conf->ping_timeout;
}

static void set_discord(chat_host_t *host, const chat_server_conf_t *conf)
{
    const char *webhook = conf->discord_webhook;
    host->discord_api = conf->discord_api;
    if (conf->discord_key && *conf->discord_key)
        host->site.discord_key = conf->discord_key;
    if (conf->discord_token && *conf->discord_token)
        host->discord_token = conf->discord_token;
    if (!webhook || !strcmp(webhook, "off"))
        return;
    host->site.discord_webhook = 1;
    if (!strncmp(webhook, "channel:", 8))
        host->site.discord_channel = webhook + 8;
    else if (!strncmp(webhook, "file:", 5))
        host->discord_webhook = webhook + 5;
    else
        host->discord_url = webhook;
}

static void set_signon(chat_check_t *check, chat_host_t *host,
                       const chat_server_conf_t *conf)
{
    chat_sign_keys_t *keys;
    const char *why = NULL, *path = conf->sign_on_key;
    char text[120];
    apr_status_t rv;
    if (conf->guests && conf->guests->nelts)
        host->site.guest_channels = conf->guests;
    if (!path || !*path)
        return;
    keys = apr_palloc(check->pool, sizeof(*keys));
    rv = chat_sign_keys_load(keys, &why, path, check->pool);
    if (APR_STATUS_IS_EACCES(rv))
        why = "it must be readable only by its owner (mode 0600)";
    else if (rv != APR_SUCCESS && rv != CHAT_MALFORMED)
        why = apr_strerror(rv, text, sizeof(text));
    if (rv != APR_SUCCESS)
        chat_check_mistake(check, 983, "ChatSignOnKey: the file %s: %s", path, why);
    host->site.sign_keys = keys;
    host->site.sign_rank = (int)conf->sign_on_rank;
}

static void set_site(chat_host_t *host, const chat_server_conf_t *conf, apr_pool_t *pool)
{
    chat_site_t *site = &host->site;
    site->room_creation = conf->room_creation;
    site->reveal_passwords = conf->reveal_passwords;
    site->approved_lists = conf->approved_lists;
    site->admin = conf->admin;
    site->password_ends_sessions = conf->password_ends_sessions;
    site->mail = conf->mail_command && conf->mail_command->nelts;
    site->url = own_url(host->server, pool);
    site->retention = conf->retention;
    chat_log_server(&site->log, host->server);
}

static void add_host(chat_check_t *check, chat_server_conf_t *conf)
{
    chat_host_t *host = apr_pcalloc(check->pool, sizeof(*host));
    const char *why;
    host->server = check->server;
    host->database = database_of(check, conf);
    if (host->database)
        host->database->session_lifetime = chat_span_longer(
            host->database->session_lifetime, session_lifetime(check->server, conf));
    host->mounts = chat_mounts_build(&why, conf, check->pool);
    if (why)
        chat_check_mistake(check, 117, "%s", why);
    host->origins = conf->origins;
    host->mail = conf->mail_command;
    host->mail_templates = conf->mail_templates;
    set_realtime(host, conf);
    set_discord(host, conf);
    set_site(host, conf, check->pool);
    set_signon(check, host, conf);
    host->number = (unsigned)check->generation->hosts->nelts;
    APR_ARRAY_PUSH(check->generation->hosts, chat_host_t *) = host;
    conf->host = host;
}

/* ---- the daemon ---- */

static const char *program_of(const char *named, apr_pool_t *pool)
{
    const char *slash, *beside;
    Dl_info info;
    if (*named)
        return named;
    if (dladdr(&chat_module, &info) && (slash = strrchr(info.dli_fname, '/')) != NULL) {
        beside = apr_pstrcat(
            pool,
            apr_pstrmemdup(pool, info.dli_fname, (apr_size_t)(slash - info.dli_fname)),
            "/chatd", NULL);
        if (access(beside, F_OK) == 0)
            return beside;
    }
    return CHAT_SBINDIR "/chatd";
}

static const char *place(const chat_server_conf_t *conf, const char *file,
                         apr_pool_t *pool)
{
    if (conf->daemon == CHAT_DAEMON_EXTERNAL)
        return apr_pstrcat(pool, conf->daemon_path, "/", file, NULL);
    return ap_runtime_dir_relative(pool, file);
}

/* All hosts have one daemon, that of the first without `off`. */
static chat_daemon_t *daemon_of(const chat_generation_t *gen, apr_pool_t *pool)
{
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_server_conf_t *conf =
            chat_config_server(APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *)->server);
        chat_daemon_t *daemon;
        if (conf->daemon == CHAT_DAEMON_OFF)
            continue;
        daemon = apr_pcalloc(pool, sizeof(*daemon));
        daemon->mode = (chat_daemon_mode_t)conf->daemon;
        daemon->intake = place(conf, FILE_INTAKE, pool);
        daemon->http = place(conf, FILE_HTTP, pool);
        daemon->conf = place(conf, FILE_CONF, pool);
        daemon->program = "";
        if (daemon->mode == CHAT_DAEMON_AUTO)
            daemon->program = program_of(conf->daemon_path, pool);
        return daemon;
    }
    return NULL;
}

/* ---- */

/* Asked from the MPM at run time: the module may have been built for an older httpd. */
static int can_park(void)
{
#ifndef AP_MPMQ_CAN_WAITIO
#define AP_MPMQ_CAN_WAITIO 19
#endif
    int yes = 0;
    return ap_mpm_query(AP_MPMQ_CAN_WAITIO, &yes) == APR_SUCCESS && yes;
}

void chat_build_generation(chat_check_t *check, server_rec *main)
{
    chat_generation_t *gen = apr_pcalloc(check->pool, sizeof(*gen));
    gen->main = main;
    gen->can_park = can_park();
    gen->databases = apr_array_make(check->pool, 2, sizeof(chat_site_database_t *));
    gen->hosts = apr_array_make(check->pool, 4, sizeof(chat_host_t *));
    gen->dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    gen->dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    check->generation = gen;
    for (server_rec *s = main; s; s = s->next)
        chat_directives_default(s, check->pool, check->temp);
    for (check->server = main; check->server; check->server = check->server->next) {
        if (chat_config_server(check->server)->engine == 1)
            add_host(check, chat_config_server(check->server));
    }
    check->server = main;
    gen->daemon = daemon_of(gen, check->pool);
}
