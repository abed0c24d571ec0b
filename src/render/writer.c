/* SPDX-License-Identifier: Apache-2.0 */
/* What the writers of all formats share. */
#include "render/writer.h"

#include "base/text.h"

#include <math.h>

void chat_writer_begin(chat_writer_t *w, chat_buffer_t *out, const chat_format_t *format,
                       unsigned flags)
{
    w->format = format;
    w->out = out;
    w->flags = flags;
    w->depth = 0;
}

/* Whether the next value has a place; elements of arrays are counted here, members of
 * objects at their key. */
static int enter(chat_writer_t *w)
{
    if (w->depth > CHAT_WRITER_MAX_DEPTH)
        return 0;
    if (w->depth && w->level[w->depth - 1].array)
        w->level[w->depth - 1].count++;
    return 1;
}

static void open_container(chat_writer_t *w, int array)
{
    if (enter(w) && w->depth < CHAT_WRITER_MAX_DEPTH) {
        w->format->open(w, array);
        w->level[w->depth].array = array;
        w->level[w->depth].count = 0;
        w->level[w->depth].key = NULL;
    }
    else {
        w->out->overflow = 1;
        w->out->size = w->out->len;
    }
    w->depth++;
}

void chat_write_object(chat_writer_t *w)
{
    open_container(w, 0);
}

void chat_write_array(chat_writer_t *w)
{
    open_container(w, 1);
}

void chat_write_end(chat_writer_t *w)
{
    if (w->depth == 0)
        return;
    w->depth--;
    if (w->depth < CHAT_WRITER_MAX_DEPTH)
        w->format->close(w, w->level[w->depth].array);
}

void chat_write_key(chat_writer_t *w, const char *key)
{
    if (w->depth == 0 || w->depth > CHAT_WRITER_MAX_DEPTH)
        return;
    w->level[w->depth - 1].count++;
    w->level[w->depth - 1].key = key;
    if (w->format->key)
        w->format->key(w, key);
}

void chat_write_bytes(chat_writer_t *w, const char *s, apr_size_t len)
{
    if (enter(w))
        w->format->string(w, s, len);
}

void chat_write_string(chat_writer_t *w, const char *s)
{
    chat_write_bytes(w, s, strlen(s));
}

/* PHP: how many bytes of WORD PHP's text of it has; "1" instead of true. */
static void literal(chat_writer_t *w, const char *word, apr_size_t len, apr_size_t php)
{
    if (!enter(w))
        return;
    if (w->format->literal)
        w->format->literal(w, word, len);
    else
        w->format->string(w, *word == 't' ? "1" : word, php);
}

void chat_write_int(chat_writer_t *w, apr_int64_t n)
{
    char text[CHAT_INT_SIZE];
    int len = chat_int_text(text, n);
    literal(w, text, (apr_size_t)len, (apr_size_t)len);
}

void chat_write_real(chat_writer_t *w, double n)
{
    char text[CHAT_REAL_SIZE];
    if (isfinite(n)) {
        apr_size_t len = (apr_size_t)chat_text_real(text, n);
        literal(w, text, len, memcmp(text + len - 2, ".0", 2) ? len : len - 2);
    }
    else {
        chat_write_null(w);
    }
}

void chat_write_bool(chat_writer_t *w, int b)
{
    if (b)
        literal(w, "true", 4, 1);
    else
        literal(w, "false", 5, 0);
}

void chat_write_null(chat_writer_t *w)
{
    literal(w, "null", 4, 0);
}

void chat_write_again(chat_writer_t *w, const char *s, apr_size_t len)
{
    literal(w, s, len, len);
}

apr_status_t chat_write_finish(chat_writer_t *w)
{
    while (w->depth)
        chat_write_end(w);
    return APR_SUCCESS;
}

void chat_write_member(chat_writer_t *w, const char *key, const char *s)
{
    chat_write_key(w, key);
    if (s)
        chat_write_string(w, s);
    else
        chat_write_null(w);
}

void chat_write_member_object(chat_writer_t *w, const char *key)
{
    chat_write_key(w, key);
    chat_write_object(w);
}

void chat_write_member_array(chat_writer_t *w, const char *key)
{
    chat_write_key(w, key);
    chat_write_array(w);
}

void chat_write_member_int(chat_writer_t *w, const char *key, apr_int64_t n)
{
    chat_write_key(w, key);
    chat_write_int(w, n);
}

void chat_write_member_bool(chat_writer_t *w, const char *key, int b)
{
    chat_write_key(w, key);
    chat_write_bool(w, b);
}
