/* SPDX-License-Identifier: Apache-2.0 */
/* Chatroom API: times as clients write them. */
#include "api/chatroom.h"
#include "base/text.h"
#include "unit.h"

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        apr_time_t time;
    } table[] = {
        {"0", 0},
        {"1", 1000000},
        {"1.5", 1500000},
        {"1700000000.123456", APR_INT64_C(1700000000123456)},
        {"1.7e9", APR_INT64_C(1700000000000000)},
        {"-1.5", -1500000},
        {"1e300", APR_INT64_C(9000000000000000000)},
        {"-1e300", APR_INT64_C(-9000000000000000000)},
    };
    static const char *const bad[] = {"", "x", "nan", "inf", "0x1", "1,5", "1 2"};
    apr_time_t t;
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(chat_chatroom_time(&t, table[i].text), 1);
        assert_true(t == table[i].time);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(chat_chatroom_time(&t, bad[i]), 0);
}

/* What a message's send_time says reads back as that very microsecond: a client that asks
 * from there on gets the message, and not the one before. */
static void send_times_read_back(void **state)
{
    char text[CHAT_REAL_SIZE];
    (void)state;
    for (apr_time_t t = APR_INT64_C(1700000000000000); t < APR_INT64_C(4102444800000000);
         t += APR_INT64_C(1234567890123)) {
        for (apr_time_t micros = t; micros < t + 50; micros++) {
            apr_time_t back;
            chat_text_real(text, (double)micros / 1e6);
            assert_int_equal(chat_chatroom_time(&back, text), 1);
            assert_true(back == micros);
        }
    }
}

static void owners_are_0(void **state)
{
    chat_room_t room = {.owner = 7}, ownerless = {.owner = 0};
    (void)state;
    assert_string_equal(chat_chatroom_user(&room, 7, "u"), "0");
    assert_string_equal(chat_chatroom_user(&room, 8, "u"), "u");
    assert_string_equal(chat_chatroom_user(&room, 0, NULL), "0");
    assert_string_equal(chat_chatroom_user(&ownerless, 7, "u"), "u");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(send_times_read_back),
        cmocka_unit_test(owners_are_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
