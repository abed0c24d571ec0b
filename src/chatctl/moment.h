/* SPDX-License-Identifier: Apache-2.0
 * moment.h - points in time on the command line.
 */
#ifndef CHAT_CHATCTL_MOMENT_H
#define CHAT_CHATCTL_MOMENT_H

#include <apr_pools.h>
#include <apr_time.h>

#define CHATCTL_TIMES_AHEAD \
    "a time ahead (30m, 24h, 7d) or YYYY-MM-DD[THH:MM[:SS]] in UTC"
#define CHATCTL_TIMES_AGO "a time ago (30m, 24h, 7d) or YYYY-MM-DD[THH:MM[:SS]] in UTC"

/* TEXT is a date, or a number of s, m, h or d, which count from NOW in DIRECTION (1 or
 * -1). 0: it is neither. */
int chatctl_moment(apr_time_t *out, const char *text, apr_time_t now, int direction);
/* "YYYY-MM-DD HH:MM:SS UTC" */
const char *chatctl_moment_text(apr_time_t t, apr_pool_t *pool);

#endif
