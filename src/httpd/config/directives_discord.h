/* SPDX-License-Identifier: Apache-2.0
 * directives_discord.h - the setters of the directives about Discord; the table is in
 * directives.c. Secret values are never repeated.
 */
#ifndef CHAT_HTTPD_CONFIG_DIRECTIVES_DISCORD_H
#define CHAT_HTTPD_CONFIG_DIRECTIVES_DISCORD_H

#include <httpd.h>
#include <http_config.h>

const char *chat_set_discord_webhook(cmd_parms *cmd, void *dir, const char *value);
const char *chat_set_discord_token(cmd_parms *cmd, void *dir, const char *value);
const char *chat_set_discord_api(cmd_parms *cmd, void *dir, const char *value);
const char *chat_set_discord_key(cmd_parms *cmd, void *dir, const char *value);

#endif
