/*
 * writer.h - answers going out: one document, several writers.
 *
 * A dialect says what its answer is made of; the writer puts it straight into one buffer.
 * There is no tree. Keys and strings are valid UTF-8; calls must be balanced, and a key
 * comes before each member of an object.
 */
#ifndef CHAT_RENDER_WRITER_H
#define CHAT_RENDER_WRITER_H

#include "base/buffer.h"

#define CHAT_WRITER_MAX_DEPTH 16

typedef struct chat_writer_t chat_writer_t;

/* What a format does at each event; private to the writers. */
typedef struct chat_format_t {
    void (*open)(chat_writer_t *w, int array);
    void (*close)(chat_writer_t *w, int array);
    void (*key)(chat_writer_t *w, const char *key);
    void (*string)(chat_writer_t *w, const char *s, apr_size_t len);
    void (*literal)(chat_writer_t *w, const char *text, apr_size_t len, char kind);
} chat_format_t;

struct chat_writer_t {
    const chat_format_t *format;
    chat_buffer_t *out;
    unsigned flags;
    int depth;
    struct {
        int array;
        int count;       /* members so far */
        const char *key; /* formats that close by name need it */
    } level[CHAT_WRITER_MAX_DEPTH];
};

/* JSON on one line. */
#define CHAT_JSON_ASCII 1   /* non-ASCII characters as \uXXXX (surrogate pairs) */
#define CHAT_JSON_ESCAPE_SLASH 2 /* "/" as "\/" */
void chat_writer_json(chat_writer_t *w, chat_buffer_t *out, unsigned flags);

void chat_write_object(chat_writer_t *w);
void chat_write_array(chat_writer_t *w);
void chat_write_end(chat_writer_t *w); /* of the innermost open object or array */
void chat_write_key(chat_writer_t *w, const char *key);
void chat_write_string(chat_writer_t *w, const char *s);
void chat_write_bytes(chat_writer_t *w, const char *s, apr_size_t len);
void chat_write_int(chat_writer_t *w, apr_int64_t n);
void chat_write_real(chat_writer_t *w, double n); /* shortest form that reads back the same */
void chat_write_bool(chat_writer_t *w, int b);
void chat_write_null(chat_writer_t *w);

/* Key and value in one call. */
void chat_write_member(chat_writer_t *w, const char *key, const char *s);
void chat_write_member_int(chat_writer_t *w, const char *key, apr_int64_t n);
void chat_write_member_bool(chat_writer_t *w, const char *key, int b);

/* One JSON string with quotes, for answers that are nothing else. */
void chat_json_quote(chat_buffer_t *out, const char *s, apr_size_t len, unsigned flags);

#endif
