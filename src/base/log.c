/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines of the library: level names, the callback. */
#include "base/log.h"

#include <apr_strings.h>
#include <stdarg.h>

#define LINE_MAX_CHARS 1000

const char *chat_log_level_name(chat_log_level_t level)
{
    static const char *const names[] = {"error", "warn", "notice", "info", "debug"};
    return names[level];
}

/* Log files are read in terminals and split at newlines: nothing of what a client sent
 * may act there. */
static void escape(char out[LINE_MAX_CHARS + 1], const char *text)
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    char *end = out + LINE_MAX_CHARS;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c < 0x7f) {
            if (p == end)
                break;
            *p++ = (char)c;
            continue;
        }
        if (end - p < 4)
            break;
        *p++ = '\\';
        *p++ = 'x';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 15];
    }
    *p = '\0';
}

void chat_log(const chat_log_t *log, chat_log_level_t level, int id, apr_status_t rv,
              const char *format, ...)
{
    char raw[LINE_MAX_CHARS + 1], text[LINE_MAX_CHARS + 1];
    va_list args;
    int n;
    if (!log || !log->fn || level > log->level)
        return;
    n = apr_snprintf(raw, sizeof(raw), "CHAT%04d: ", id);
    va_start(args, format);
    apr_vsnprintf(raw + n, sizeof(raw) - n, format, args);
    va_end(args);
    escape(text, raw);
    log->fn(log->baton, level, rv, text);
}

int chat_log_due(apr_int64_t *minute, apr_time_t now)
{
    apr_int64_t n = apr_time_sec(now) / 60;
    return __atomic_exchange_n(minute, n, __ATOMIC_ACQ_REL) != n;
}
