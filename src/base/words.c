/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a text, by tables from Unicode's data. */
#include "base/words.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

typedef enum class_t { SEPARATES, LETTER, DENSE } class_t;

typedef struct fold_t {
    apr_uint32_t c;
    char text[16];
} fold_t;
static const fold_t folds[] = {
#include "base/words_fold.inc"
};

typedef struct range_t {
    apr_uint32_t first, last;
    class_t class;
} range_t;
static const range_t classes[] = {
#include "base/words_class.inc"
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static int compare_fold(const void *key, const void *row)
{
    apr_uint32_t a = *(const apr_uint32_t *)key, b = ((const fold_t *)row)->c;
    return (a > b) - (a < b);
}

static int compare_range(const void *key, const void *row)
{
    apr_uint32_t a = *(const apr_uint32_t *)key;
    const range_t *r = row;
    return a < r->first ? -1 : a > r->last;
}

static class_t class_of(apr_uint32_t c)
{
    const range_t *r;
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26 || c - '0' < 10 || c == '_' ? LETTER : SEPARATES;
    r = bsearch(&c, classes, COUNT(classes), sizeof(*classes), compare_range);
    return r ? r->class : SEPARATES;
}

/* What does not fit is left out, and so is all behind it. */
static void add_utf8(chat_word_t *out, int *full, apr_uint32_t c)
{
    char b[4];
    apr_size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (n == 1 && !*full && out->len < sizeof(out->text)) {
        out->text[out->len++] = (char)c;
        return;
    }
    for (apr_size_t i = n; i-- > 1; c >>= 6)
        b[i] = (char)(0x80 | (c & 0x3f));
    b[0] = (char)(lead[n] | c);
    *full |= out->len + n > sizeof(out->text);
    if (!*full) {
        memcpy(out->text + out->len, b, n);
        out->len += n;
    }
}

/* ---- folded characters ---- */

static chat_word_unit_t ascii(chat_words_t *w)
{
    apr_uint32_t c = (unsigned char)*w->s++;
    chat_word_unit_t u = {c - 'A' < 26 ? c | 0x20 : c ? c : ' ', w->at, w->at + 1};
    w->at++;
    return u;
}

static int is_ascii(const chat_words_t *w)
{
    return w->s < w->end && (unsigned char)*w->s < 0x80;
}

/* What one character of the text becomes, a character at a time; 0 at the end. One that
 * becomes nothing belongs to the one before. */
static chat_word_unit_t folded(chat_words_t *w, chat_word_unit_t *before)
{
    chat_word_unit_t u = {0, w->at ? w->at - 1 : 0, w->at};
    while (!*w->rest && w->s < w->end) {
        apr_uint32_t c;
        const fold_t *f;
        if (is_ascii(w))
            return ascii(w);
        c = chat_text_next(&w->s, w->end);
        u.begin = w->at++;
        u.end = w->at;
        f = bsearch(&c, folds, COUNT(folds), sizeof(*folds), compare_fold);
        if (!f) {
            u.c = c;
            return u;
        }
        w->rest = f->text;
        if (!*f->text)
            before->end = u.end;
    }
    if (*w->rest)
        u.c = chat_text_next(&w->rest, w->rest + strlen(w->rest));
    return u;
}

#define LEADS 0x1100
#define VOWELS 0x1161
#define TAILS 0x11a7
#define SYLLABLES 0xac00

/* What A becomes by a B behind it, or 0: Hangul is compared by syllables. */
static apr_uint32_t composed(apr_uint32_t a, apr_uint32_t b)
{
    if (a - LEADS < 19 && b - VOWELS < 21)
        return SYLLABLES + ((a - LEADS) * 21 + (b - VOWELS)) * 28;
    if (a - SYLLABLES < 11172 && (a - SYLLABLES) % 28 == 0 && b - TAILS - 1 < 27)
        return a + (b - TAILS);
    return 0;
}

static chat_word_unit_t whole(chat_words_t *w)
{
    chat_word_unit_t u = w->raw;
    apr_uint32_t c;
    if (!u.c)
        return u;
    w->raw = folded(w, &u);
    while (w->raw.c && (c = composed(u.c, w->raw.c))) {
        u.c = c;
        u.end = w->raw.end;
        w->raw = folded(w, &u);
    }
    return u;
}

static chat_word_unit_t next_unit(chat_words_t *w)
{
    chat_word_unit_t u = w->ahead;
    if (w->raw.c && !*w->rest && is_ascii(w)) { /* nothing is composed with that */
        w->ahead = w->raw;
        w->raw = ascii(w);
    }
    else {
        w->ahead = whole(w);
    }
    return u;
}

void chat_words_begin(chat_words_t *w, const char *s, apr_size_t len)
{
    memset(w, 0, sizeof(*w));
    if (len > CHAT_WORDS_BYTES) {
        for (len = CHAT_WORDS_BYTES; len && ((unsigned char)s[len] & 0xc0) == 0x80;)
            len--;
    }
    w->s = s;
    w->end = s + len;
    w->rest = "";
    w->raw = folded(w, &w->raw);
    w->ahead = whole(w);
}

/* ---- words ---- */

static void begin_word(chat_word_t *out, chat_words_t *w, const chat_word_unit_t *u)
{
    out->len = 0;
    out->position = w->position++;
    out->begin = u->begin;
    out->end = u->end;
    out->dense = 0;
    w->full = 0;
    add_utf8(out, &w->full, u->c);
}

static void give_pair(chat_word_t *out, chat_words_t *w)
{
    out->len = 0;
    out->position = w->position - 1;
    out->begin = w->pair.begin;
    out->end = w->ahead.end;
    out->dense = 2;
    add_utf8(out, &w->full, w->pair.c);
    add_utf8(out, &w->full, w->ahead.c);
    w->pair.c = 0;
}

int chat_words_next(chat_word_t *out, chat_words_t *w)
{
    chat_word_unit_t u;
    class_t class;
    if (w->pair.c) {
        give_pair(out, w);
        return 1;
    }
    do {
        u = next_unit(w);
        class = class_of(u.c);
    } while (u.c && class == SEPARATES);
    if (!u.c)
        return 0;
    begin_word(out, w, &u);
    if (class == DENSE) {
        out->dense = 1;
        if (w->ahead.c && class_of(w->ahead.c) == DENSE)
            w->pair = u;
        return 1;
    }
    while (w->ahead.c && class_of(w->ahead.c) == LETTER) {
        u = next_unit(w);
        out->end = u.end;
        add_utf8(out, &w->full, u.c);
    }
    return 1;
}
