/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's configuration file, as described in base/intake.h. */
#include "base/buffer.h"
#include "httpd/log.h"
#include "httpd/realtime/daemon.h"

#include <apr_strings.h>

#define CONF_MAX (1024 * 1024)

static void word(chat_buffer_t *out, const char *name, const char *value)
{
    chat_buffer_puts(out, name);
    chat_buffer_byte(out, ' ');
    chat_buffer_puts(out, value);
    chat_buffer_byte(out, '\n');
}

/* The daemon has one log: it says what any of its hosts wants to know. */
static const char *level_name(const chat_generation_t *world)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    chat_log_t log;
    chat_log_level_t level;
    int i;
    chat_log_server(&log, world->main);
    level = log.level;
    for (i = 0; i < world->hosts->nelts; i++) {
        chat_log_server(&log, APR_ARRAY_IDX(world->hosts, i, chat_host_t *)->server);
        if (log.level > level)
            level = log.level;
    }
    return names[level];
}

static void site(chat_buffer_t *out, const chat_host_t *host, apr_pool_t *pool)
{
    const chat_dir_conf_t *defaults =
        ap_get_module_config(host->server->lookup_defaults, &chat_module);
    const char *name = host->server->server_hostname;
    chat_settings_t settings;
    int i;
    chat_config_settings(&settings, defaults);
    word(out, "site", name ? name : "localhost");
    word(out, "driver", host->home->database.driver);
    word(out, "params", host->home->database.params);
    word(out, "secret", host->home->secret_file);
    word(out, "room", apr_ltoa(pool, (long)settings.room));
    word(out, "path", host->way == CHAT_WAY_OFF ? "off" : host->realtime_path);
    word(out, "ping",
         apr_psprintf(pool, "%d %d", host->ping_interval, host->ping_timeout));
    for (i = 0; host->origins && i < host->origins->nelts; i++)
        word(out, "origin", APR_ARRAY_IDX(host->origins, i, const char *));
    for (i = 0; host->mail && i < host->mail->nelts; i++)
        word(out, "mail-command", APR_ARRAY_IDX(host->mail, i, const char *));
    if (host->mail_templates)
        word(out, "mail-templates", host->mail_templates);
    if (host->discord_api)
        word(out, "discord-api", host->discord_api);
    if (host->discord_webhook)
        word(out, "discord-webhook", host->discord_webhook);
    if (host->discord_token)
        word(out, "discord-token", host->discord_token);
}

const char *chat_daemon_configuration(const chat_generation_t *world, apr_pool_t *pool)
{
    chat_buffer_t out;
    int i;
    chat_buffer_init(&out, 4096, CONF_MAX, pool);
    chat_buffer_puts(&out, "# Written by httpd at each start: changes here are lost.\n");
    word(&out, "log", level_name(world));
    word(&out, "files", "0");
    for (i = 0; i < world->hosts->nelts; i++)
        site(&out, APR_ARRAY_IDX(world->hosts, i, const chat_host_t *), pool);
    return out.overflow ? NULL : chat_buffer_text(&out);
}
