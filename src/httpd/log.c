/* SPDX-License-Identifier: Apache-2.0 */
/* The library's log lines in httpd's error log. */
#include "httpd/log.h"

#include "base/status.h"
#include "httpd/config/config.h"

#include <httpd.h>
#include <http_log.h>

APLOG_USE_MODULE(chat);

static int level_of(chat_log_level_t level)
{
    static const int levels[] = {APLOG_ERR, APLOG_WARNING, APLOG_NOTICE, APLOG_INFO,
                                 APLOG_DEBUG};
    return levels[level];
}

/* httpd explains APR's and the system's status codes, not the library's. */
static const char *explain(apr_status_t rv)
{
    switch (rv) {
    case CHAT_REFUSED:
        return " (refused)";
    case CHAT_NOTFOUND:
        return " (not found)";
    case CHAT_CONFLICT:
        return " (exists)";
    case CHAT_BUSY:
        return " (database busy)";
    case CHAT_FULL:
        return " (disk full)";
    case CHAT_LOST:
        return " (connection to the database lost)";
    case CHAT_BROKEN:
        return " (database cannot be used)";
    case CHAT_BUG:
        return " (a statement failed)";
    case CHAT_TOOBIG:
        return " (too big)";
    case CHAT_MALFORMED:
        return " (not well-formed)";
    default:
        return NULL;
    }
}

static void write_flags(server_rec *s, int level, apr_status_t rv, const char *text)
{
    const char *ours = explain(rv);
    ap_log_error(APLOG_MARK, level, ours ? APR_SUCCESS : rv, s, "%s%s", text,
                 ours ? ours : "");
}

static void write_line(void *baton, chat_log_level_t level, apr_status_t rv,
                       const char *text)
{
    write_flags(baton, level_of(level), rv, text);
}

static void write_startup(void *baton, chat_log_level_t level, apr_status_t rv,
                          const char *text)
{
    write_flags(baton, level_of(level) | APLOG_STARTUP, rv, text);
}

void chat_log_server(chat_log_t *out, server_rec *s)
{
    chat_log_level_t level = CHAT_LOG_ERROR;
    while (level < CHAT_LOG_DEBUG && APLOG_IS_LEVEL(s, level_of(level + 1)))
        level++;
    out->fn = write_line;
    out->baton = s;
    out->level = level;
}

void chat_log_startup(chat_log_t *out, server_rec *s)
{
    out->fn = write_startup;
    out->baton = s;
    out->level = CHAT_LOG_NOTICE;
}
