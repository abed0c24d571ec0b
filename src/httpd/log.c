#include "httpd/config.h"
#include "httpd/log.h"

#include <http_log.h>

APLOG_USE_MODULE(chat);

static int level_of(chat_log_level_t level)
{
    static const int levels[] = {APLOG_ERR, APLOG_WARNING, APLOG_NOTICE, APLOG_INFO,
                                 APLOG_DEBUG};

    return levels[level];
}

static void write_line(void *baton, chat_log_level_t level, apr_status_t rv,
                       const char *text)
{
    server_rec *s = baton;

    ap_log_error(APLOG_MARK, level_of(level), rv, s, "%s", text);
}

static void write_startup(void *baton, chat_log_level_t level, apr_status_t rv,
                          const char *text)
{
    server_rec *s = baton;

    ap_log_error(APLOG_MARK, level_of(level) | APLOG_STARTUP, rv, s, "%s", text);
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
