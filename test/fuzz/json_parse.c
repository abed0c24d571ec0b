/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request body: what is accepted reads back the same after each writer. */
#include "base/json_bounds.h"
#include "base/text.h"
#include "fuzz.h"
#include "render/json.h"
#include "render/json_flat.h"
#include "render/writer.h"

#include <jansson.h>

/* The value as jansson writes it. */
static const char *dumped(const chat_json_t *v, apr_pool_t *pool)
{
    char *text = json_dumps((const json_t *)v, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = text ? apr_pstrdup(pool, text) : NULL;
    free(text);
    return copy;
}

/* Members cannot be listed, so objects are written as their text. */
static void write_value(chat_writer_t *w, const chat_json_t *v, apr_pool_t *pool)
{
    const char *text = chat_json_text(v, pool);
    apr_size_t len = 0;
    apr_int64_t n;
    int b;
    if (chat_json_string(v, &len)) {
        insist(chat_text_valid(text, len) && strlen(text) == len);
        chat_write_bytes(w, text, len);
    }
    else if (chat_json_integer(&n, v)) {
        chat_write_int(w, n);
    }
    else if (chat_json_boolean(&b, v)) {
        chat_write_bool(w, b);
    }
    else if (chat_json_type(v) == CHAT_JSON_ARRAY) {
        chat_write_array(w);
        for (apr_size_t i = 0; i < chat_json_count(v); i++)
            write_value(w, chat_json_element(v, i), pool);
        chat_write_end(w);
    }
    else {
        insist(chat_json_type(v) == CHAT_JSON_OBJECT || text || chat_json_count(v) == 0);
        chat_write_string(w, dumped(v, pool));
    }
}

static void through_writers(const chat_json_t *v, size_t max, apr_pool_t *pool)
{
    for (int format = 0; format < 4; format++) {
        const chat_json_t *again;
        const char *why;
        chat_buffer_t out;
        chat_writer_t w;
        chat_buffer_init(&out, 0, format == 3 ? max : 1 << 24, pool);
        if (format == 1)
            chat_writer_xml(&w, &out);
        else if (format == 2)
            chat_writer_dump(&w, &out);
        else
            chat_writer_json(&w, &out, format ? CHAT_JSON_ASCII : CHAT_JSON_ESCAPE_SLASH);
        write_value(&w, v, pool);
        insist(w.depth == 0 && out.len <= out.max);
        if (format == 0 && !out.overflow)
            insist(chat_json_parse(&again, &why, out.data, out.len, pool) == APR_SUCCESS);
    }
}

/* What the short way reads, jansson reads alike. */
static void both_ways(const char *text, size_t size)
{
    json_error_t error;
    json_t *flat = chat_json_flat(text, size), *judged;
    if (!flat)
        return;
    judged = json_loadb(text, size, JSON_DECODE_ANY, &error);
    insist(judged && json_equal(flat, judged) && !chat_json_refusal(text, size));
    json_decref(flat);
    json_decref(judged);
}

static void one(const char *text, size_t size, apr_pool_t *pool)
{
    const chat_json_t *v, *again;
    const char *why, *dump;
    both_ways(text, size);
    if (chat_json_parse(&v, &why, text, size, pool) != APR_SUCCESS) {
        insist(!v && why);
        return;
    }
    insist(chat_text_valid(text, size));
    dump = dumped(v, pool);
    insist(chat_json_parse(&again, &why, dump, strlen(dump), pool) == APR_SUCCESS);
    insist(strcmp(dump, dumped(again, pool)) == 0);
    through_writers(v, size, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
