/* SPDX-License-Identifier: Apache-2.0
 * daemon_conf.h - the text of chatd.conf for a configuration of httpd.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_CONF_H
#define CHAT_HTTPD_REALTIME_DAEMON_CONF_H

#include "httpd/site.h"

/* NULL when it would be too long for chatd. */
const char *chat_daemon_conf(const chat_generation_t *generation, apr_pool_t *pool);

#endif
