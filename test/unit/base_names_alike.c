/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"
#include "base/password.h"
#include "base/skeleton.h"
#include "unit.h"

static void names_that_look_alike_have_one_skeleton(void **state)
{
    static const struct {
        const char *a, *b;
        int alike;
    } table[] = {
        {"coop", "\u0441\u043e\u043e\u0440", 1}, /* all Cyrillic */
        {"COOP", "\u0421\u041e\u041e\u0420", 1},
        {"coop", "\uff43\uff4f\uff4f\uff50", 1}, /* wide */
        {"paypal", "paypa1", 1},
        {"paypal", "PaypaI", 1},
        {"Bob0", "BobO", 1},
        {"corn", "com", 1},
        {"a\u0301bc", "\u00e1bc", 1},
        {"\u03bf\u03bf\u03bf", "ooo", 1},                  /* Greek */
        {"general", "gene\u200dral", 1},                   /* joiner */
        {"general", "gen\u202eeral", 1},                   /* bidi control */
        {"general", "\u2066general\u2069\u200b\ufeff", 1}, /* isolates, zero width */
        {"\u05d0\u05d1", "\u05d0\u200f\u05d1", 1},         /* right-to-left mark */
        {"\u00e9t\u00e9", "ete", 0},                       /* accents can be seen */
        {"alice", "alina", 0},
        {"alice1", "alice2", 0},
        {"\u65e5\u672c", "\u65e5\u6728", 0},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *a = chat_name_skeleton(table[i].a, *state);
        const char *b = chat_name_skeleton(table[i].b, *state);
        if ((strcmp(a, b) == 0) != table[i].alike)
            fail_msg("%s, %s: %s, %s", table[i].a, table[i].b, a, b);
    }
    assert_string_equal(chat_name_skeleton("", *state), "");
    assert_string_equal(chat_name_skeleton("\xff", *state), "\xff");
}

/* Every character that cannot be seen: a name has none, or its key and skeleton drop it.
 */
static void invisible_characters_make_no_other_name(void **state)
{
    static const struct {
        unsigned from, to;
    } table[] = {{0xad, 0xad},       {0x34f, 0x34f},    {0x61c, 0x61c},
                 {0x180b, 0x180f},   {0x200b, 0x200f},  {0x202a, 0x202e},
                 {0x2060, 0x206f},   {0xfe00, 0xfe0f},  {0xfeff, 0xfeff},
                 {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};
    for (size_t i = 0; i < COUNT(table); i++) {
        for (unsigned c = table[i].from; c <= table[i].to; c++) {
            const char *key;
            char name[16] = "news";
            char *p = name + 4;
            if (c >= 0x10000)
                *p++ = (char)(0xf0 | c >> 18), *p++ = (char)(0x80 | (c >> 12 & 63));
            else if (c >= 0x800)
                *p++ = (char)(0xe0 | c >> 12);
            if (c >= 0x800)
                *p++ = (char)(0x80 | (c >> 6 & 63));
            else
                *p++ = (char)(0xc0 | c >> 6);
            *p++ = (char)(0x80 | (c & 63));
            p[0] = 'x';
            p[1] = '\0';
            assert_string_equal(chat_name_skeleton(name, *state), "newsx");
            assert_int_not_equal(chat_name_account(&key, name, *state), CHAT_NAME_OK);
            if (chat_name_channel(&key, name, *state) == CHAT_NAME_OK)
                assert_string_equal(key, "newsx");
        }
    }
}

static void common_passwords_are_known(void **state)
{
    static const struct {
        const char *password, *name;
        int common;
    } table[] = {
        {"password", NULL, 1},      {"Password1!", NULL, 1},
        {"1234567890", NULL, 1},    {"!!Dragon2024", NULL, 1},
        {"aaaaaaaaaaaa", NULL, 1},  {"abababababab", NULL, 1},
        {"Alice1990!", "alice", 1}, {"ALICE", "Alice", 1},
        {"alice", "bob", 0},        {"Alice1990!", "bob", 0},
        {"abcabcabcabd", NULL, 0},  {"8472-3391-77", "alice", 0},
        {"8472-3391-77", "77", 0},  {"correct horse battery", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        if (chat_password_common(table[i].password, table[i].name, *state) !=
            table[i].common)
            fail_msg("%s", table[i].password);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(names_that_look_alike_have_one_skeleton),
        POOL_TEST(invisible_characters_make_no_other_name),
        POOL_TEST(common_passwords_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
