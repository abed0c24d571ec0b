/* SPDX-License-Identifier: Apache-2.0 */
/* What chatd serves, from what httpd is configured to serve. */
#include "httpd/realtime/daemon_conf.h"

#include "httpd/log.h"
#include "wire/conf.h"

/* chatd has one log: the most talkative of its hosts decides. */
static chat_log_level_t level_of(const chat_generation_t *generation)
{
    chat_log_t log;
    chat_log_level_t level;
    chat_log_server(&log, generation->main);
    level = log.level;
    for (int i = 0; i < generation->hosts->nelts; i++) {
        chat_log_server(&log, APR_ARRAY_IDX(generation->hosts, i, chat_host_t *)->server);
        if (log.level > level)
            level = log.level;
    }
    return level;
}

static void add_site(apr_array_header_t *sites, const chat_host_t *host)
{
    const chat_dir_conf_t *defaults =
        ap_get_module_config(host->server->lookup_defaults, &chat_module);
    const char *name = host->server->server_hostname;
    chat_settings_t settings;
    chat_config_settings(&settings, defaults);
    APR_ARRAY_PUSH(sites, chat_wire_site_t) = (chat_wire_site_t){
        .name = name ? name : "localhost",
        .driver = host->database->spec.driver,
        .params = host->database->spec.params,
        .secret = host->database->secret_handed,
        .path = host->way == CHAT_WAY_OFF ? CHAT_WIRE_NO_PATH : host->realtime_path,
        .room = settings.room,
        .ping_interval = host->ping_interval,
        .ping_timeout = host->ping_timeout,
        .origins = host->origins,
        .mail = host->mail,
        .mail_templates = host->mail_templates,
        .discord_api = host->discord_api,
        .discord_webhook = host->discord_webhook,
        .discord_token = host->discord_token,
    };
}

const char *chat_daemon_conf(const chat_generation_t *generation, apr_pool_t *pool)
{
    chat_wire_conf_t conf;
    chat_wire_conf_init(&conf, pool);
    conf.level = level_of(generation);
    for (int i = 0; i < generation->hosts->nelts; i++)
        add_site(conf.sites, APR_ARRAY_IDX(generation->hosts, i, const chat_host_t *));
    return chat_wire_conf_write(&conf, pool);
}
