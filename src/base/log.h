/* SPDX-License-Identifier: Apache-2.0
 * log.h - log lines of the library.
 *
 * The library has no log file: the program that links it passes a function. Every line
 * has a number, unique in the project and explained in docs/log.md, printed as CHAT0nnn.
 * No password, token or session id ever goes into one, at any level.
 */
#ifndef CHAT_BASE_LOG_H
#define CHAT_BASE_LOG_H

#include <apr_errno.h>
#include <apr_time.h>

typedef enum chat_log_level_t {
    CHAT_LOG_ERROR,
    CHAT_LOG_WARNING,
    CHAT_LOG_NOTICE,
    CHAT_LOG_INFO,
    CHAT_LOG_DEBUG
} chat_log_level_t;

/* As httpd's LogLevel names it. */
const char *chat_log_level_name(chat_log_level_t level);

/* Writes one line. TEXT has no newline and only printable characters; RV is the status to
 * explain or APR_SUCCESS. */
typedef void (*chat_log_fn)(void *baton, chat_log_level_t level, apr_status_t rv,
                            const char *text);

/* Where lines go; a site has one of its own. fn may be NULL: then nothing is written. */
typedef struct chat_log_t {
    chat_log_fn fn;
    void *baton;
    chat_log_level_t level; /* lines above it are not formatted */
} chat_log_t;

/* Formats (apr_snprintf), escapes control and non-ASCII bytes, cuts at 1,000 bytes. */
void chat_log(const chat_log_t *log, chat_log_level_t level, int id, apr_status_t rv,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether NOW is in another minute than the last call for *MINUTE (0 at first): for lines
 * that each request could cause. Any thread. */
int chat_log_due(apr_int64_t *minute, apr_time_t now);

#endif
