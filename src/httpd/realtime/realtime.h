/* SPDX-License-Identifier: Apache-2.0
 * realtime.h - realtime clients in httpd, which hands them to chatd.
 *
 * handover: the client's own socket goes to chatd with the request; httpd is done.
 * park:     the connection waits in the MPM, its bytes go through a socketpair whose
 * other end chatd has. It holds no thread. forward:  a thread sends one request through a
 * socketpair and waits for the answer. proxy:    mod_proxy forwards the request to
 * chatd's HTTP socket.
 *
 * The last two hold a thread each; realtime_limits.h has the bounds.
 */
#ifndef CHAT_HTTPD_REALTIME_REALTIME_H
#define CHAT_HTTPD_REALTIME_REALTIME_H

#include "httpd/site.h"

/* Hooks. */
int chat_realtime_handler(request_rec *r);
void chat_realtime_stopping(apr_pool_t *pool, int graceful);

/* The parts of chat_start_post_config and chat_start_child_init. */
void chat_realtime_post_config(chat_generation_t *gen, const chat_runner_t *runner,
                               apr_pool_t *pconf, apr_pool_t *ptemp);
void chat_realtime_child_init(chat_generation_t *gen, apr_pool_t *pchild);

#endif
