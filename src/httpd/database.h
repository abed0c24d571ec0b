/* SPDX-License-Identifier: Apache-2.0
 * database.h - connections of mod_dbd's pools for the store.
 *
 * ap_dbd_open waits without end when a pool is used up, so a slot of our own, one per
 * connection that the pool can have, is taken first, with a time-out.
 */
#ifndef CHAT_HTTPD_DATABASE_H
#define CHAT_HTTPD_DATABASE_H

#include "httpd/site.h"

/* Makes the slots of HOME for this child and fills OUT, which serves from them. */
apr_status_t chat_database_source(chat_source_t *out, chat_site_database_t *database,
                                  apr_pool_t *pchild);

/* mod_dbd's hook for each new connection: prepares those that are to one of our
 * databases and leaves others alone. */
apr_status_t chat_database_post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd);

#endif
