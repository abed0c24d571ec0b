/* SPDX-License-Identifier: Apache-2.0
 * daemon_files.h - secrets that the parent passes to the daemon as files.
 *
 * The daemon runs as the run user. A secret in httpd's configuration, or in a file that
 * only root can read, is written to a file that only the run user can read, beside the
 * daemon's configuration BASE. There it also keeps the sessions that may be resumed, if
 * no database is a file; they outlive the daemon and httpd.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_FILES_H
#define CHAT_HTTPD_REALTIME_DAEMON_FILES_H

#include "httpd/site.h"

/* Writes them, for the parent, and removes those that are no longer needed. Paths are set
 * in the hosts (discord_webhook) and databases (secret_handed). */
apr_status_t chat_daemon_files_write(const chat_generation_t *gen, const char *base,
                                     const chat_runner_t *runner, apr_pool_t *pool);
/* Removes them all. */
void chat_daemon_files_clear(const chat_generation_t *gen, const char *base,
                             apr_pool_t *pool);

#endif
