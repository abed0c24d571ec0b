/* SPDX-License-Identifier: Apache-2.0
 * exchange.h - machines on one PostgreSQL database tell each other what they counted for
 * limits (core/limit.h).
 */
#ifndef CHAT_HTTPD_EXCHANGE_H
#define CHAT_HTTPD_EXCHANGE_H

#include "httpd/site.h"

/* Between two of a machine's exchanges: what one machine counted holds on all others two
 * of these later. */
#define CHAT_EXCHANGE_INTERVAL apr_time_from_msec(200)

/* The number of the machines that use DATABASE, for chat_limits_joint. */
apr_uint32_t chat_exchange_group(const chat_site_database_t *database);

/* Tells and hears; for one thread of one process at a time. SQLite: nothing. */
void chat_exchange(chat_site_database_t *database);

#endif
