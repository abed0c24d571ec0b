/* SPDX-License-Identifier: Apache-2.0
 * writer.h - answers going out: one document, several writers.
 *
 * A dialect names the parts of its answer; the writer puts them straight into one buffer.
 * There is no tree. Strings are valid UTF-8, keys are names without a character that a
 * format would escape; calls must be balanced, and a key comes before each member of an
 * object.
 */
#ifndef CHAT_RENDER_WRITER_H
#define CHAT_RENDER_WRITER_H

#include "base/buffer.h"

#define CHAT_WRITER_MAX_DEPTH 16

typedef struct chat_writer_t chat_writer_t;

/* What a format does at each event; private to the writers. While one of these runs,
 * level[depth - 1] is the container that the value belongs to (the one around it for open
 * and close) and has the value counted; level[depth], for close, is the container itself.
 * key() and literal() may be NULL: no key; numbers, true, false and null as the texts
 * that PHP makes of them. */
typedef struct chat_format_t {
    void (*open)(chat_writer_t *w, int array);
    void (*close)(chat_writer_t *w, int array);
    void (*key)(chat_writer_t *w, const char *key);
    void (*string)(chat_writer_t *w, const char *s, apr_size_t len);
    void (*literal)(chat_writer_t *w, const char *text, apr_size_t len);
} chat_format_t;

struct chat_writer_t {
    const chat_format_t *format;
    chat_buffer_t *out;
    unsigned flags;
    int depth; /* beyond CHAT_WRITER_MAX_DEPTH nothing is written and `out` overflows */
    struct {
        int array;
        int count;       /* members so far */
        const char *key; /* the latest; kept by reference until its value is complete */
    } level[CHAT_WRITER_MAX_DEPTH];
};

/* For a format's own writer. */
void chat_writer_begin(chat_writer_t *w, chat_buffer_t *out, const chat_format_t *format,
                       unsigned flags);

/* JSON on one line. */
#define CHAT_JSON_ASCII 1        /* non-ASCII characters as \uXXXX (surrogate pairs) */
#define CHAT_JSON_ESCAPE_SLASH 2 /* "/" as "\/" */
void chat_writer_json(chat_writer_t *w, chat_buffer_t *out, unsigned flags);

/* XML 1.0 in UTF-8: root element `root`, members by their key, list elements item0, item1
 * and so on, true as 1, false, null and everything empty as <x/>, a newline at the end.
 * Characters that XML forbids become U+FFFD. Keys must be element names. */
void chat_writer_xml(chat_writer_t *w, chat_buffer_t *out);

/* What PHP's print_r prints for the same nested array; reals as in JSON, without ".0". */
void chat_writer_dump(chat_writer_t *w, chat_buffer_t *out);

void chat_write_object(chat_writer_t *w);
void chat_write_array(chat_writer_t *w);
void chat_write_end(chat_writer_t *w); /* of the innermost open object or array */
void chat_write_key(chat_writer_t *w, const char *key);
void chat_write_string(chat_writer_t *w, const char *s);
void chat_write_bytes(chat_writer_t *w, const char *s, apr_size_t len);
void chat_write_int(chat_writer_t *w, apr_int64_t n);
void chat_write_real(chat_writer_t *w, double n); /* shortest form that reads back
                                                   * the same; null for inf, nan */
void chat_write_bool(chat_writer_t *w, int b);
void chat_write_null(chat_writer_t *w);
/* A value that a writer of this format wrote before, or some with what is between them;
 * empty when the caller adds it itself.
 */
void chat_write_again(chat_writer_t *w, const char *s, apr_size_t len);

/* Ends everything that is open; APR_SUCCESS. */
apr_status_t chat_write_finish(chat_writer_t *w);

/* Key and value in one call; S may be NULL, which is null. */
void chat_write_member(chat_writer_t *w, const char *key, const char *s);
void chat_write_member_object(chat_writer_t *w, const char *key);
void chat_write_member_array(chat_writer_t *w, const char *key);
void chat_write_member_int(chat_writer_t *w, const char *key, apr_int64_t n);
void chat_write_member_bool(chat_writer_t *w, const char *key, int b);

#endif
