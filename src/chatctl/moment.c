/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time on the command line. */
#include "moment.h"

#include "base/clock.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* Digits of TEXT where PATTERN has letters, the same characters elsewhere. */
static int has_form(const char *text, const char *pattern)
{
    for (; *text && *pattern; text++, pattern++) {
        if (*pattern == 'n' ? !apr_isdigit(*text) : *text != *pattern)
            return 0;
    }
    return !*text && !*pattern;
}

static int number(const char *text, int len)
{
    int n = 0;
    for (int i = 0; i < len; i++)
        n = n * 10 + (text[i] - '0');
    return n;
}

static int read_date(apr_time_t *out, const char *text)
{
    apr_time_exp_t e = {0};
    apr_size_t len = strlen(text) - (*text && text[strlen(text) - 1] == 'Z');
    char copy[24];
    if (len >= sizeof(copy))
        return 0;
    apr_cpystrn(copy, text, len + 1);
    if (!has_form(copy, "nnnn-nn-nn") && !has_form(copy, "nnnn-nn-nnTnn:nn") &&
        !has_form(copy, "nnnn-nn-nnTnn:nn:nn"))
        return 0;
    e.tm_year = number(copy, 4) - 1900;
    e.tm_mon = number(copy + 5, 2) - 1;
    e.tm_mday = number(copy + 8, 2);
    if (len > 10) {
        e.tm_hour = number(copy + 11, 2);
        e.tm_min = number(copy + 14, 2);
    }
    if (len > 16)
        e.tm_sec = number(copy + 17, 2);
    return e.tm_year >= 70 && e.tm_mon >= 0 && e.tm_mon < 12 && e.tm_mday &&
           e.tm_mday < 32 && e.tm_hour < 24 && e.tm_min < 60 && e.tm_sec < 60 &&
           apr_time_exp_gmt_get(out, &e) == APR_SUCCESS;
}

int chatctl_moment(apr_time_t *out, const char *text, apr_time_t now, int direction)
{
    static const char units[] = "smhd";
    static const int seconds[] = {1, 60, 3600, 86400};
    apr_size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    if (!digits || digits > 6 || !unit || text[digits + 1])
        return read_date(out, text);
    *out = now + direction * apr_time_from_sec((apr_int64_t)number(text, (int)digits) *
                                               seconds[unit - units]);
    return 1;
}

const char *chatctl_moment_text(apr_time_t t, apr_pool_t *pool)
{
    char text[CHAT_ISO_SIZE];
    chat_clock_sql(text, t);
    return apr_pstrcat(pool, text, " UTC", NULL);
}
