/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a mail template, and any value in it: no value begins another header. */
#include "fuzz.h"
#include "outbox/template.h"

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    const char *split = memchr(text, 1, len), *built_in, *at;
    chat_template_value_t values[] = {{"NAME", "a"}, {"LINK", "http://x/"}, {NULL, NULL}};
    chat_buffer_t out;
    chat_buffer_init(&out, 0, 1 << 20, pool);
    chat_template_fill(&out, text, values);
    insist(!memchr(out.data ? out.data : "", '\r', out.len));
    if (strpbrk(text, "\r\n"))
        return; /* a value has no line breaks */
    values[0].value = split ? split + 1 : text;
    insist(chat_template_load(&built_in, NULL, "activation", pool) == APR_SUCCESS);
    chat_buffer_init(&out, 0, 1 << 20, pool);
    chat_template_fill(&out, built_in, values);
    at = strstr(chat_buffer_text(&out), "\n\n");
    insist(at != NULL);
    for (const char *p = out.data; p < at; p++)
        insist(*p == '\n' || (*p >= ' ' && *p < 127));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
