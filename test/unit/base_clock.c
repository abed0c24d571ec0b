/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "unit.h"

#include <time.h>

#define SECONDS(n) ((apr_time_t)(n)*APR_USEC_PER_SEC)

static void known_times(void **state)
{
    static const struct {
        apr_time_t t;
        const char *iso, *sql;
    } table[] = {
        {0, "1970-01-01T00:00:00.000000Z", "1970-01-01 00:00:00"},
        {1, "1970-01-01T00:00:00.000001Z", "1970-01-01 00:00:00"},
        {SECONDS(951782400), "2000-02-29T00:00:00.000000Z", "2000-02-29 00:00:00"},
        {SECONDS(951868799) + 999999, "2000-02-29T23:59:59.999999Z",
         "2000-02-29 23:59:59"},
        {SECONDS(1731653880) + 123456, "2024-11-15T06:58:00.123456Z",
         "2024-11-15 06:58:00"},
        {SECONDS(4107542400), "2100-03-01T00:00:00.000000Z", "2100-03-01 00:00:00"},
        {SECONDS(253402300799), "9999-12-31T23:59:59.000000Z", "9999-12-31 23:59:59"},
        {SECONDS(253402300800), "9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59"},
        {APR_INT64_MAX, "9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59"},
        {-1, "1970-01-01T00:00:00.000000Z", "1970-01-01 00:00:00"},
        {APR_INT64_MIN, "1970-01-01T00:00:00.000000Z", "1970-01-01 00:00:00"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[CHAT_ISO_SIZE];
        assert_int_equal(chat_clock_iso(out, table[i].t), 27);
        assert_string_equal(out, table[i].iso);
        assert_int_equal(chat_clock_sql(out, table[i].t), 19);
        assert_string_equal(out, table[i].sql);
    }
}

/* Every day of the range, against the C library. */
static void every_day(void **state)
{
    /* as far as this machine's time_t goes, at most to the end of the year 9999 */
    const apr_int64_t days =
        sizeof(time_t) < 8 ? INT32_MAX / 86400 : 253402300800 / 86400;
    (void)state;
    for (apr_int64_t day = 0; day < days; day++) {
        time_t t = (time_t)(day * 86400 + day * 7919 % 86400);
        char ours[CHAT_ISO_SIZE], theirs[32];
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        assert_int_equal(strftime(theirs, sizeof(theirs), "%Y-%m-%d %H:%M:%S", &tm), 19);
        chat_clock_sql(ours, SECONDS(t) + day % 1000000);
        assert_string_equal(ours, theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
