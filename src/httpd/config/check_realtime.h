/* SPDX-License-Identifier: Apache-2.0
 * check_realtime.h - what the whole configuration says about realtime.
 */
#ifndef CHAT_HTTPD_CONFIG_CHECK_REALTIME_H
#define CHAT_HTTPD_CONFIG_CHECK_REALTIME_H

#include "httpd/site.h"

/* Fills in HOST's part. NULL, or what is wrong. */
const char *chat_check_realtime(chat_host_t *host, const chat_server_conf_t *conf,
                                apr_pool_t *pool);

/* Makes world->realtime when a daemon is wanted. NULL, or what is wrong. */
const char *chat_check_daemon(chat_generation_t *world, apr_pool_t *pool);

#endif
