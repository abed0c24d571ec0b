/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a whole configuration: what single directives cannot know of each other. */
#include "httpd/config/check.h"

#include "httpd/config/build.h"
#include "httpd/config/check_files.h"
#include "httpd/config/mounts.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

static int same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* ---- databases ---- */

static void check_database(chat_check_t *check, chat_site_database_t *database)
{
    check->database = database;
    if (database->spec.file)
        chat_check_database_file(check, database->spec.file);
    if (database->secret_file)
        chat_check_secret(check, database);
    check->database = NULL;
    if (!database->secret_file)
        chat_check_mistake(check, 113,
                           "ChatSecretFile is missing: with DBDriver %s there is no "
                           "place beside the database for the secret",
                           database->spec.driver);
}

/* With these out of order mod_dbd starts, and has no connection to give. */
static void check_connections(chat_check_t *check, const chat_server_conf_t *conf)
{
    int min = (int)conf->dbd_min, keep = (int)conf->dbd_keep, max = (int)conf->dbd_max;
    if (min > keep || keep > max || max < 1)
        chat_check_mistake(check, 118,
                           "DBDMin %d, DBDKeep %d, DBDMax %d: each must be at most the "
                           "next, and DBDMax at least 1 (defaults: 1, 2, 10)",
                           min, keep, max);
}

/* Settings of a database must be the same for all hosts that share it. */
static void check_shared(chat_check_t *check, const chat_site_database_t *database,
                         const chat_server_conf_t *conf)
{
    if (strcmp(database->spec.params, conf->params))
        chat_check_mistake(check, 114,
                           "DBDParams %s is the same database as %s of another host; "
                           "write both the same way",
                           conf->params, database->spec.params);
    if (conf->secret_file ? !same_text(conf->secret_file, database->secret_file)
                          : database->secret_named)
        chat_check_mistake(check, 115,
                           "ChatSecretFile %s: another host has the same database with "
                           "the secret in %s; they must agree",
                           conf->secret_file ? conf->secret_file : "is not set",
                           database->secret_file ? database->secret_file : "no file");
    if (conf->retention != database->retention)
        chat_check_mistake(check, 116,
                           "ChatRetention: another host has the same database with "
                           "another value; they must agree");
}

/* ---- realtime ---- */

static int can_proxy(void)
{
    return ap_find_linked_module("mod_proxy.c") &&
           ap_find_linked_module("mod_proxy_http.c");
}

/* An API at or below the path of the events would never be asked. */
static const char *swallowed(const chat_host_t *host, apr_pool_t *pool)
{
    for (int i = 0; i < host->mounts->nelts; i++) {
        const chat_mount_t *mount = &APR_ARRAY_IDX(host->mounts, i, chat_mount_t);
        const char *path = apr_pstrcat(pool, mount->prefix, "/", NULL);
        if (!strncmp(path, host->realtime_path, strlen(host->realtime_path)))
            return apr_psprintf(pool,
                                "ChatRealtime %s and ChatAPI %s %s collide; give one of "
                                "them another path",
                                host->realtime_path, mount->dialects[0]->name,
                                *mount->prefix ? mount->prefix : "/");
    }
    return NULL;
}

static const char *realtime_mistake(const chat_check_t *check, const chat_host_t *host)
{
    if (host->way == CHAT_WAY_OFF)
        return NULL;
    if (host->way == CHAT_WAY_PARK && !check->generation->can_park)
        return "ChatRealtime park: needs the event MPM of httpd 2.4.63 or newer; `auto` "
               "picks whatever is available";
    if (host->way == CHAT_WAY_PROXY && !can_proxy())
        return "ChatRealtime proxy: needs mod_proxy and mod_proxy_http";
    return swallowed(host, check->temp);
}

static const char *daemon_mistake(chat_check_t *check)
{
    const chat_generation_t *gen = check->generation;
    const chat_server_conf_t *first = NULL;
    const char *why;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_server_conf_t *conf =
            chat_config_server(APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *)->server);
        if (conf->daemon == CHAT_DAEMON_OFF)
            continue;
        if (first && (first->daemon != conf->daemon ||
                      strcmp(first->daemon_path, conf->daemon_path)))
            return "ChatDaemon: hosts that serve chat must have the same daemon, or "
                   "`off`";
        first = first ? first : conf;
    }
    if (!first)
        return NULL;
    if (!gen->daemon->intake || !gen->daemon->http || !gen->daemon->conf)
        return "ChatDaemon: there is no directory for the sockets; see DefaultRuntimeDir";
    if (gen->daemon->mode != CHAT_DAEMON_AUTO)
        return NULL;
    why = chat_check_program(check, gen->daemon->program);
    if (why && *first->daemon_path)
        return apr_psprintf(check->temp, "ChatDaemon auto %s: %s", gen->daemon->program,
                            why);
    if (why)
        chat_check_warn(check, 160,
                        "%s: %s: realtime requests get 503; install chatd, name it with "
                        "`ChatDaemon auto PROGRAM`, or write `ChatDaemon off`",
                        gen->daemon->program, why);
    return NULL;
}

/* ---- Discord ---- */

/* Items do not record their host, so hosts with one database must send the same way. */
static int differs_from_others(const chat_host_t *host)
{
    const chat_generation_t *gen = host->database->generation;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *other = APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *);
        if (other->number < host->number && other->database == host->database &&
            (!same_text(other->discord_api, host->discord_api) ||
             !same_text(other->discord_url, host->discord_url) ||
             !same_text(other->discord_webhook, host->discord_webhook) ||
             !same_text(other->discord_token, host->discord_token) ||
             !same_text(other->site.discord_channel, host->site.discord_channel)))
            return 1;
    }
    return 0;
}

static const char *discord_mistake(chat_check_t *check, const chat_host_t *host,
                                   const chat_server_conf_t *conf)
{
    const char *why = chat_check_discord_files(check, host);
    if (why)
        return why;
    if (host->site.discord_channel && !host->discord_token)
        return "ChatDiscordWebhook channel: needs ChatDiscordBotTokenFile";
    if (conf->daemon == CHAT_DAEMON_OFF &&
        (host->discord_token || host->site.discord_webhook))
        return "ChatDiscordWebhook, ChatDiscordBotTokenFile: chatd delivers them, and "
               "ChatDaemon is off";
    if (host->database && differs_from_others(host))
        return "ChatDiscordWebhook, ChatDiscordBotTokenFile, ChatDiscordAPI: another "
               "host has the same database with other values; they must agree";
    return NULL;
}

/* ---- */

static void check_host(chat_check_t *check, const chat_host_t *host)
{
    const chat_server_conf_t *conf = chat_config_server(host->server);
    chat_site_database_t *database = host->database;
    const char *why;
    if (database) {
        check_connections(check, conf);
        if (database->server == host->server)
            check_database(check, database);
        else
            check_shared(check, database, conf);
    }
    why = realtime_mistake(check, host);
    if (why)
        chat_check_mistake(check, 611, "%s", why);
    why = discord_mistake(check, host, conf);
    if (why)
        chat_check_mistake(check, 810, "%s", why);
}

int chat_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *s)
{
    chat_check_t check = {.pool = pconf, .temp = ptemp, .said = apr_hash_make(ptemp)};
    server_rec *server;
    const char *why;
    (void)plog;
    chat_site_runner(&check.runner, ptemp);
    chat_build_generation(&check, s);
    for (int i = 0; i < check.generation->hosts->nelts; i++) {
        const chat_host_t *host =
            APR_ARRAY_IDX(check.generation->hosts, i, const chat_host_t *);
        check.server = host->server;
        check_host(&check, host);
    }
    check.server = s;
    why = daemon_mistake(&check);
    if (why)
        chat_check_mistake(&check, 612, "%s", why);
    if (check.mistakes)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (check.generation->hosts->nelts == 0)
        return DECLINED;
    for (server = s; server; server = server->next)
        chat_config_server(server)->generation = check.generation;
    return OK;
}
