/* SPDX-License-Identifier: Apache-2.0 */
/* Names: Unicode's and RFC 5892's rules, and our own. */
#include "base/name.h"

#include "base/bounds.h"
#include "base/text.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

/* The character that ends at S + LEN. */
static ucs4_t last_character(const char *s, apr_size_t len, apr_size_t *start)
{
    const char *p = s + len - 1;
    while (p > s && ((unsigned char)*p & 0xc0) == 0x80)
        p--;
    *start = (apr_size_t)(p - s);
    return chat_text_next(&p, s + len);
}

#define NAME_CHARACTERS 64
#define NAME_KEY_BYTES 255

static int is_category(ucs4_t c, uint32_t mask)
{
    return uc_is_general_category_withtable(c, mask);
}

static int is_ascii(const char *s, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (!s[i] || (unsigned char)s[i] >= 0x80)
            return 0;
    }
    return 1;
}

/* Copies what can be seen of S. */
static apr_size_t drop_invisible(char *out, const char *s, apr_size_t len)
{
    const char *end = s + len;
    char *p = out;
    while (s < end) {
        const char *from = s;
        if (!uc_is_property_default_ignorable_code_point(chat_text_next(&s, end))) {
            memcpy(p, from, (apr_size_t)(s - from));
            p += s - from;
        }
    }
    return (apr_size_t)(p - out);
}

/* libunistring allocates with malloc what does not fit into the block it is given; NULL
 * when out of memory. */
static const char *fold_wide(const char *s, apr_size_t len, apr_pool_t *pool)
{
    char *visible = apr_palloc(pool, len + 1);
    apr_size_t size = drop_invisible(visible, s, len);
    uint8_t *normal, *folded;
    const char *key = NULL;
    normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)visible, size, NULL, &size);
    if (!normal)
        return size ? NULL : "";
    folded = u8_casefold(normal, size, NULL, UNINORM_NFKC, NULL, &size);
    if (folded)
        key = apr_pstrmemdup(pool, (const char *)folded, size);
    free(normal);
    free(folded);
    return key;
}

const char *chat_name_fold(const char *name, apr_pool_t *pool)
{
    apr_size_t len = strlen(name);
    const char *key;
    if (len <= CHAT_NAME_BYTES && is_ascii(name, len))
        return chat_text_lower(name, pool);
    if (len > CHAT_NAME_BYTES || !chat_text_valid(name, len))
        return apr_pstrmemdup(pool, name, len);
    key = fold_wide(name, len, pool);
    return key ? key : apr_pstrmemdup(pool, name, len);
}

const char *chat_name_fold_channel(const char *name, apr_pool_t *pool)
{
    const char *key = chat_name_fold(name, pool), *p = key, *end = p + strlen(p);
    char *joined, *to;
    if (end - key > CHAT_NAME_BYTES || !chat_text_valid(key, (apr_size_t)(end - key)))
        return key;
    joined = to = apr_palloc(pool, (apr_size_t)(end - key) + 1);
    while (p < end) {
        const char *from = p;
        if (!uc_is_property_white_space(chat_text_next(&p, end))) {
            memcpy(to, from, (apr_size_t)(p - from));
            to += p - from;
        }
        else if (to == joined || to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    *to = '\0';
    return joined;
}

/* Disallowed by RFC 5892 (2.6) among letters and marks: they only stretch or repeat. */
static int stretches(ucs4_t c)
{
    return c == 0x640 || c == 0x7fa || c == 0x302e || c == 0x302f ||
           (c >= 0x3031 && c <= 0x3035) || c == 0x303b;
}

/* Symbols that look like nothing: braille and Egyptian blanks, a note without a head. */
static int is_blank_symbol(ucs4_t c)
{
    return c == 0x2800 || c == 0xfffc || c == 0x13441 || c == 0x13442 || c == 0x1d159;
}

static int account_character(ucs4_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    return is_category(c,
                       UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nd) &&
           !uc_is_property_default_ignorable_code_point(c) && !stretches(c) &&
           !is_blank_symbol(c);
}

static int channel_character(ucs4_t c)
{
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f;
    if (c == 0x200c || c == 0x200d || c == 0xfe0e || c == 0xfe0f)
        return 1;
    return !is_category(c,
                        UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) &&
           !uc_is_property_default_ignorable_code_point(c) && !is_blank_symbol(c);
}

/* The characters of a name, so that a rule can look around. */
typedef struct letters_t {
    ucs4_t c[NAME_KEY_BYTES];
    int n;
} letters_t;

static void split(letters_t *out, const char *s)
{
    const char *end = s + strlen(s);
    for (out->n = 0; s < end && out->n < NAME_KEY_BYTES; out->n++)
        out->c[out->n] = chat_text_next(&s, end);
}

static int is_script(ucs4_t c, const char *name)
{
    const uc_script_t *script = uc_script(c);
    return script && !strcmp(script->name, name);
}

static int has_script(const letters_t *l, const char *name)
{
    for (int i = 0; i < l->n; i++) {
        if (is_script(l->c[i], name))
            return 1;
    }
    return 0;
}

/* RFC 5892, A.1 and A.2: behind a virama; the non-joiner also between letters that would
 * join. */
static int joiner_stands(const letters_t *l, int i)
{
    int before = i - 1, after = i + 1, left, right;
    if (i && uc_combining_class(l->c[i - 1]) == UC_CCC_VR)
        return 1;
    while (before >= 0 && uc_joining_type(l->c[before]) == UC_JOINING_TYPE_T)
        before--;
    while (after < l->n && uc_joining_type(l->c[after]) == UC_JOINING_TYPE_T)
        after++;
    if (l->c[i] != 0x200c || before < 0 || after >= l->n)
        return 0;
    left = uc_joining_type(l->c[before]);
    right = uc_joining_type(l->c[after]);
    return (left == UC_JOINING_TYPE_L || left == UC_JOINING_TYPE_D) &&
           (right == UC_JOINING_TYPE_R || right == UC_JOINING_TYPE_D);
}

/* Whether the character at I is allowed there although account_character refuses it: RFC
 * 5892, appendix A. */
static int stands(const letters_t *l, int i)
{
    ucs4_t before = i ? l->c[i - 1] : 0, after = i + 1 < l->n ? l->c[i + 1] : 0;
    switch (l->c[i]) {
    case 0x200c:
    case 0x200d:
        return joiner_stands(l, i);
    case 0xb7: /* l-middle dot-l */
        return (before | 0x20) == 'l' && (after | 0x20) == 'l';
    case 0x375: /* keraia */
        return after && is_script(after, "Greek");
    case 0x5f3: /* geresh */
    case 0x5f4: /* gershayim */
        return before && is_script(before, "Hebrew");
    case 0x30fb: /* katakana middle dot */
        return has_script(l, "Hiragana") || has_script(l, "Katakana") ||
               has_script(l, "Han");
    default:
        return 0;
    }
}

static int any_between(const letters_t *l, ucs4_t low, ucs4_t high)
{
    for (int i = 0; i < l->n; i++) {
        if (l->c[i] >= low && l->c[i] <= high)
            return 1;
    }
    return 0;
}

/* SPACES: single ones inside are allowed. */
static int account_characters(const char *s, int spaces)
{
    letters_t l;
    split(&l, s);
    for (int i = 0; i < l.n; i++) {
        int inner = i && i + 1 < l.n && l.c[i + 1] != ' ';
        if (l.c[i] == ' ' ? !(spaces && inner)
                          : !account_character(l.c[i]) && !stands(&l, i))
            return 0;
    }
    /* the two sets of Arabic digits look the same and are never mixed (A.8, A.9) */
    return !(any_between(&l, 0x660, 0x669) && any_between(&l, 0x6f0, 0x6f9));
}

static int channel_characters(const char *s)
{
    const char *end = s + strlen(s);
    while (s < end) {
        if (!channel_character(chat_text_next(&s, end)))
            return 0;
    }
    return 1;
}

#define MARKS_MAX 4 /* UTS 39, 5.4; no language needs more on one letter */

/* Whether marks have no letter, pile up, or repeat; the same in each normal form. */
static int marks_pile_up(const char *key)
{
    apr_size_t len = strlen(key);
    uint8_t *apart;
    const char *p, *end;
    apr_size_t size;
    ucs4_t before = 0;
    int n = MARKS_MAX, piled = 0;
    if (is_ascii(key, len))
        return 0;
    apart = u8_normalize(UNINORM_NFD, (const uint8_t *)key, len, NULL, &size);
    p = (const char *)apart;
    end = p ? p + size : NULL;
    while (p < end && !piled) {
        ucs4_t c = chat_text_next(&p, end);
        if (!is_category(c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me))
            n = 0;
        else
            piled = ++n > MARKS_MAX || c == before;
        before = c;
    }
    free(apart);
    return piled;
}

/* What both kinds of names have in common. */
static chat_name_t check_name(const char **key, const char *name, apr_pool_t *pool)
{
    apr_size_t len = strlen(name);
    *key = NULL;
    if (len == 0)
        return CHAT_NAME_EMPTY;
    if (len > CHAT_NAME_BYTES)
        return CHAT_NAME_LONG;
    if (!chat_text_valid(name, len))
        return CHAT_NAME_CHARACTER;
    if (chat_text_length(name, len) > NAME_CHARACTERS)
        return CHAT_NAME_LONG;
    *key = chat_name_fold(name, pool);
    if (strlen(*key) > NAME_KEY_BYTES)
        return CHAT_NAME_LONG;
    return marks_pile_up(*key) ? CHAT_NAME_MARKS : CHAT_NAME_OK;
}

/* Scripts that are written together, a bit for each writing system. */
static unsigned writing_systems(const uc_script_t *script)
{
    static const struct {
        const char *name;
        unsigned systems;
    } table[] = {{"Latin", 7},    {"Han", 7},      {"Hiragana", 1},
                 {"Katakana", 1}, {"Bopomofo", 2}, {"Hangul", 4}};
    for (apr_size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(script->name, table[i].name) == 0)
            return table[i].systems;
    }
    return 0;
}

/* Whether a word of KEY has letters of several scripts. The key decides, not the name:
 * the micro sign belongs to no script until it is folded to a Greek letter. */
static int mixes_scripts(const char *key)
{
    const char *end = key + strlen(key);
    const uc_script_t *first = NULL;
    unsigned systems = 7;
    int several = 0;
    if (is_ascii(key, (apr_size_t)(end - key)))
        return 0;
    while (key < end && !(several && !systems)) {
        ucs4_t c = chat_text_next(&key, end);
        const uc_script_t *script = uc_script(c);
        if (uc_is_property_white_space(c)) {
            first = NULL;
            systems = 7;
            several = 0;
        }
        if (!script || !strcmp(script->name, "Common") ||
            !strcmp(script->name, "Inherited"))
            continue;
        if (!first)
            first = script;
        several |= script != first;
        systems &= writing_systems(script);
    }
    return several && !systems;
}

static chat_name_t check_account(const char **key, const char *name, int spaces,
                                 apr_pool_t *pool)
{
    chat_name_t result = check_name(key, name, pool);
    /* the key too: one letter can fold to several characters that would not be allowed */
    if (result == CHAT_NAME_OK &&
        (!account_characters(name, spaces) || !account_characters(*key, spaces)))
        result = CHAT_NAME_CHARACTER;
    else if (result == CHAT_NAME_OK && mixes_scripts(*key))
        result = CHAT_NAME_SCRIPTS;
    if (result != CHAT_NAME_OK)
        *key = NULL;
    return result;
}

static int starts_blank(const char *s, apr_size_t len)
{
    const char *p = s;
    return uc_is_property_white_space(chat_text_next(&p, s + len));
}

static int ends_blank(const char *s, apr_size_t len)
{
    apr_size_t start;
    return uc_is_property_white_space(last_character(s, len, &start));
}

chat_name_t chat_name_account(const char **key, const char *name, apr_pool_t *pool)
{
    return check_account(key, name, 0, pool);
}

chat_name_t chat_name_spaced(const char **key, const char *name, apr_pool_t *pool)
{
    return check_account(key, name, 1, pool);
}

chat_name_t chat_name_channel(const char **key, const char *name, apr_pool_t *pool)
{
    apr_size_t len = strlen(name);
    chat_name_t result = check_name(key, name, pool);
    if (result == CHAT_NAME_OK &&
        (!channel_characters(name) || starts_blank(name, len) || ends_blank(name, len) ||
         chat_text_blank(*key, strlen(*key))))
        result = CHAT_NAME_CHARACTER;
    else if (result == CHAT_NAME_OK && mixes_scripts(*key))
        result = CHAT_NAME_SCRIPTS;
    *key = result == CHAT_NAME_OK ? chat_name_fold_channel(name, pool) : NULL;
    return result;
}

const char *chat_name_reason(chat_name_t result)
{
    static const char *const reasons[] = {
        [CHAT_NAME_OK] = "it is not allowed",
        [CHAT_NAME_EMPTY] = "it is empty",
        [CHAT_NAME_LONG] = "it is too long",
        [CHAT_NAME_CHARACTER] = "it has a character that is not allowed",
        [CHAT_NAME_SCRIPTS] = "it has letters of several scripts in one word",
        [CHAT_NAME_MARKS] = "it has too many marks on one letter",
    };
    return reasons[result];
}

int chat_text_invisible(apr_uint32_t c)
{
    return is_category(c, UC_CATEGORY_MASK_Cf);
}

/* Wide and small forms fold to the character itself. */
int chat_name_character(apr_uint32_t c)
{
    ucs4_t plain[UC_DECOMPOSITION_MAX_LENGTH];
    int tag;
    if (c == 0xb7 || c == 0x375 || c == 0x5f3 || c == 0x5f4 || c == 0x30fb ||
        chat_text_invisible(c))
        return 1;
    if (c < 0x80 || uc_decomposition(c, &tag, plain) != 1)
        plain[0] = c;
    return plain[0] == '.' || plain[0] == '-' || plain[0] == '_';
}

int chat_text_closing(apr_uint32_t c)
{
    if (c < 0x80 || c == 0xb7 || c == 0x30fb)
        return 0;
    return is_category(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Ps |
                              UC_CATEGORY_MASK_Pe | UC_CATEGORY_MASK_Pi |
                              UC_CATEGORY_MASK_Pf | UC_CATEGORY_MASK_Po);
}

apr_size_t chat_name_shorter(const char *s, apr_size_t len)
{
    apr_size_t start;
    int word = len && chat_text_word(last_character(s, len, &start));
    while (len) {
        int was = word;
        last_character(s, len, &start);
        len = start;
        word = len && chat_text_word(last_character(s, len, &start));
        if (!was || !word)
            return len;
    }
    return 0;
}

apr_size_t chat_name_trimmed(const char *s, apr_size_t len)
{
    apr_size_t start, whole = len;
    while (len && !chat_text_word(last_character(s, len, &start)))
        len = start;
    return len ? len : whole;
}
