/* SPDX-License-Identifier: Apache-2.0
 * hashing.h - how many password hashes run at once, and whose.
 *
 * A hash uses a processor for tens of milliseconds. Each child has a place for each
 * processor; the new accounts of all children have one together, so that a raid that
 * registers leaves the other processors to those who talk.
 */
#ifndef CHAT_HTTPD_REQUEST_HASHING_H
#define CHAT_HTTPD_REQUEST_HASHING_H

#include "base/metrics.h"

#include <httpd.h>

#define CHAT_HASH_MUTEX "chat-hash"

typedef struct chat_hashing_t chat_hashing_t;

/* For the parent; *OUT lives as long as PCONF. Without its mutex each child has a place
 * of its own for new accounts, and the log says so. */
void chat_hashing_prepare(chat_hashing_t **out, server_rec *main, chat_metrics_t *metrics,
                          apr_pool_t *pconf);
/* Attaches a new child. */
void chat_hashing_child(chat_hashing_t *hashing, apr_pool_t *pchild);

/* hash_enter and hash_leave of chat_site_t; the baton is a chat_hashing_t. */
apr_status_t chat_hashing_enter(void *baton, int young, apr_uint64_t owner);
void chat_hashing_leave(void *baton, int young);

#endif
