/* SPDX-License-Identifier: Apache-2.0 */
/* Writer of JSON. By hand, not with jansson: an answer needs no tree. */
#include "base/text.h"
#include "render/writer.h"

#define ONES APR_UINT64_C(0x0101010101010101)
#define HIGHS APR_UINT64_C(0x8080808080808080)
#define WORST 6    /* bytes that one byte of text can become */
#define CHUNK 1024 /* bytes of text to reserve room for in one step */

enum { PLAIN, CONTROL, QUOTED, SLASH, WIDE };

/* What a byte of a string is. */
static const unsigned char classes[256] = {
    [0 ... 0x1f] = CONTROL, ['"'] = QUOTED,         ['\\'] = QUOTED,
    ['/'] = SLASH,          [0x80 ... 0xff] = WIDE,
};

/* The letter behind the backslash, where there is one. */
static const char letters[0x20] = {
    ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

/* What flags mean for a run of text. */
typedef struct plain_t {
    unsigned classes; /* bit n: bytes of class n stay as they are */
    apr_uint64_t wide;
    apr_uint64_t slash;
} plain_t;

static inline plain_t plain_of(unsigned flags)
{
    int ascii = (flags & CHAT_JSON_ASCII) != 0;
    int slash = (flags & CHAT_JSON_ESCAPE_SLASH) != 0;
    plain_t plain;
    plain.classes = 1u << PLAIN | (slash ? 0 : 1u << SLASH) | (ascii ? 0 : 1u << WIDE);
    plain.wide = ascii ? HIGHS : 0;
    /* A second comparison with the quote costs nothing where slashes stay. */
    plain.slash = ONES * (slash ? '/' : '"');
    return plain;
}

/* Copies eight bytes when all of them stay as they are. A subtraction sets the high bit
 * of a byte that had none where it is too small; a byte behind such a one may show too.
 */
static inline int copy_word(char *out, const char *p, const plain_t *plain)
{
    apr_uint64_t w, special;
    memcpy(&w, p, 8);
    special = (w - ONES * 0x20) | ((w ^ ONES * '"') - ONES) | ((w ^ ONES * '\\') - ONES) |
              ((w ^ plain->slash) - ONES);
    if ((special & ~w & HIGHS) | (w & plain->wide))
        return 0;
    memcpy(out, &w, 8);
    return 1;
}

/* Copies bytes that need no escape and moves *P past them; returns the end of the copy.
 */
static inline char *copy_run(char *out, const char **p, const char *end,
                             const plain_t *plain)
{
    const char *start = *p;
    const char *s = start;
    apr_size_t left;
    for (; end - s >= 8 && copy_word(out, s, plain); s += 8)
        out += 8;
    left = (apr_size_t)(end - s);
    /* The last bytes go as one word with some that were copied before. */
    if (left < 8 && s > start && copy_word(out + left - 8, end - 8, plain)) {
        *p = end;
        return out + left;
    }
    while (s < end && plain->classes >> classes[(unsigned char)*s] & 1)
        *out++ = *s++;
    *p = s;
    return out;
}

static char *put_hex(char *out, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    *out++ = hex[unit >> 12];
    *out++ = hex[unit >> 8 & 15];
    *out++ = hex[unit >> 4 & 15];
    *out++ = hex[unit & 15];
    return out;
}

/* Puts the character at *P, which cannot stay as it is. */
static char *put_escape(char *out, const char **p, const char *end)
{
    unsigned char c = (unsigned char)**p;
    apr_uint32_t wide;
    if (c < 0x80) {
        char letter = c < 0x20 ? letters[c] : (char)c;
        (*p)++;
        if (!letter)
            return put_hex(out, c);
        *out++ = '\\';
        *out++ = letter;
        return out;
    }
    wide = chat_text_next(p, end);
    if (wide < 0x10000)
        return put_hex(out, wide);
    out = put_hex(out, 0xd800 + ((wide - 0x10000) >> 10));
    return put_hex(out, 0xdc00 + ((wide - 0x10000) & 0x3ff));
}

/* Puts the escaped text at OUT, where there is room for the worst; returns its end. */
static char *put_text(char *out, const char *p, const char *end, unsigned flags)
{
    plain_t plain = plain_of(flags);
    while (p < end) {
        out = copy_run(out, &p, end, &plain);
        if (p < end)
            out = put_escape(out, &p, end);
    }
    return out;
}

/* Where N bytes can be put; NULL when only the true length tells whether the text fits.
 */
static char *room_for(chat_buffer_t *out, apr_size_t n)
{
    if (n > out->max - out->len || !chat_buffer_reserve(out, n))
        return NULL;
    return out->data + out->len;
}

/* The end of the next chunk, never inside a character. */
static const char *chunk_end(const char *p, const char *end)
{
    const char *cut = p + CHUNK;
    if (end - p <= CHUNK)
        return end;
    while (cut > p + CHUNK - 4 && ((unsigned char)*cut & 0xc0) == 0x80)
        cut--;
    return cut;
}

static void add_chunk(chat_buffer_t *out, const char *p, const char *end, unsigned flags)
{
    char scratch[CHUNK * WORST];
    char *to = room_for(out, (apr_size_t)(end - p) * WORST);
    if (to)
        out->len = (apr_size_t)(put_text(to, p, end, flags) - out->data);
    else
        chat_buffer_add(out, scratch,
                        (apr_size_t)(put_text(scratch, p, end, flags) - scratch));
}

static void quote_long(chat_buffer_t *out, const char *s, apr_size_t len, unsigned flags)
{
    const char *end = s + len;
    chat_buffer_byte(out, '"');
    while (s < end) {
        const char *next = chunk_end(s, end);
        add_chunk(out, s, next, flags);
        s = next;
    }
    chat_buffer_byte(out, '"');
}

/* A string with the character before it; NUL for none. */
static inline void quote(chat_buffer_t *out, char before, const char *s, apr_size_t len,
                         unsigned flags)
{
    char *to = len <= CHUNK ? room_for(out, len * WORST + 3) : NULL;
    if (to) {
        *to = before;
        to += before != '\0';
        *to++ = '"';
        to = put_text(to, s, s + len, flags);
        *to++ = '"';
        out->len = (apr_size_t)(to - out->data);
        return;
    }
    if (before)
        chat_buffer_byte(out, before);
    quote_long(out, s, len, flags);
}

/* --- the format --- */

static int needs_comma(const chat_writer_t *w)
{
    return w->depth && w->level[w->depth - 1].array && w->level[w->depth - 1].count > 1;
}

static void separate(chat_writer_t *w)
{
    if (needs_comma(w))
        chat_buffer_byte(w->out, ',');
}

static void json_open(chat_writer_t *w, int array)
{
    separate(w);
    chat_buffer_byte(w->out, array ? '[' : '{');
}

static void json_close(chat_writer_t *w, int array)
{
    chat_buffer_byte(w->out, array ? ']' : '}');
}

static void json_key(chat_writer_t *w, const char *key)
{
    if (w->level[w->depth - 1].count > 1)
        chat_buffer_byte(w->out, ',');
    chat_buffer_byte(w->out, '"');
    chat_buffer_puts(w->out, key);
    chat_buffer_add(w->out, "\":", 2);
}

static void json_string(chat_writer_t *w, const char *s, apr_size_t len)
{
    quote(w->out, needs_comma(w) ? ',' : '\0', s, len, w->flags);
}

static void json_literal(chat_writer_t *w, const char *text, apr_size_t len)
{
    separate(w);
    chat_buffer_add(w->out, text, len);
}

void chat_writer_json(chat_writer_t *w, chat_buffer_t *out, unsigned flags)
{
    static const chat_format_t format = {json_open, json_close, json_key, json_string,
                                         json_literal};
    chat_writer_begin(w, out, &format, flags);
}
