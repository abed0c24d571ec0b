/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"
#include "base/text.h"
#include "unit.h"

#include <apr_time.h>
#include <locale.h>
#include <math.h>
#include <unistr.h>

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void utf8_is_judged(void **state)
{
    static const struct {
        const char *text;
        int valid;
    } table[] = {
        {"", 1},
        {"plain", 1},
        {"more than eight bytes of ASCII", 1},
        {"caf\xc3\xa9", 1},
        {"\xe2\x82\xac", 1},
        {"\xf0\x9f\x98\x80", 1},
        {"\xed\x9f\xbf", 1},
        {"\xee\x80\x80", 1},
        {"\xef\xbf\xbf", 1},
        {"\xf4\x8f\xbf\xbf", 1},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc2", 0},
        {"\xc2\x41", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xed\xbf\xbf", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82\x28", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xf0\x9f\x98", 0},
        {"\xff", 0},
        {"0123456\xff", 0},
        {"01234567\xff", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(chat_text_valid(table[i].text, strlen(table[i].text)),
                         table[i].valid);
    for (size_t i = 0; i < 20; i++) {
        char text[20];
        memset(text, 'x', sizeof(text));
        text[i] = '\0';
        assert_false(chat_text_valid(text, sizeof(text)));
        assert_true(chat_text_valid(text, i));
    }
}

/* Every sequence of three bytes and those of four that begin alike, against libunistring.
 */
static void utf8_as_unistring(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 1u << 24; n++) {
        uint8_t text[4];
        text[0] = n % 5 ? (uint8_t)(n >> 16) : (uint8_t)(0xf0 | (n >> 16 & 7));
        text[1] = (uint8_t)(n >> 8);
        text[2] = (uint8_t)n;
        text[3] = 0x80;
        if (!memchr(text, 0, 4) && chat_text_valid((char *)text, 4) != !u8_check(text, 4))
            fail_msg("%02x %02x %02x %02x", text[0], text[1], text[2], text[3]);
    }
}

static void texts_are_measured(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        int blank;
    } table[] = {
        {"", 0, 1},
        {" ", 1, 1},
        {" \t\r\n\x0b\x0c", 6, 1},
        {"\xc2\xa0\xe2\x80\x83\xe3\x80\x80", 3, 1},
        {"\xe2\x80\x8b", 1, 0},
        {" a ", 3, 0},
        {"caf\xc3\xa9", 4, 0},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        apr_size_t len = strlen(table[i].text);
        assert_int_equal(chat_text_length(table[i].text, len), table[i].length);
        assert_int_equal(chat_text_blank(table[i].text, len), table[i].blank);
    }
}

typedef struct name_case_t {
    const char *name;
    chat_name_t result;
    const char *key;
} name_case_t;

static void check_names(const name_case_t *table, size_t n,
                        chat_name_t (*look)(const char **, const char *, apr_pool_t *),
                        apr_pool_t *pool)
{
    const char *(*fold)(const char *, apr_pool_t *) =
        look == chat_name_channel ? chat_name_fold_channel : chat_name_fold;
    for (size_t i = 0; i < n; i++) {
        const char *key = "untouched";
        chat_name_t result = look(&key, table[i].name, pool);
        if (result != table[i].result)
            fail_msg("case %d (%s): %d", (int)i, table[i].name, (int)result);
        if (table[i].key)
            assert_string_equal(key, table[i].key);
        else
            assert_null(key);
        if (table[i].key)
            assert_string_equal(key, fold(table[i].name, pool));
    }
}

static void account_names(void **state)
{
    static const name_case_t table[] = {
        {"alice", CHAT_NAME_OK, "alice"},
        {"Alice_B.C-9", CHAT_NAME_OK, "alice_b.c-9"},
        {"x", CHAT_NAME_OK, "x"},
        {SIXTY "1234", CHAT_NAME_OK, SIXTY "1234"},
        {"", CHAT_NAME_EMPTY, NULL},
        {SIXTY "12345", CHAT_NAME_LONG, NULL},
        {"a b", CHAT_NAME_CHARACTER, NULL},
        {" a", CHAT_NAME_CHARACTER, NULL},
        {"a\n", CHAT_NAME_CHARACTER, NULL},
        {"a@b", CHAT_NAME_CHARACTER, NULL},
        {"a/b", CHAT_NAME_CHARACTER, NULL},
        {"a|b", CHAT_NAME_CHARACTER, NULL},
        {"a\x7f", CHAT_NAME_CHARACTER, NULL},
        {"\xff", CHAT_NAME_CHARACTER, NULL},
        {"\xc3", CHAT_NAME_CHARACTER, NULL},
        /* composed, decomposed and upper case are one name */
        {"Ren\xc3\xa9", CHAT_NAME_OK, "ren\xc3\xa9"},
        {"rene\xcc\x81", CHAT_NAME_OK, "ren\xc3\xa9"},
        {"REN\xc3\x89", CHAT_NAME_OK, "ren\xc3\xa9"},
        {"Stra\xc3\x9f"
         "e",
         CHAT_NAME_OK, "strasse"},
        {"\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82", CHAT_NAME_OK,
         "\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83"},
        /* compatibility: full width, mathematical, ligature */
        {"\xef\xbc\xa1\xef\xbc\xa2", CHAT_NAME_OK, "ab"},
        {"\xf0\x9d\x90\x80", CHAT_NAME_OK, "a"},
        {"\xef\xac\x81x", CHAT_NAME_OK, "fix"},
        {"\xef\xbc\xbf", CHAT_NAME_CHARACTER, NULL},
        /* one letter, eighteen characters with blanks */
        {"\xef\xb7\xba", CHAT_NAME_CHARACTER, NULL},
        /* emoji, zero width, soft hyphen, direction, variation selector, Hangul filler */
        {"a\xf0\x9f\x98\x80", CHAT_NAME_CHARACTER, NULL},
        {"a\xe2\x80\x8b", CHAT_NAME_CHARACTER, NULL},
        {"a\xc2\xad", CHAT_NAME_CHARACTER, NULL},
        {"a\xe2\x80\xae", CHAT_NAME_CHARACTER, NULL},
        {"a\xef\xb8\x8f", CHAT_NAME_CHARACTER, NULL},
        {"\xe3\x85\xa4", CHAT_NAME_CHARACTER, NULL},
        /* scripts: Cyrillic alone, with Latin, Greek micro sign with Latin */
        {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", CHAT_NAME_OK,
         "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd"},
        {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd_7", CHAT_NAME_OK,
         "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd_7"},
        {"p\xd0\xb0ypal", CHAT_NAME_SCRIPTS, NULL},
        {"\xc2\xb5"
         "bob",
         CHAT_NAME_SCRIPTS, NULL},
        {"bob\xe0\xa5\xa8", CHAT_NAME_SCRIPTS, NULL},
        {"\xd7\x90\xce\xb1", CHAT_NAME_SCRIPTS, NULL},
        /* Han with kana, with Latin; with Hangul; with Bopomofo; kana with Hangul */
        {"\xe6\xbc\xa2\xe3\x81\x8b\xe3\x82\xab"
         "a",
         CHAT_NAME_OK,
         "\xe6\xbc\xa2\xe3\x81\x8b\xe3\x82\xab"
         "a"},
        {"\xe6\xbc\xa2\xed\x95\x9c", CHAT_NAME_OK, "\xe6\xbc\xa2\xed\x95\x9c"},
        {"\xe6\xbc\xa2\xe3\x84\x85x", CHAT_NAME_OK, "\xe6\xbc\xa2\xe3\x84\x85x"},
        {"\xe3\x81\x8b\xed\x95\x9c", CHAT_NAME_SCRIPTS, NULL},
        {"\xe3\x81\x8b\xe3\x84\x85", CHAT_NAME_SCRIPTS, NULL},
        {"\xe6\xbc\xa2\xd0\xb0", CHAT_NAME_SCRIPTS, NULL},
    };
    check_names(table, COUNT(table), chat_name_account, *state);
}

static void characters_in_context(void **state)
{
    static const name_case_t table[] = {
        /* RFC 5892: the non-joiner between letters that join, behind a virama, elsewhere
         */
        {"\xd8\xb9\xd9\x84\xdb\x8c\xe2\x80\x8c\xd8\xb1\xd8\xb6\xd8\xa7", CHAT_NAME_OK,
         "\xd8\xb9\xd9\x84\xdb\x8c\xd8\xb1\xd8\xb6\xd8\xa7"},
        {"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8c\xe0\xa4\xb7", CHAT_NAME_OK,
         "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7"},
        {"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7", CHAT_NAME_OK,
         "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7"},
        {"a\xe2\x80\x8c"
         "b",
         CHAT_NAME_CHARACTER, NULL},
        {"\xd8\xb1\xe2\x80\x8c\xd8\xb1", CHAT_NAME_CHARACTER, NULL},
        {"\xd8\xb9\xe2\x80\x8c", CHAT_NAME_CHARACTER, NULL},
        {"\xd8\xb9\xe2\x80\x8d\xd8\xb9", CHAT_NAME_CHARACTER, NULL},
        /* l-middle dot-l, keraia, geresh, gershayim, katakana middle dot */
        {"Gal\xc2\xb7la", CHAT_NAME_OK, "gal\xc2\xb7la"},
        {"L\xc2\xb7L", CHAT_NAME_OK, "l\xc2\xb7l"},
        {"ga\xc2\xb7la", CHAT_NAME_CHARACTER, NULL},
        {"l\xc2\xb7", CHAT_NAME_CHARACTER, NULL},
        {"\xcd\xb5\xce\xb1", CHAT_NAME_OK, "\xcd\xb5\xce\xb1"},
        {"\xcd\xb5"
         "a",
         CHAT_NAME_CHARACTER, NULL},
        {"\xd7\x92\xd7\xb3", CHAT_NAME_OK, "\xd7\x92\xd7\xb3"},
        {"\xd7\xa6\xd7\xb4\xd7\x9c", CHAT_NAME_OK, "\xd7\xa6\xd7\xb4\xd7\x9c"},
        {"\xd7\xb3\xd7\x92", CHAT_NAME_CHARACTER, NULL},
        {"a\xd7\xb3", CHAT_NAME_CHARACTER, NULL},
        {"\xe3\x83\x9e\xe3\x83\xbb\xe3\x83\x9e", CHAT_NAME_OK,
         "\xe3\x83\x9e\xe3\x83\xbb\xe3\x83\x9e"},
        {"a\xe3\x83\xbb"
         "b",
         CHAT_NAME_CHARACTER, NULL},
        {"O'Brien", CHAT_NAME_CHARACTER, NULL},
        /* tatweel only stretches; two sets of digits; marks that pile up, repeat, stand
           alone */
        {"\xd9\x85\xd9\x80\xd8\xad", CHAT_NAME_CHARACTER, NULL},
        {"\xd9\x85\xd9\xa1\xdb\xb1", CHAT_NAME_CHARACTER, NULL},
        {"e\xcc\x81\xcc\x80\xcc\x82\xcc\x83", CHAT_NAME_OK,
         "\xc3\xa9\xcc\x80\xcc\x82\xcc\x83"},
        {"e\xcc\x81\xcc\x80\xcc\x82\xcc\x83\xcc\x84", CHAT_NAME_MARKS, NULL},
        {"\xc3\xa9\xcc\x80\xcc\x82\xcc\x83\xcc\x84", CHAT_NAME_MARKS, NULL},
        {"e\xcc\x81\xcc\x81", CHAT_NAME_MARKS, NULL},
        {"\xcc\x81"
         "e",
         CHAT_NAME_MARKS, NULL},
        {"Vi\xe1\xbb\x87t", CHAT_NAME_OK, "vi\xe1\xbb\x87t"},
    };
    check_names(table, COUNT(table), chat_name_account, *state);
}

/* Names of the chatroom API. */
static void spaced_names(void **state)
{
    static const name_case_t table[] = {
        {"consumer of tea", CHAT_NAME_OK, "consumer of tea"},
        {"Alice", CHAT_NAME_OK, "alice"},
        {"\xd0\x98\xd0\xb2 \xd0\xb0\xd0\xbd", CHAT_NAME_OK,
         "\xd0\xb8\xd0\xb2 \xd0\xb0\xd0\xbd"},
        {"a  b", CHAT_NAME_CHARACTER, NULL},
        {" a", CHAT_NAME_CHARACTER, NULL},
        {"a ", CHAT_NAME_CHARACTER, NULL},
        {"a\xc2\xa0"
         "b",
         CHAT_NAME_CHARACTER, NULL},
        {"a\xe3\x80\x80"
         "b",
         CHAT_NAME_CHARACTER, NULL},
        {"a\tb", CHAT_NAME_CHARACTER, NULL},
        {" ", CHAT_NAME_CHARACTER, NULL},
    };
    check_names(table, COUNT(table), chat_name_spaced, *state);
}

/* A name in a text, its shorter readings, and what is left without punctuation. */
static void shorter_names(void **state)
{
    static const struct {
        const char *text, *readings, *trimmed;
    } cases[] = {
        {"max", "max", "max"},
        {"max.meier", "max.meier|max.|max", "max.meier"},
        {"max...", "max...|max..|max.|max", "max"},
        {"a-\xc3\xbc.", "a-\xc3\xbc.|a-\xc3\xbc|a-|a", "a-\xc3\xbc"},
        {"-a", "-a|-", "-a"},
    };
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text, *got = "";
        apr_size_t len = strlen(text);
        assert_int_equal(chat_name_trimmed(text, len), strlen(cases[i].trimmed));
        for (; len; len = chat_name_shorter(text, len))
            got = apr_psprintf(*state, "%s%s%.*s", got, *got ? "|" : "", (int)len, text);
        assert_string_equal(got, cases[i].readings);
    }
}

static void same_texts(void **state)
{
    (void)state;
    assert_true(chat_text_same("Ren\xc3\xa9", "Rene\xcc\x81"));
    assert_true(chat_text_same("", ""));
    assert_false(chat_text_same("Ren\xc3\xa9", "ren\xc3\xa9"));
    assert_false(chat_text_same("a", ""));
}

static void channel_names(void **state)
{
    static const name_case_t table[] = {
        {"default", CHAT_NAME_OK, "default"},
        {"General Talk!", CHAT_NAME_OK, "general talk!"},
        {"#1 @home | <b>", CHAT_NAME_OK, "#1 @home | <b>"},
        /* one script in a word, as in the names of accounts */
        {"g\xd0\xb5neral", CHAT_NAME_SCRIPTS, NULL},
        {"the g\xd0\xb5neral one", CHAT_NAME_SCRIPTS, NULL},
        {"Team \xd0\xb0\xd0\xb1", CHAT_NAME_OK, "team \xd0\xb0\xd0\xb1"},
        {"\xd0\xb0\xd0\xb1 Team", CHAT_NAME_OK, "\xd0\xb0\xd0\xb1 team"},
        {"a\xe6\xbc\xa2\xe3\x81\x8b", CHAT_NAME_OK, "a\xe6\xbc\xa2\xe3\x81\x8b"},
        {"z\xcc\x81\xcc\x80\xcc\x82\xcc\x83\xcc\x84", CHAT_NAME_MARKS, NULL},
        {"\xf0\x9f\x98\x80 fun", CHAT_NAME_OK, "\xf0\x9f\x98\x80 fun"},
        /* red heart with and without its variation selector */
        {"\xe2\x9d\xa4\xef\xb8\x8f", CHAT_NAME_OK, "\xe2\x9d\xa4"},
        {"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa7", CHAT_NAME_OK,
         "\xf0\x9f\x91\xa8\xf0\x9f\x91\xa7"},
        {"\xe2\x80\x8d", CHAT_NAME_CHARACTER, NULL},
        {"", CHAT_NAME_EMPTY, NULL},
        {SIXTY "1234", CHAT_NAME_OK, SIXTY "1234"},
        {SIXTY "12345", CHAT_NAME_LONG, NULL},
        /* what looks the same is the same */
        {"a  b", CHAT_NAME_OK, "a b"},
        {"A   B  c", CHAT_NAME_OK, "a b c"},
        {"a\xe2\x80\x83\xc2\xa0 b", CHAT_NAME_OK, "a b"},
        {"a\xe1\x9a\x80 b", CHAT_NAME_OK, "a b"},
        {" a", CHAT_NAME_CHARACTER, NULL},
        {"a ", CHAT_NAME_CHARACTER, NULL},
        {"a\xc2\xa0", CHAT_NAME_CHARACTER, NULL},
        {"\xe3\x80\x80"
         "a",
         CHAT_NAME_CHARACTER, NULL},
        {" ", CHAT_NAME_CHARACTER, NULL},
        {"a\tb", CHAT_NAME_CHARACTER, NULL},
        {"a\x7f"
         "b",
         CHAT_NAME_CHARACTER, NULL},
        {"a\xc2\x85z", CHAT_NAME_CHARACTER, NULL},
        {"a\xe2\x80\xa8z", CHAT_NAME_CHARACTER, NULL},
        {"a\xe2\x80\xaez", CHAT_NAME_CHARACTER, NULL},
        {"a\xee\x80\x80z", CHAT_NAME_CHARACTER, NULL},
        {"a\xef\xbf\xbfz", CHAT_NAME_CHARACTER, NULL},
        {"a\xff", CHAT_NAME_CHARACTER, NULL},
        /* symbols that look like nothing: braille blank, object replacement, null note */
        {"general\xe2\xa0\x80", CHAT_NAME_CHARACTER, NULL},
        {"\xe2\xa0\x80", CHAT_NAME_CHARACTER, NULL},
        {"general\xef\xbf\xbc", CHAT_NAME_CHARACTER, NULL},
        {"general\xf0\x9d\x85\x99", CHAT_NAME_CHARACTER, NULL},
        {"general\xf0\x93\x91\x81", CHAT_NAME_CHARACTER, NULL},
        {"\xe2\xa0\x81", CHAT_NAME_OK, "\xe2\xa0\x81"},
    };
    check_names(table, COUNT(table), chat_name_channel, *state);
}

/* 64 letters are short enough as a name and too long as a key: each folds to 33 bytes, or
 * has three bytes and a combining mark that does not compose. */
static void long_keys(void **state)
{
    char name[300] = "";
    const char *key;
    for (int i = 0; i < 64; i++)
        memcpy(name + 4 * i, "\xf0\x9d\x94\x90", 5); /* mathematical M: key is one byte */
    assert_int_equal(chat_name_account(&key, name, *state), CHAT_NAME_OK);
    assert_int_equal(strlen(key), 64);
    for (int i = 0; i < 64; i++)
        memcpy(name + 4 * i, "\xf0\x90\x90\xa8", 5); /* Deseret: 256 bytes as they are */
    assert_int_equal(chat_name_account(&key, name, *state), CHAT_NAME_LONG);
    assert_null(key);
    for (int i = 0; i < 10; i++)
        memcpy(name + 3 * i, "\xef\xb7\xba", 4);
    assert_int_equal(chat_name_channel(&key, name, *state), CHAT_NAME_LONG);
    assert_null(key);
}

static void folding_never_fails(void **state)
{
    static const struct {
        const char *in, *out;
    } table[] = {
        {"", ""},
        {"ABC", "abc"},
        {"\xff"
         "A",
         "\xff"
         "A"},
        {"\xe2\x80\x8b", ""},
        {"bo\xe2\x80\x8b"
         "B",
         "bob"},
        {"\xc4\xb0", "i\xcc\x87"},
        {"\xe1\xba\x9e", "ss"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_string_equal(chat_name_fold(table[i].in, *state), table[i].out);
}

static void kinds_are_counted(void **state)
{
    static const struct {
        const char *text;
        chat_text_kinds_t
            kinds; /* length, letters, uppers, digits, symbols, blanks, controls */
    } table[] = {
        {"", {0, 0, 0, 0, 0, 0, 0}},
        {"Passw0rd!", {9, 7, 1, 1, 1, 0, 0}},
        {"a b\tc", {5, 3, 0, 0, 0, 2, 0}},
        {"\x01\x7f", {2, 0, 0, 0, 0, 0, 2}},
        {"\xc3\x89t\xc3\xa9", {3, 3, 1, 0, 0, 0, 0}},
        {"\xd9\xa3\xe2\x82\xac", {2, 0, 0, 1, 1, 0, 0}},
        {"\xf0\x9f\x98\x80", {1, 0, 0, 0, 1, 0, 0}},
        {"\xc2\xa0\xe2\x80\x8b", {2, 0, 0, 0, 0, 1, 0}},
        {"\xc2\xb2_", {2, 0, 0, 0, 2, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_text_kinds_t kinds;
        chat_text_kinds(&kinds, table[i].text, strlen(table[i].text));
        assert_memory_equal(&kinds, &table[i].kinds, sizeof(kinds));
    }
}

static void integers_are_read(void **state)
{
    static const struct {
        const char *text;
        int good;
        apr_int64_t n;
    } table[] = {
        {"0", 1, 0},
        {"-0", 1, 0},
        {"+5", 1, 5},
        {"007", 1, 7},
        {"42", 1, 42},
        {"9223372036854775807", 1, APR_INT64_MAX},
        {"-9223372036854775808", 1, APR_INT64_MIN},
        {"9223372036854775808", 0, 0},
        {"-9223372036854775809", 0, 0},
        {"18446744073709551616", 0, 0},
        {"99999999999999999999999", 0, 0},
        {"", 0, 0},
        {"-", 0, 0},
        {"+-1", 0, 0},
        {" 1", 0, 0},
        {"1 ", 0, 0},
        {"1.0", 0, 0},
        {"0x10", 0, 0},
        {"1e3", 0, 0},
        {"\xd9\xa3", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        apr_int64_t n = 77;
        assert_int_equal(chat_text_int64(&n, table[i].text), table[i].good);
        assert_true(n == (table[i].good ? table[i].n : 77));
    }
}

static void reals_are_read(void **state)
{
    static const struct {
        const char *text;
        int good;
        double n;
    } table[] = {
        {"0", 1, 0},      {"1", 1, 1},      {"-1.5", 1, -1.5},
        {"+2", 1, 2},     {".5", 1, .5},    {"5.", 1, 5},
        {"1e3", 1, 1000}, {"1E-2", 1, .01}, {"1700000000.25", 1, 1700000000.25},
        {"1e-400", 1, 0}, {"1e400", 0, 0},  {"", 0, 0},
        {".", 0, 0},      {"-", 0, 0},      {"e5", 0, 0},
        {".e5", 0, 0},    {"1e", 0, 0},     {"1e+", 0, 0},
        {"inf", 0, 0},    {"nan", 0, 0},    {"0x10", 0, 0},
        {" 1", 0, 0},     {"1 ", 0, 0},     {"1,5", 0, 0},
        {"1.5.5", 0, 0},  {"--1", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        double n = 77;
        if (chat_text_double(&n, table[i].text) != table[i].good)
            fail_msg("%s", table[i].text);
        assert_true(n == (table[i].good ? table[i].n : 77));
    }
}

/* Expected values: Python's repr. */
static void reals_are_written(void **state)
{
    static const struct {
        double n;
        const char *text;
    } table[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {1700000000.123456, "1700000000.123456"},
        {-2.5, "-2.5"},
        {1e22, "1e+22"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992.0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[CHAT_REAL_SIZE];
        assert_int_equal(chat_text_real(out, table[i].n), strlen(table[i].text));
        assert_string_equal(out, table[i].text);
    }
}

static void reals_read_back(void **state)
{
    apr_uint64_t bits = 1;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char out[CHAT_REAL_SIZE];
        double n, again;
        bits = bits * APR_UINT64_C(6364136223846793005) + 1442695040888963407u;
        memcpy(&n, &bits, sizeof(n));
        if (!isfinite(n))
            continue;
        assert_in_range(chat_text_real(out, n), 3, CHAT_REAL_SIZE - 1);
        assert_true(chat_text_double(&again, out));
        assert_true(n == again);
    }
}

/* A server may run with any locale; none is needed here, so the test is silent without.
 */
static void locale_does_not_matter(void **state)
{
    static const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    char out[CHAT_REAL_SIZE];
    double n;
    (void)state;
    for (size_t i = 0; i < COUNT(names) && !setlocale(LC_ALL, names[i]); i++)
        ;
    chat_text_real(out, 1.5);
    assert_string_equal(out, "1.5");
    assert_true(chat_text_double(&n, "1.5"));
    assert_true(n == 1.5);
    setlocale(LC_ALL, "C");
}

static void lower_is_ascii_only(void **state)
{
    assert_string_equal(chat_text_lower("AbC-\xc3\x89[@`{", *state), "abc-\xc3\x89[@`{");
    assert_string_equal(chat_text_lower("", *state), "");
}

static void next_moves_on(void **state)
{
    const char text[] = "a\xc3\xa9\xf0\x9f\x98\x80\xff\xe2\x82";
    const char *p = text, *end = text + sizeof(text) - 1;
    (void)state;
    assert_int_equal(chat_text_next(&p, end), 'a');
    assert_int_equal(chat_text_next(&p, end), 0xe9);
    assert_int_equal(chat_text_next(&p, end), 0x1f600);
    assert_int_equal(chat_text_next(&p, end), 0xfffd);
    while (p < end)
        assert_int_equal(chat_text_next(&p, end), 0xfffd);
    assert_ptr_equal(p, end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(utf8_is_judged),         POOL_TEST(utf8_as_unistring),
        POOL_TEST(texts_are_measured),     POOL_TEST(account_names),
        POOL_TEST(channel_names),          POOL_TEST(spaced_names),
        POOL_TEST(shorter_names),          POOL_TEST(long_keys),
        POOL_TEST(folding_never_fails),    POOL_TEST(kinds_are_counted),
        POOL_TEST(integers_are_read),      POOL_TEST(reals_are_read),
        POOL_TEST(reals_are_written),      POOL_TEST(reals_read_back),
        POOL_TEST(locale_does_not_matter), POOL_TEST(lower_is_ascii_only),
        POOL_TEST(next_moves_on),          POOL_TEST(same_texts),
        POOL_TEST(characters_in_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
