/* SPDX-License-Identifier: Apache-2.0 */
#include "base/network.h"
#include "unit.h"

static void networks_have_one_form(void **state)
{
    static const struct {
        const char *text, *form; /* NULL: it is none */
    } table[] = {
        {"192.0.2.1", "192.0.2.1/32"},
        {"192.0.2.77/24", "192.0.2.0/24"},
        {"192.0.2.77/30", "192.0.2.76/30"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"2001:DB8:0:0::1", "2001:db8::1/128"},
        {"2001:db8:1:2:3:4:5:6/64", "2001:db8:1:2::/64"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"::ffff:192.0.2.5", "192.0.2.5/32"},
        {"::/0", "::/0"},
        {"192.0.2.0/33", NULL},
        {"192.0.2.0/-1", NULL},
        {"192.0.2.0/", NULL},
        {"192.0.2", NULL},
        {"2001:db8::/129", NULL},
        {"fe80::1%eth0", NULL},
        {"host", NULL},
        {"", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_network_t n;
        char form[CHAT_NETWORK_SIZE];
        int valid = chat_network_parse(&n, table[i].text);
        if (valid)
            chat_network_text(form, &n);
        if (valid ? !table[i].form || strcmp(form, table[i].form) : !!table[i].form)
            fail_msg("%s: %s", table[i].text, valid ? form : "refused");
    }
}

static void the_networks_of_an_address_are_found(void **state)
{
    static const char *const texts[] = {
        "10.0.0.0/8",    "10.1.0.0/16",     "10.1.2.0/24",    "192.0.2.1",
        "2001:db8::/32", "2001:db8:5::/48", "198.51.100.0/24"};
    static const struct {
        const char *address;
        int found;
    } table[] = {
        {"10.0.0.0", 1},     {"10.255.255.255", 1}, {"9.255.255.255", 0},
        {"11.0.0.0", 0},     {"10.1.2.3", 1},       {"192.0.2.1", 1},
        {"192.0.2.0", 0},    {"192.0.2.2", 0},      {"::ffff:10.9.9.9", 1},
        {"2001:db8::1", 1},  {"2001:db9::1", 0},    {"2001:db8:5::9", 1},
        {"198.51.100.7", 0}, {"nonsense", 0},
    };
    chat_network_set_t set = {.n = COUNT(texts)};
    set.list = apr_palloc(*state, sizeof(*set.list) * COUNT(texts));
    assert_false(chat_network_find(&(chat_network_set_t){NULL, 0}, "10.0.0.1", 5));
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_true(chat_network_parse(&set.list[COUNT(texts) - 1 - i], texts[i]));
    set.list[0].until = 10; /* 198.51.100.0/24 is over */
    chat_network_sort(&set);
    for (size_t i = 0; i < COUNT(table); i++) {
        if (chat_network_find(&set, table[i].address, 20) != table[i].found)
            fail_msg("%s", table[i].address);
    }
    assert_true(chat_network_find(&set, "198.51.100.7", 5));
    assert_true(chat_network_has(&set.list[0], "10.3.0.0/16"));
    assert_false(chat_network_has(&set.list[1], "10.0.0.0/8"));
}

/* Against a look at each of them. */
static void ten_thousand_are_found_as_one_by_one(void **state)
{
    enum { N = 10000 };
    chat_network_set_t set = {.n = N};
    unsigned long seed = 7;
    set.list = apr_pcalloc(*state, sizeof(*set.list) * N);
    for (int i = 0; i < N; i++) {
        char text[CHAT_NETWORK_SIZE];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        apr_snprintf(text, sizeof(text), "%d.%d.%d.0/%d", (int)(seed >> 40 & 63),
                     (int)(seed >> 48 & 255), (int)(seed >> 56 & 255),
                     12 + (int)(seed >> 33) % 13);
        assert_true(chat_network_parse(&set.list[i], text));
    }
    chat_network_sort(&set);
    for (int i = 0; i < 2000; i++) {
        char text[CHAT_NETWORK_SIZE];
        int found = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        apr_snprintf(text, sizeof(text), "%d.%d.%d.9", (int)(seed >> 40 & 127),
                     (int)(seed >> 48 & 255), (int)(seed >> 56 & 255));
        for (int k = 0; k < N && !found; k++)
            found = chat_network_has(&set.list[k], text);
        assert_int_equal(chat_network_find(&set, text, 1), found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(networks_have_one_form),
        POOL_TEST(the_networks_of_an_address_are_found),
        POOL_TEST(ten_thousand_are_found_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
