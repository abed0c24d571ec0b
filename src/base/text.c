/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, names, numbers. */
#include "base/text.h"

#include <apr_strings.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

#define MOST_DIGITS 17 /* every double reads back from these */
#define ONES APR_UINT64_C(0x0101010101010101)
#define HIGHS APR_UINT64_C(0x8080808080808080)

/* --- UTF-8 --- */

/* Skips ASCII other than NUL, eight bytes at a time. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
    while (end - p >= 8) {
        apr_uint64_t w;
        memcpy(&w, p, 8);
        if (((w - ONES) | w) & HIGHS)
            break;
        p += 8;
    }
    while (p < end && *p && *p < 0x80)
        p++;
    return p;
}

/* Length of the non-ASCII character at P, 0 when it is not one. The second byte carries
 * what is special: shortest form, surrogates, the upper end. */
static int wide_length(const unsigned char *p, const unsigned char *end)
{
    unsigned char low = 0x80, high = 0xbf;
    int n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    if (*p < 0xc2 || *p > 0xf4 || end - p < n)
        return 0;
    if (*p == 0xe0)
        low = 0xa0;
    else if (*p == 0xed)
        high = 0x9f;
    else if (*p == 0xf0)
        low = 0x90;
    else if (*p == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (int i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

int chat_text_valid(const char *s, apr_size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    const unsigned char *end = p + len;
    while ((p = skip_ascii(p, end)) < end) {
        int n = wide_length(p, end);
        if (n == 0)
            return 0;
        p += n;
    }
    return 1;
}

apr_size_t chat_text_length(const char *s, apr_size_t len)
{
    apr_size_t n = 0;
    for (apr_size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}

apr_uint32_t chat_text_next(const char **s, const char *end)
{
    ucs4_t c;
    int n = u8_mbtouc(&c, (const uint8_t *)*s, (apr_size_t)(end - *s));
    *s += n > 0 ? n : 1;
    return c;
}

const char *chat_text_repair(const char *s, apr_size_t *len, apr_pool_t *pool)
{
    static const char replacement[] = "\xef\xbf\xbd";
    const char *end = s + *len;
    char *copy = apr_palloc(pool, 3 * *len + 1), *out = copy;
    while (s < end) {
        const char *from = s;
        if (chat_text_next(&s, end) == 0xfffd) {
            memcpy(out, replacement, 3);
            out += 3;
        }
        else {
            memcpy(out, from, (apr_size_t)(s - from));
            out += s - from;
        }
    }
    *out = '\0';
    *len = (apr_size_t)(out - copy);
    return copy;
}

int chat_text_blank(const char *s, apr_size_t len)
{
    const char *end = s + len;
    while (s < end) {
        if (!uc_is_property_white_space(chat_text_next(&s, end)))
            return 0;
    }
    return 1;
}

/* --- passwords --- */

static int is_category(ucs4_t c, uint32_t mask)
{
    return uc_is_general_category_withtable(c, mask);
}

static void count_kind(chat_text_kinds_t *out, ucs4_t c)
{
    out->length++;
    if (is_category(c, UC_CATEGORY_MASK_L)) {
        out->letters++;
        out->uppers += is_category(c, UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lt);
    }
    else if (is_category(c, UC_CATEGORY_MASK_Nd))
        out->digits++;
    else if (uc_is_property_white_space(c))
        out->blanks++;
    else if (is_category(c, UC_CATEGORY_MASK_Cc))
        out->controls++;
    else if (!is_category(c, UC_CATEGORY_MASK_C))
        out->symbols++;
}

void chat_text_kinds(chat_text_kinds_t *out, const char *s, apr_size_t len)
{
    const char *end = s + len;
    memset(out, 0, sizeof(*out));
    while (s < end)
        count_kind(out, chat_text_next(&s, end));
}

/* --- numbers --- */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int chat_text_int64(apr_int64_t *out, const char *s)
{
    int negative = *s == '-';
    apr_uint64_t limit = (apr_uint64_t)APR_INT64_MAX + (negative ? 1 : 0);
    apr_uint64_t n = 0;
    if (*s == '-' || *s == '+')
        s++;
    if (!*s)
        return 0;
    for (; *s; s++) {
        unsigned digit = (unsigned)(*s - '0');
        if (!is_digit(*s) || n > (limit - digit) / 10)
            return 0;
        n = n * 10 + digit;
    }
    *out = (apr_int64_t)(negative ? 0 - n : n);
    return 1;
}

static const char *skip_digits(const char *s)
{
    while (is_digit(*s))
        s++;
    return s;
}

/* strtod accepts more than we do: blanks, hexadecimal, inf, nan. */
static int looks_decimal(const char *s)
{
    const char *start, *point;
    if (*s == '-' || *s == '+')
        s++;
    start = s;
    s = point = skip_digits(s);
    if (*s == '.')
        s = skip_digits(s + 1);
    if (s == start || (point == start && s == start + 1))
        return 0;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '-' || *s == '+')
            s++;
        if (!is_digit(*s))
            return 0;
        s = skip_digits(s);
    }
    return *s == '\0';
}

/* The C locale costs nothing to create: the C library has it ready. */
static double read_double(const char *s)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double n = strtod_l(s, NULL, c);
    freelocale(c);
    return n;
}

int chat_text_double(double *out, const char *s)
{
    double n;
    if (!looks_decimal(s))
        return 0;
    n = read_double(s);
    if (!isfinite(n))
        return 0;
    *out = n;
    return 1;
}

int chat_text_real(char out[CHAT_REAL_SIZE], double n)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c);
    /* 15 digits of a normal number are never too many; below that the last ones are
     * noise. */
    int digits = fabs(n) < DBL_MIN ? 1 : DBL_DIG;
    int len;
    do {
        len = snprintf(out, CHAT_REAL_SIZE, "%.*g", digits, n);
    } while (digits++ < MOST_DIGITS && strtod(out, NULL) != n);
    uselocale(before);
    freelocale(c);
    if (!strpbrk(out, ".e")) {
        memcpy(out + len, ".0", 3);
        len += 2;
    }
    return len;
}

const char *chat_text_lower(const char *s, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, s);
    char *p;
    for (p = out; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    return out;
}

int chat_text_word(apr_uint32_t c)
{
    return c == '_' ||
           is_category(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nd);
}

/* Longer than every sequence that Unicode has. */
#define EMOJI_BYTES 64
#define KEYCAP 0x20e3
#define AS_EMOJI 0xfe0f

int chat_text_emoji(const char *s, apr_size_t len)
{
    const char *end = s + len, *p = s;
    char breaks[EMOJI_BYTES];
    apr_uint32_t first, last;
    int flags = 0, asked = 0;
    if (!len || len > EMOJI_BYTES)
        return 0;
    u8_grapheme_breaks((const uint8_t *)s, len, breaks);
    if (memchr(breaks + 1, 1, len - 1))
        return 0;
    first = last = chat_text_next(&p, end);
    for (;; last = chat_text_next(&p, end)) {
        flags += last >= 0x1f1e6 && last <= 0x1f1ff;
        asked |= last == AS_EMOJI;
        if (p == end)
            break;
    }
    if (first < 0x80)
        return uc_is_property_emoji(first) && last == KEYCAP;
    if (flags)
        return flags == 2;
    return uc_is_property_emoji_presentation(first) ||
           (uc_is_property_emoji(first) && (asked || first == last));
}

int chat_text_same(const char *a, const char *b)
{
    int differ = 1;
    return !strcmp(a, b) ||
           (!u8_normcmp((const uint8_t *)a, strlen(a), (const uint8_t *)b, strlen(b),
                        UNINORM_NFD, &differ) &&
            !differ);
}
