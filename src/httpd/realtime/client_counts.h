/* SPDX-License-Identifier: Apache-2.0
 * client_counts.h - how many realtime clients a host has; see wire/intake.h.
 */
#ifndef CHAT_HTTPD_REALTIME_CLIENT_COUNTS_H
#define CHAT_HTTPD_REALTIME_CLIENT_COUNTS_H

#include "core/call.h"

/* For chat_site_t: BATON is the chat_host_t. Holds the thread for two seconds at most;
 * APR_EINIT when chatd does not serve this host. */
apr_status_t chat_client_counts(void *baton, chat_sockets_t *s, apr_pool_t *pool);

#endif
