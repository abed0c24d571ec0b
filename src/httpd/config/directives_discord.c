/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of the directives about Discord. */
#include "httpd/config/directives_discord.h"

#include "base/address.h"
#include "httpd/config/config.h"

#include <apr_strings.h>
#include <string.h>

#define ID_MAX 20
#define KEY_DIGITS 64
#define URL_MAX_LEN 1000

static int id_valid(const char *id)
{
    apr_size_t len = strlen(id);
    return len > 0 && len <= ID_MAX && strspn(id, "0123456789") == len;
}

static const char *path_of(cmd_parms *cmd, const char *value)
{
    return *value ? ap_server_root_relative(cmd->pool, value) : NULL;
}

const char *chat_set_discord_webhook(cmd_parms *cmd, void *dir, const char *value)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    const char *path;
    (void)dir;
    conf->discord_webhook = value;
    if (!strcasecmp(value, "off")) {
        conf->discord_webhook = "off";
        return NULL;
    }
    if (!strncmp(value, "channel:", 8) && id_valid(value + 8))
        return NULL;
    if (!strncmp(value, "file:", 5)) {
        path = path_of(cmd, value + 5);
        if (path) {
            conf->discord_webhook = apr_pstrcat(cmd->pool, "file:", path, NULL);
            return NULL;
        }
    }
    else if (strlen(value) <= URL_MAX_LEN && chat_address_valid(value)) {
        return NULL;
    }
    /* not the value: it may be a secret with a mistake in it */
    return "ChatDiscordWebhook: must be the webhook's https URL, `file:PATH` of a file "
           "that holds it, `channel:ID` of a channel that the bot writes to, or `off`";
}

const char *chat_set_discord_token(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = strcasecmp(value, "off") ? path_of(cmd, value) : "";
    (void)dir;
    if (!path)
        return "ChatDiscordBotTokenFile: must be the path of a file, or `off`";
    chat_config_server(cmd->server)->discord_token = path;
    return NULL;
}

const char *chat_set_discord_api(cmd_parms *cmd, void *dir, const char *value)
{
    apr_size_t len = strlen(value);
    (void)dir;
    while (len && value[len - 1] == '/')
        len--;
    if (!chat_address_valid(value) || strchr(value, '?') || len > URL_MAX_LEN) {
        return apr_psprintf(cmd->pool,
                            "ChatDiscordAPI %s: must be an https URL, as in "
                            "https://discord.com/api/v10; http is for this machine alone",
                            value);
    }
    chat_config_server(cmd->server)->discord_api = apr_pstrndup(cmd->pool, value, len);
    return NULL;
}

const char *chat_set_discord_key(cmd_parms *cmd, void *dir, const char *value)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    (void)dir;
    conf->discord_key = strcasecmp(value, "off") ? value : "";
    if (*conf->discord_key && (strlen(value) != KEY_DIGITS ||
                               strspn(value, "0123456789abcdefABCDEF") != KEY_DIGITS)) {
        return apr_psprintf(cmd->pool,
                            "ChatDiscordInteractions %s: must be the application's "
                            "public key, 64 hexadecimal digits, or `off`",
                            value);
    }
    return NULL;
}
