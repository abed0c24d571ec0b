/* SPDX-License-Identifier: Apache-2.0
 * realtime_limits.h - how much of httpd realtime clients may have, computed from the
 * MPM's configuration, and which of its settings will hurt.
 *
 * Threads that are held: half of all, and in one child all but an eighth; by one address
 * an eighth of these, 4 at least. Parked in one child: half of what event allows beside
 * its threads, and half of the descriptors; by one address an eighth of these, 32 at
 * least. docs/limits.md has the reasons.
 */
#ifndef CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H
#define CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H

#include "httpd/realtime/context.h"

/* Fills in the bounds of gen->realtime and logs the choice, and every warning. */
void chat_realtime_limits(chat_generation_t *gen, apr_pool_t *pool);

#endif
