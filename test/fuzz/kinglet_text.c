/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a Kinglet message: whom it names, the HTML and the excerpt made of it. */
#include "api/kinglet_text.h"

#include "base/text.h"
#include "fuzz.h"

/* Only the elements that the dialect makes stand in HTML. */
static void check_html(const char *html)
{
    for (const char *p = html; (p = strpbrk(p, "<>")); p++) {
        insist(*p == '<');
        insist(!strncmp(p, "<a ", 3) || !strncmp(p, "</a>", 4) ||
               !strncmp(p, "<br />", 6));
        p = strchr(p, '>');
        insist(p != NULL);
    }
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    chat_text_t t = {.text = text, .len = len};
    chat_addressees_t to;
    chat_buffer_t out;
    if (!chat_text_valid(text, len))
        return;
    chat_kinglet_addressees(&to, &t, pool);
    insist(to.n >= 0 && (apr_size_t)to.n <= len);
    for (unsigned flags = 0; flags < 16; flags++) {
        chat_kinglet_html_t how = {flags & 7, flags & 8 ? "ada,Bob" : NULL};
        chat_buffer_init(&out, 0, 1 << 24, pool);
        chat_kinglet_html(&out, &t, &how);
        insist(!out.overflow && chat_text_valid(out.data, out.len));
        check_html(chat_buffer_text(&out));
    }
    chat_buffer_init(&out, 0, 1 << 16, pool);
    chat_kinglet_excerpt(&out, &t);
    insist(!out.overflow && !strpbrk(chat_buffer_text(&out), "<>"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
