/* SPDX-License-Identifier: Apache-2.0 */
/* Origins are compared by scheme, host and port. */
#include "base/origin.h"
#include "unit.h"

static void origins_have_one_form(void **state)
{
    static const struct {
        const char *sent, *canonical;
    } table[] = {
        {"https://chat.example.org", "https://chat.example.org"},
        {"HTTPS://Chat.Example.org", "https://chat.example.org"},
        {"https://chat.example.org/", "https://chat.example.org"},
        {"https://chat.example.org/a/path?q#f", "https://chat.example.org"},
        {"https://chat.example.org?q", "https://chat.example.org"},
        {"https://chat.example.org:443", "https://chat.example.org"},
        {"https://chat.example.org:443/", "https://chat.example.org"},
        {"https://chat.example.org:", "https://chat.example.org"},
        {"https://chat.example.org:80", "https://chat.example.org:80"},
        {"http://localhost:80", "http://localhost"},
        {"http://localhost:8080/", "http://localhost:8080"},
        {"http://localhost:443", "http://localhost:443"},
        {"http://[::1]:80/x", "http://[::1]"},
        {"http://[2001:DB8::1]", "http://[2001:db8::1]"},
        {"capacitor://localhost", "capacitor://localhost"},
        {"wss://a:443", "wss://a"},
        {"ws://a:80", "ws://a"},
        {"null", NULL},
        {"", NULL},
        {"*", NULL},
        {"https://", NULL},
        {"https:///path", NULL},
        {"https://:443", NULL},
        {"chat.example.org", NULL},
        {"//chat.example.org", NULL},
        {"https://user@chat.example.org", NULL},
        {"https://a b", NULL},
        {"https://a, https://b", NULL},
        {"https://*.example.org", NULL},
        {"https://a\\.example.org", NULL},
        {"https://[::1]:443", "https://[::1]"},
        {"https://[::1", NULL},
        {"https://[::", NULL},
        {"https://[]", NULL},
        {"https://[::1]x", NULL},
        {"https://::1", NULL},
        {"https://a::443", NULL},
        {"https://a:x", NULL},
        {"https://a:1:2", NULL},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *got = chat_origin_canonical(table[i].sent, *state);
        if (table[i].canonical) {
            assert_non_null(got);
            assert_string_equal(got, table[i].canonical);
        }
        else
            assert_null(got);
    }
}

static void the_list_and_the_own_host_are_allowed(void **state)
{
    static const struct {
        const char *origin, *host;
        int allowed;
    } table[] = {
        {"https://app.example.org", "chat.example.org", 1},
        {"https://app.example.org/", "chat.example.org", 1},
        {"https://app.example.org:443/x", "chat.example.org", 1},
        {"http://app.example.org", "chat.example.org", 0},
        {"https://app.example.org:8443", "chat.example.org", 0},
        {"https://app.example.org.evil", "chat.example.org", 0},
        {"https://evil/https://app.example.org", "chat.example.org", 0},
        {"https://chat.example.org", "chat.example.org", 1},
        {"http://chat.example.org/", "Chat.Example.org", 1},
        {"http://chat.example.org:8080/", "chat.example.org:8080", 1},
        {"http://chat.example.org", "chat.example.org:8080", 0},
        {"http://chat.example.org:80", "chat.example.org", 1},
        {"https://chat.example.org", "chat.example.org:443", 1},
        {"https://[::1]:8443/", "[::1]:8443", 1},
        {"null", "null", 0},
        {"null", "chat.example.org", 0},
        {"http://", "", 0},
        {"http://chat.example.org", "", 0},
        {"http://chat.example.org", NULL, 0},
    };
    apr_array_header_t *list = apr_array_make(*state, 1, sizeof(const char *));
    APR_ARRAY_PUSH(list, const char *) = "https://other.example.org";
    APR_ARRAY_PUSH(list, const char *) = "https://app.example.org";
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(
            chat_origin_allowed(table[i].origin, table[i].host, list, *state),
            table[i].allowed);
    assert_string_equal(chat_origin_listed("https://APP.example.org/", list, *state),
                        "https://app.example.org");
    assert_null(chat_origin_listed("https://app.example.org", NULL, *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(origins_have_one_form),
        POOL_TEST(the_list_and_the_own_host_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
