/* SPDX-License-Identifier: Apache-2.0 */
/* Thread places of realtime clients: the shares of an address and of its network. */
#include "base/bounds.h"
#include "httpd/realtime_state.h"
#include "unit.h"

#include <stdio.h>

static int enter(chat_realtime_state_t *s, const char *address)
{
    return chat_realtime_state_enter(s, 99, chat_realtime_state_key(address), 2);
}

static void shares(void **state)
{
    chat_realtime_state_t *s = chat_realtime_state_create();
    char address[32];
    int first = enter(s, "192.0.2.1");
    (void)state;
    assert_true(first >= 0 && enter(s, "192.0.2.1") >= 0);
    assert_int_equal(enter(s, "192.0.2.1"), CHAT_PLACE_SHARE);
    chat_realtime_state_leave(s, first);
    assert_true(enter(s, "::ffff:192.0.2.1") >= 0);
    assert_true(enter(s, "192.0.2.2") >= 0);
    for (int i = 0; i < 2 * CHAT_WIDE_PLACES; i++) {
        snprintf(address, sizeof(address), "2001:db8:7:%x::1", i);
        assert_true(enter(s, address) >= 0);
    }
    assert_int_equal(enter(s, "2001:db8:7:99::1"), CHAT_PLACE_SHARE);
    assert_true(enter(s, "2001:db8:8::1") >= 0 && enter(s, "2001:db8:8::2") >= 0);
    assert_int_equal(enter(s, "2001:db8:8::3"), CHAT_PLACE_SHARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
