/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/config/discord.h"

#include "base/address.h"
#include "httpd/realtime/daemon_sockets.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- configtest ---- */

/* Mode and owner first, so that the daemon can read what we read. */
static const char *check_file(const char **text, const char *directive, const char *path,
                              const chat_runner_t *runner, apr_pool_t *pool)
{
    struct stat st;
    apr_status_t rv;
    char words[120];
    if (stat(path, &st) != 0)
        return apr_psprintf(pool, "%s: the file %s: %s", directive, path,
                            strerror(errno));
    if (S_ISREG(st.st_mode) && (st.st_mode & 077))
        return apr_psprintf(pool,
                            "%s: the file %s must be for its owner alone (mode 0600)",
                            directive, path);
    if (runner->switched && st.st_uid != runner->uid)
        return apr_psprintf(pool, "%s: the file %s must belong to %s, who delivers",
                            directive, path,
                            runner->name ? runner->name : "the run user");
    rv = chat_secret_line(text, path, pool);
    if (rv == CHAT_MALFORMED)
        return apr_psprintf(pool,
                            "%s: the file %s must have one line without blanks in it",
                            directive, path);
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "%s: the file %s cannot be read: %s", directive, path,
                            apr_strerror(rv, words, sizeof(words)));
    return NULL;
}

static const char *check_webhook(chat_host_t *host, const char *value,
                                 const chat_runner_t *runner, apr_pool_t *pool)
{
    const char *text, *why;
    if (!value || !strcmp(value, "off"))
        return NULL;
    host->site.discord_webhook = 1;
    if (!strncmp(value, "channel:", 8)) {
        host->site.discord_channel = value + 8;
        return host->discord_token
                   ? NULL
                   : "ChatDiscordWebhook channel: needs ChatDiscordBotTokenFile";
    }
    if (strncmp(value, "file:", 5) != 0) {
        host->discord_url = value;
        return NULL;
    }
    host->discord_webhook = value + 5;
    why = check_file(&text, "ChatDiscordWebhook", host->discord_webhook, runner, pool);
    if (!why && !chat_address_valid(text))
        why = apr_psprintf(pool,
                           "ChatDiscordWebhook: the file %s must hold the webhook's "
                           "https URL",
                           host->discord_webhook);
    return why;
}

static int same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Items do not say which host they came by, so hosts with one database send alike. */
static const char *check_shared(const chat_host_t *host)
{
    const chat_generation_t *world = host->home->world;
    int i;
    for (i = 0; i < world->hosts->nelts; i++) {
        const chat_host_t *other = APR_ARRAY_IDX(world->hosts, i, const chat_host_t *);
        if (other != host && other->home == host->home &&
            (!same(other->discord_api, host->discord_api) ||
             !same(other->discord_url, host->discord_url) ||
             !same(other->discord_webhook, host->discord_webhook) ||
             !same(other->discord_token, host->discord_token) ||
             !same(other->site.discord_channel, host->site.discord_channel)))
            return "ChatDiscordWebhook, ChatDiscordBotTokenFile, ChatDiscordAPI: another "
                   "host has the same database with other values; they must agree";
    }
    return NULL;
}

const char *chat_discord_check(chat_host_t *host, const chat_server_conf_t *conf,
                               const chat_runner_t *runner, apr_pool_t *pool)
{
    const char *token, *why = NULL;
    host->discord_api = conf->discord_api;
    if (conf->discord_key && *conf->discord_key)
        host->site.discord_key = conf->discord_key;
    if (conf->discord_token && *conf->discord_token) {
        host->discord_token = conf->discord_token;
        why = check_file(&token, "ChatDiscordBotTokenFile", host->discord_token, runner,
                         pool);
    }
    if (!why)
        why = check_webhook(host, conf->discord_webhook, runner, pool);
    if (!why && conf->daemon == CHAT_DAEMON_OFF &&
        (host->discord_token || host->site.discord_webhook))
        why = "ChatDiscordWebhook, ChatDiscordBotTokenFile: the daemon delivers, and "
              "ChatDaemon is off";
    if (!why && host->home)
        why = check_shared(host);
    return why;
}

/* ---- the parent ---- */

static const char *file_of(const chat_host_t *host, const char *base, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s.webhook-%u", base, host->number);
}

apr_status_t chat_discord_prepare(const chat_generation_t *world, const char *base,
                                  const chat_runner_t *runner, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;
    int i;
    for (i = 0; i < world->hosts->nelts && rv == APR_SUCCESS; i++) {
        chat_host_t *host = APR_ARRAY_IDX(world->hosts, i, chat_host_t *);
        const char *file = file_of(host, base, pool);
        if (!host->discord_url) {
            unlink(file);
            continue;
        }
        host->discord_webhook = file;
        rv = chat_daemon_write(file, host->discord_url, runner, pool);
    }
    return rv;
}

void chat_discord_clear(const chat_generation_t *world, const char *base,
                        apr_pool_t *pool)
{
    int i;
    for (i = 0; i < world->hosts->nelts; i++)
        unlink(file_of(APR_ARRAY_IDX(world->hosts, i, chat_host_t *), base, pool));
}
