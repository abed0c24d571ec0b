/* SPDX-License-Identifier: Apache-2.0 */
/* Times as ISO 8601 and SQL text; durations. */
#include "base/clock.h"

#include <time.h>

#define LAST_SECOND APR_INT64_C(253402300799) /* 9999-12-31T23:59:59 */

apr_time_t chat_clock_steady(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}

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

/* DIGITS digits at *S, from LEAST to MOST, into *N; *S moves behind them. */
static int digits(apr_int32_t *n, const char **s, int count, apr_int32_t least,
                  apr_int32_t most)
{
    for (*n = 0; count--; ++*s) {
        if (**s < '0' || **s > '9')
            return 0;
        *n = *n * 10 + (**s - '0');
    }
    return *n >= least && *n <= most;
}

static int read_fraction(apr_time_exp_t *t, const char **s)
{
    apr_int32_t unit = 100000;
    if (**s != '.')
        return 1;
    if (*++*s < '0' || **s > '9')
        return 0;
    for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        t->tm_usec += (**s - '0') * unit;
    return 1;
}

static int read_offset(apr_time_exp_t *t, const char *s)
{
    apr_int32_t hours, minutes;
    int sign = *s == '-' ? -1 : 1;
    if (!*s || (*s == 'Z' && !s[1]))
        return 1;
    if ((*s != '+' && *s != '-') || (s++, !digits(&hours, &s, 2, 0, 23)) || *s++ != ':' ||
        !digits(&minutes, &s, 2, 0, 59) || *s)
        return 0;
    t->tm_gmtoff = sign * (hours * 3600 + minutes * 60);
    return 1;
}

static int days_of(const apr_time_exp_t *t)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = t->tm_year + 1900;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[t->tm_mon] + (leap && t->tm_mon == 1);
}

int chat_clock_read(apr_time_t *out, const char *s)
{
    apr_time_exp_t t = {0};
    apr_int32_t year, month;
    if (!digits(&year, &s, 4, 1970, 9999) || *s++ != '-' ||
        !digits(&month, &s, 2, 1, 12) || *s++ != '-')
        return 0;
    t.tm_year = year - 1900;
    t.tm_mon = month - 1;
    if (!digits(&t.tm_mday, &s, 2, 1, days_of(&t)))
        return 0;
    if (*s == 'T') {
        s++;
        if (!digits(&t.tm_hour, &s, 2, 0, 23) || *s++ != ':' ||
            !digits(&t.tm_min, &s, 2, 0, 59) ||
            (*s == ':' && (s++, !digits(&t.tm_sec, &s, 2, 0, 59))) ||
            !read_fraction(&t, &s) || !read_offset(&t, s))
            return 0;
    }
    else if (*s) {
        return 0;
    }
    return apr_time_exp_gmt_get(out, &t) == APR_SUCCESS;
}

int chat_clock_backoff(apr_int64_t failures, int most)
{
    int wait = failures > 0;
    while (--failures > 0 && wait < most)
        wait *= 2;
    return wait < most ? wait : most;
}
