#include "render/writer.h"
#include "base/text.h"

#define ONES APR_UINT64_C(0x0101010101010101)
#define HIGHS APR_UINT64_C(0x8080808080808080)
#define WORST 6    /* bytes that one byte of text can become */
#define CHUNK 1024 /* bytes of text that room is made for at once */

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

/* Bit n: bytes of class n stay as they are. */
static unsigned plain_classes(unsigned flags)
{
    return 1u << PLAIN | (flags & CHAT_JSON_ESCAPE_SLASH ? 0 : 1u << SLASH) |
           (flags & CHAT_JSON_ASCII ? 0 : 1u << WIDE);
}

/* High bits where a byte is zero; a byte behind such a one may show too. */
static apr_uint64_t zeros(apr_uint64_t w)
{
    return (w - ONES) & ~w & HIGHS;
}

/* Skips eight bytes at a time while none needs a look. */
static const char *skip_words(const char *p, const char *end, unsigned flags)
{
    apr_uint64_t wide = flags & CHAT_JSON_ASCII ? HIGHS : 0;
    /* A second comparison with the quote costs nothing where slashes stay. */
    apr_uint64_t slash = ONES * (flags & CHAT_JSON_ESCAPE_SLASH ? '/' : '"');
    while (end - p >= 8) {
        apr_uint64_t w;
        memcpy(&w, p, 8);
        if (((w - ONES * 0x20) & ~w & HIGHS) | zeros(w ^ ONES * '"') |
            zeros(w ^ ONES * '\\') | zeros(w ^ slash) | (w & wide))
            break;
        p += 8;
    }
    return p;
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
    unsigned plain = plain_classes(flags);
    while (p < end) {
        const char *run = p;
        p = skip_words(p, end, flags);
        while (p < end && plain >> classes[(unsigned char)*p] & 1)
            p++;
        memcpy(out, run, (size_t)(p - run));
        out += p - run;
        if (p < end)
            out = put_escape(out, &p, end);
    }
    return out;
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
    apr_size_t worst = (apr_size_t)(end - p) * WORST;
    if (worst <= out->max - out->len) {
        if (chat_buffer_reserve(out, worst))
            out->len =
                (apr_size_t)(put_text(out->data + out->len, p, end, flags) - out->data);
    }
    else {
        /* Near the bound only the true length tells whether the text fits. */
        char scratch[CHUNK * WORST];
        chat_buffer_add(out, scratch,
                        (apr_size_t)(put_text(scratch, p, end, flags) - scratch));
    }
}

void chat_json_quote(chat_buffer_t *out, const char *s, apr_size_t len, unsigned flags)
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

/* --- the format --- */

static void separate(chat_writer_t *w)
{
    if (w->depth && w->level[w->depth - 1].array && w->level[w->depth - 1].count > 1)
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
    chat_json_quote(w->out, key, strlen(key), w->flags);
    chat_buffer_byte(w->out, ':');
}

static void json_string(chat_writer_t *w, const char *s, apr_size_t len)
{
    separate(w);
    chat_json_quote(w->out, s, len, w->flags);
}

static void json_literal(chat_writer_t *w, const char *text, apr_size_t len, char kind)
{
    (void)kind;
    separate(w);
    chat_buffer_add(w->out, text, len);
}

void chat_writer_json(chat_writer_t *w, chat_buffer_t *out, unsigned flags)
{
    static const chat_format_t format = {json_open, json_close, json_key, json_string,
                                         json_literal};
    w->format = &format;
    w->out = out;
    w->flags = flags;
    w->depth = 0;
}
