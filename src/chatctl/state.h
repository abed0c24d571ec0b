/* SPDX-License-Identifier: Apache-2.0
 * state.h - the state directory of `chatctl serve`.
 *
 * As root, everything in it is root's, so that no other user can change what root reads
 * or writes. Only `data`, which has the database and its secret, belongs to the user that
 * httpd's children run as:
 *
 *   httpd.conf  database  serve.lock  tls.key  tls.crt  logs/  htdocs/  run/  data/
 */
#ifndef CHAT_CHATCTL_STATE_H
#define CHAT_CHATCTL_STATE_H

#include "serve.h"

/* Creates the state directory (PATH may be relative) with all that httpd needs before it
 * starts, or upgrades one of an older release; no other process serves it until we end.
 * Returns NULL or the fault. */
const char *chatctl_state_prepare(chatctl_serve_t *s, const char *path);

/* Whether it is being served. */
int chatctl_state_locked(const char *state, apr_pool_t *pool);

/* Whether `chatctl serve` has used it. */
int chatctl_state_served(const char *state, apr_pool_t *pool);

/* The database that belongs to it: the last value of `serve --database`, else an SQLite
 * file in it. Returns NULL or the fault. */
const char *chatctl_state_database(const char **driver, const char **params,
                                   const char *state, apr_pool_t *pool);

/* The file of its secret when the database is DRIVER's; NULL: beside the database. */
const char *chatctl_state_secret(const char *state, const char *driver, apr_pool_t *pool);

/* Keeps DATABASE (DRIVER:PARAMS) as the state directory's. Returns NULL or the fault. */
const char *chatctl_state_remember(const char *state, const char *database,
                                   apr_pool_t *pool);

#endif
