/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of configtest, with the virtual host that they are about. */
#include "httpd/config/report.h"

#include "httpd/log.h"

#include <apr_strings.h>
#include <http_core.h>
#include <stdarg.h>

static void write_line(const chat_check_t *check, chat_log_level_t level, int id,
                       const char *text)
{
    const server_rec *s = check->server;
    const char *where = "main server";
    chat_log_t log;
    /* a virtual host inherits the mistakes of the main server */
    if (apr_hash_get(check->said, text, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(check->said, text, APR_HASH_KEY_STRING, text);
    if (s->is_virtual)
        where = apr_psprintf(check->temp, "virtual host %s (%s:%u)",
                             s->server_hostname ? s->server_hostname : "without name",
                             s->defn_name ? s->defn_name : "?", s->defn_line_number);
    chat_log_startup(&log, check->server);
    chat_log(&log, level, id, APR_SUCCESS, "%s: %s", where, text);
}

void chat_check_warn(chat_check_t *check, int id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(check, CHAT_LOG_WARNING, id, apr_pvsprintf(check->temp, format, args));
    va_end(args);
}

void chat_check_mistake(chat_check_t *check, int id, const char *format, ...)
{
    va_list args;
    if (check->database && ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
        check->database->unusable = 1;
    else
        check->mistakes++;
    va_start(args, format);
    write_line(check, CHAT_LOG_ERROR, id, apr_pvsprintf(check->temp, format, args));
    va_end(args);
}
