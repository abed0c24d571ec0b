/* SPDX-License-Identifier: Apache-2.0
 * database.h - connections of mod_dbd's pools for the store.
 *
 * ap_dbd_open waits without end when a pool is used up, so a slot of our own, one per
 * connection that the pool can have, is acquired first, with a time-out.
 */
#ifndef CHAT_HTTPD_DATABASE_H
#define CHAT_HTTPD_DATABASE_H

#include "httpd/site.h"

/* In the parent, before children start: brings the database to this version and reads or
 * creates its secret. A database that cannot be used is one line in the log; it is tried
 * again by the children. */
void chat_database_prepare(chat_site_database_t *database, const chat_runner_t *runner,
                           apr_pool_t *pconf, apr_pool_t *ptemp);

/* In a child: opens what the parent prepared. */
void chat_database_open(chat_site_database_t *database, apr_pool_t *pchild);

/* Whether the database can be used; asked before each use. Once a second it looks whether
 * the files are still the same, or tries in a thread to open a database that was out of
 * order; never waits for that. */
int chat_database_ready(chat_site_database_t *database);

/* mod_dbd's hook for each new connection: prepares those to one of our databases and
 * leaves others alone. */
apr_status_t chat_database_post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd);

#endif
