/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"
#include "base/status.h"
#include "unit.h"

static void refuse_fills(void **state)
{
    chat_problem_t p = {CHAT_P_NONE, "old", "old", 7};
    (void)state;
    assert_int_equal(chat_refuse(&p, CHAT_P_MISSING, "token", "words"), CHAT_REFUSED);
    assert_int_equal(p.code, CHAT_P_MISSING);
    assert_string_equal(p.field, "token");
    assert_string_equal(p.detail, "words");
    assert_int_equal(p.number, 0);
    assert_int_equal(chat_refuse_number(&p, CHAT_P_RATE, 30), CHAT_REFUSED);
    assert_int_equal(p.code, CHAT_P_RATE);
    assert_null(p.field);
    assert_null(p.detail);
    assert_int_equal(p.number, 30);
}

static void status_becomes_problem(void **state)
{
    static const struct {
        apr_status_t rv;
        chat_problem_code_t code;
        int waits;
    } table[] = {
        {APR_SUCCESS, CHAT_P_NONE, 0},         {CHAT_BUSY, CHAT_P_UNAVAILABLE, 1},
        {CHAT_LOST, CHAT_P_UNAVAILABLE, 1},    {CHAT_FULL, CHAT_P_DISK_FULL, 0},
        {APR_ENOSPC, CHAT_P_DISK_FULL, 0},     {CHAT_BROKEN, CHAT_P_INTERNAL, 0},
        {CHAT_BUG, CHAT_P_INTERNAL, 0},        {CHAT_NOTFOUND, CHAT_P_INTERNAL, 0},
        {CHAT_CONFLICT, CHAT_P_INTERNAL, 0},   {CHAT_TOOBIG, CHAT_P_TOO_LARGE, 0},
        {CHAT_MALFORMED, CHAT_P_MALFORMED, 0}, {APR_TIMEUP, CHAT_P_TIMEOUT, 0},
        {APR_EACCES, CHAT_P_INTERNAL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_problem_t p = {CHAT_P_COUNT, "old", "old", -1};
        chat_problem_of_status(&p, table[i].rv);
        assert_int_equal(p.code, table[i].code);
        assert_int_equal(p.number > 0, table[i].waits);
        assert_null(p.field);
        assert_null(p.detail);
    }
}

static void refusal_stays(void **state)
{
    chat_problem_t p;
    (void)state;
    chat_refuse(&p, CHAT_P_NO_ROOM, "chatroomID", NULL);
    chat_problem_of_status(&p, CHAT_REFUSED);
    assert_int_equal(p.code, CHAT_P_NO_ROOM);
    assert_string_equal(p.field, "chatroomID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuse_fills),
        cmocka_unit_test(status_becomes_problem),
        cmocka_unit_test(refusal_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
