/* SPDX-License-Identifier: Apache-2.0
 * clock.h - times as text; a clock for durations. Times are apr_time_t (microseconds
 * since 1970, UTC) everywhere.
 */
#ifndef CHAT_BASE_CLOCK_H
#define CHAT_BASE_CLOCK_H

#include <apr_time.h>

#define CHAT_ISO_SIZE 28 /* "2024-11-15T06:58:00.123456Z" and NUL */

/* Microseconds of a clock that is not set. */
apr_time_t chat_clock_steady(void);

/* Writes YYYY-MM-DDTHH:MM:SS.ffffffZ and NUL; returns 27. Years 1970-9999. */
int chat_clock_iso(char out[CHAT_ISO_SIZE], apr_time_t t);

/* Writes "YYYY-MM-DD HH:MM:SS" (19 characters) and NUL. */
int chat_clock_sql(char out[CHAT_ISO_SIZE], apr_time_t t);

/* Reads YYYY-MM-DD, with THH:MM, :SS, a fraction of a second and Z or an offset like
 * +02:00 behind it or not; without one it is UTC. Years 1970-9999. 0: TEXT is no such
 * time. */
int chat_clock_read(apr_time_t *out, const char *text);

/* Seconds to wait after so many FAILURES in a row: 0, 1, 2, 4 ... at most MOST. */
int chat_clock_backoff(apr_int64_t failures, int most);

#endif
