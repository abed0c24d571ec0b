/* SPDX-License-Identifier: Apache-2.0
 * discord.h - what a host says of Discord: checked, and handed to the daemon.
 */
#ifndef CHAT_HTTPD_CONFIG_DISCORD_H
#define CHAT_HTTPD_CONFIG_DISCORD_H

#include "httpd/site.h"

/* Fills the host's discord members; what is wrong, or NULL. After the host's database is
 * known. */
const char *chat_discord_check(chat_host_t *host, const chat_server_conf_t *conf,
                               const chat_runner_t *runner, apr_pool_t *pool);

/* In the parent: writes URLs that stand in the configuration to files that are the run
 * user's alone, beside the daemon's configuration BASE, and takes those away that are no
 * longer needed. */
apr_status_t chat_discord_prepare(const chat_generation_t *world, const char *base,
                                  const chat_runner_t *runner, apr_pool_t *pool);
/* Takes them all away. */
void chat_discord_clear(const chat_generation_t *world, const char *base,
                        apr_pool_t *pool);

#endif
