/* SPDX-License-Identifier: Apache-2.0
 * daemon_sockets.h - chatd's listening sockets and files in the runtime directory.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_SOCKETS_H
#define CHAT_HTTPD_REALTIME_DAEMON_SOCKETS_H

#include "httpd/site.h"

/* A unix socket of TYPE that listens at PATH, for RUNNER alone; what stood there before
 * is replaced. -1 (errno). */
int chat_daemon_listen(const char *path, int type, const chat_runner_t *runner);

/* A lock that this process, and none it forks, holds until it ends. -1 (errno: EAGAIN or
 * EACCES when another process has it). */
int chat_daemon_lock(const char *path);

/* Replaces FILE by TEXT, readable for RUNNER alone. */
apr_status_t chat_daemon_write(const char *file, const char *text,
                               const chat_runner_t *runner, apr_pool_t *pool);

#endif
