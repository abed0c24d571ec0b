/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as value of JSON, XML and dump: nothing in it ends its place early. */
#include "base/text.h"
#include "fuzz.h"
#include "render/json.h"
#include "render/writer.h"

static void write_all(chat_writer_t *w, const char *text)
{
    chat_write_object(w);
    chat_write_member(w, "key", text);
    chat_write_key(w, "list");
    chat_write_array(w);
    chat_write_string(w, text);
    chat_write_end(w);
    chat_write_end(w);
}

/* Tags are those of the two members, with text between them. */
static void check_xml(const char *xml, const char *text)
{
    int open = 0;
    for (const char *p = xml; (p = strchr(p, '<')); p++) {
        const char *end = strchr(p, '>');
        insist(end != NULL && !memchr(p + 1, '<', (size_t)(end - p - 1)));
        if (p[1] != '?' && end[-1] != '/')
            open += p[1] == '/' ? -1 : 1;
        insist(open >= 0);
    }
    insist(open == 0 || strchr(text, '<') == NULL);
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    const chat_json_t *v;
    const char *why;
    chat_buffer_t out;
    chat_writer_t w;
    if (!chat_text_valid(text, len))
        return;
    chat_buffer_init(&out, 0, 1 << 24, pool);
    chat_writer_json(&w, &out, CHAT_JSON_ASCII);
    write_all(&w, text);
    insist(!out.overflow && w.depth == 0);
    insist(chat_json_parse(&v, &why, out.data, out.len, pool) == APR_SUCCESS);
    chat_buffer_init(&out, 0, 1 << 24, pool);
    chat_writer_xml(&w, &out);
    write_all(&w, text);
    insist(!out.overflow && w.depth == 0);
    check_xml(chat_buffer_text(&out), text);
    chat_buffer_init(&out, 0, 1 << 24, pool);
    chat_writer_dump(&w, &out);
    write_all(&w, text);
    insist(!out.overflow && w.depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
