/* SPDX-License-Identifier: Apache-2.0 */
/* Times as ISO 8601 and SQL text; back-off. */
#include "base/clock.h"

#define LAST_SECOND APR_INT64_C(253402300799) /* 9999-12-31T23:59:59 */

static char *two(char *p, unsigned n)
{
    p[0] = (char)('0' + n / 10);
    p[1] = (char)('0' + n % 10);
    return p + 2;
}

/* Years are counted from March, so that the leap day is the last of its year, and in eras
 * of 400 years, which all have the same length (the well-known days-to-civil method). */
static char *date(char *p, unsigned days)
{
    unsigned z = days + 719468;
    unsigned day_of_era = z % 146097;
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153;
    unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    unsigned year = z / 146097 * 400 + year_of_era + (month <= 2);
    p = two(p, year / 100);
    p = two(p, year % 100);
    *p++ = '-';
    p = two(p, month);
    *p++ = '-';
    return two(p, day_of_year - (153 * shifted + 2) / 5 + 1);
}

static char *date_and_time(char *p, apr_int64_t seconds, char between)
{
    unsigned in_day = (unsigned)(seconds % 86400);
    p = date(p, (unsigned)(seconds / 86400));
    *p++ = between;
    p = two(p, in_day / 3600);
    *p++ = ':';
    p = two(p, in_day / 60 % 60);
    *p++ = ':';
    return two(p, in_day % 60);
}

/* Keeps what goes beyond four-digit years from writing beyond the field. */
static apr_time_t within_range(apr_time_t t)
{
    if (t < 0)
        return 0;
    if (t > LAST_SECOND * APR_USEC_PER_SEC + APR_USEC_PER_SEC - 1)
        return LAST_SECOND * APR_USEC_PER_SEC + APR_USEC_PER_SEC - 1;
    return t;
}

int chat_clock_iso(char out[CHAT_ISO_SIZE], apr_time_t t)
{
    unsigned micros;
    char *p;
    t = within_range(t);
    micros = (unsigned)(t % APR_USEC_PER_SEC);
    p = date_and_time(out, t / APR_USEC_PER_SEC, 'T');
    *p++ = '.';
    p = two(p, micros / 10000);
    p = two(p, micros / 100 % 100);
    p = two(p, micros % 100);
    *p++ = 'Z';
    *p = '\0';
    return (int)(p - out);
}

int chat_clock_sql(char out[CHAT_ISO_SIZE], apr_time_t t)
{
    char *p = date_and_time(out, within_range(t) / APR_USEC_PER_SEC, ' ');
    *p = '\0';
    return (int)(p - out);
}

int chat_clock_backoff(apr_int64_t failures, int most)
{
    int wait = failures > 0;
    while (--failures > 0 && wait < most)
        wait *= 2;
    return wait < most ? wait : most;
}
