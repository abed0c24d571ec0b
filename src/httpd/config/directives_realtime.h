/* SPDX-License-Identifier: Apache-2.0
 * directives_realtime.h - the setters of the directives about realtime; the table is in
 * directives.c.
 */
#ifndef CHAT_HTTPD_CONFIG_DIRECTIVES_REALTIME_H
#define CHAT_HTTPD_CONFIG_DIRECTIVES_REALTIME_H

#include <httpd.h>
#include <http_config.h>

const char *chat_set_realtime(cmd_parms *cmd, void *dir, const char *way,
                              const char *path);
const char *chat_set_ping(cmd_parms *cmd, void *dir, const char *interval,
                          const char *timeout);
const char *chat_set_daemon(cmd_parms *cmd, void *dir, const char *mode,
                            const char *path);

#endif
