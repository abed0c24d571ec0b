/* SPDX-License-Identifier: Apache-2.0
 * realtime_limits.h - how much of httpd realtime clients may have, computed from the
 * MPM's configuration, and what in it will hurt.
 */
#ifndef CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H
#define CHAT_HTTPD_REALTIME_REALTIME_LIMITS_H

#include "httpd/realtime/realtime.h"

/* Fills in the bounds of gen->realtime and writes what is chosen, and every warning. */
void chat_realtime_limits(chat_generation_t *gen, apr_pool_t *ptemp);

#endif
