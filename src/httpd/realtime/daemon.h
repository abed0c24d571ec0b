/* SPDX-License-Identifier: Apache-2.0
 * daemon.h - chatd's life under httpd's parent process.
 *
 * The parent creates the sockets, writes the configuration and starts chatd with the run
 * user's rights. Sockets, lifeline and the running chatd are kept over restarts of httpd.
 * A chatd that ends is started again, more slowly each time.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_H
#define CHAT_HTTPD_REALTIME_DAEMON_H

#include "httpd/site.h"

/* For the parent, in the main pass. A failure is one line in the log and leaves the rest
 * of httpd alone. */
void chat_daemon_prepare(chat_generation_t *gen, const chat_runner_t *runner,
                         apr_pool_t *pconf, apr_pool_t *ptemp);

/* The same when hosts no longer serve chat. */
void chat_daemon_end(server_rec *main);

/* A child closes what only the parent may hold. */
void chat_daemon_child(void);

#endif
