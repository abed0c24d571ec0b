/* SPDX-License-Identifier: Apache-2.0
 * limits.h - the table of rate limits in memory shared by all children.
 *
 * Memory and mutex belong to the httpd process, not to one configuration: both are kept
 * in retained data over restarts, so that old and new children of a graceful restart
 * count together.
 */
#ifndef CHAT_HTTPD_REQUEST_LIMITS_H
#define CHAT_HTTPD_REQUEST_LIMITS_H

#include "core/limit.h"

#include <httpd.h>

#define CHAT_LIMIT_MUTEX "chat-limit"

typedef struct chat_shared_limits_t chat_shared_limits_t;

/* Finds or creates memory and mutex; for the parent, in the main pass. *WHY is the reason
 * of a failure, as text. */
apr_status_t chat_limits_share(chat_shared_limits_t **out, const char **why,
                               server_rec *main, apr_pool_t *pconf);

/* Attaches a new child. A child that cannot be attached counts for itself from then on.
 */
apr_status_t chat_limits_child(chat_shared_limits_t *shared, apr_pool_t *pchild);

/* Another number for each memory: machines on a database know each other by it. */
apr_int64_t chat_limits_node(const chat_shared_limits_t *shared);

/* NULL only when a child has no memory or mutex of its own either. */
chat_limits_t *chat_limits_table(chat_shared_limits_t *shared);

#endif
