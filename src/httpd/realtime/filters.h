/* SPDX-License-Identifier: Apache-2.0
 * filters.h - small things about a connection's filters.
 */
#ifndef CHAT_HTTPD_REALTIME_FILTERS_H
#define CHAT_HTTPD_REALTIME_FILTERS_H

#include <httpd.h>
#include <util_filter.h>

/* Writes what earlier answers on the connection of R have left. */
void chat_filters_flush(request_rec *r);

/* One empty brigade for each connection, however often it is asked for. */
apr_bucket_brigade *chat_filters_brigade(conn_rec *c);

#endif
