/* SPDX-License-Identifier: Apache-2.0
 * client_counts.h - what chatd is asked for: how many realtime clients a host has, its
 * metrics; see wire/intake.h.
 */
#ifndef CHAT_HTTPD_REALTIME_CLIENT_COUNTS_H
#define CHAT_HTTPD_REALTIME_CLIENT_COUNTS_H

#include "core/call.h"
#include "httpd/config/config.h"

/* For chat_site_t: BATON is the chat_host_t. Holds the thread for two seconds at most;
 * APR_EINIT when chatd does not serve this host. */
apr_status_t chat_client_counts(void *baton, chat_sockets_t *s, apr_pool_t *pool);

/* Fills the rows of OUT that chatd has, in the same time: whether it answers is known
 * then, too. */
apr_status_t chat_client_metrics(chat_metrics_t *out, const chat_generation_t *gen,
                                 apr_pool_t *pool);

#endif
