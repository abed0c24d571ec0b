/* SPDX-License-Identifier: Apache-2.0 */
#include "api/kinglet_text.h"

#include "base/bounds.h"
#include "base/text.h"
#include "core/email.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

#define LABEL_MAX 30
#define EXCERPT_MAX 75

/* The end of the word at P. */
static const char *word_end(const char *p, const char *end)
{
    const char *next = p;
    while (p < end && chat_text_word(chat_text_next(&next, end)))
        p = next;
    return p;
}

/* The end of what could be a name of the other dialects: words with dots and dashes
 * between them. */
static const char *name_end(const char *p, const char *end)
{
    p = word_end(p, end);
    while (p < end && (*p == '.' || *p == '-') && word_end(p + 1, end) > p + 1)
        p = word_end(p + 1, end);
    return p;
}

static int is_blank(const char *p, const char *end)
{
    const char *next = p;
    chat_text_next(&next, end);
    return chat_text_blank(p, next - p);
}

/* The end of the name behind the at-sign at P, or P when that names nobody. FRESH: P is
 * at the start of the text or behind white space. */
static const char *mention_end(const char *p, const char *end, int fresh)
{
    const char *stop;
    if (!fresh || *p != '@')
        return p;
    stop = word_end(p + 1, end);
    return stop > p + 1 ? stop : p;
}

static void add_address(apr_array_header_t *list, const char *name, const char *end)
{
    const char *stop = word_end(name, end), *longer = name_end(name, end);
    const char *text = apr_pstrmemdup(list->pool, name, stop - name);
    chat_address_t *a;
    for (int i = 0; i < list->nelts; i++) {
        a = &APR_ARRAY_IDX(list, i, chat_address_t);
        if (!strcmp(a->name, text) && longer == stop && !a->longer)
            return;
    }
    a = apr_array_push(list);
    a->name = text;
    a->longer = longer > stop ? apr_pstrmemdup(list->pool, name, longer - name) : NULL;
}

void chat_kinglet_addressees(chat_addressees_t *out, const chat_text_t *text,
                             apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(chat_address_t));
    const char *p = text->text, *end = p + text->len;
    int fresh = 1;
    while (p < end && list->nelts < CHAT_KINGLET_ADDRESSEES) {
        const char *stop = mention_end(p, end, fresh);
        if (stop > p)
            add_address(list, p + 1, end);
        fresh = is_blank(p, end);
        if (stop > p)
            p = stop;
        else
            chat_text_next(&p, end);
    }
    out->list = (chat_address_t *)list->elts;
    out->n = list->nelts;
}

/* ---- HTML ---- */

static void escape_character(chat_buffer_t *out, const char *p, const char *end)
{
    const char *next = p;
    apr_uint32_t c = chat_text_next(&next, end);
    if (c == '<')
        chat_buffer_puts(out, "&lt;");
    else if (c == '>')
        chat_buffer_puts(out, "&gt;");
    else if (c == '&')
        chat_buffer_puts(out, "&amp;");
    /* HTML reads &#128; to &#159; as other characters, and parsers drop noncharacters */
    else if (c > 0x9f && (c & 0xfffe) != 0xfffe && (c < 0xfdd0 || c > 0xfdef))
        chat_buffer_printf(out, "&#%u;", (unsigned)c);
    else
        chat_buffer_add(out, p, next - p);
}

static void escape(chat_buffer_t *out, const char *p, const char *end)
{
    while (p < end) {
        const char *next = p;
        chat_text_next(&next, end);
        escape_character(out, p, end);
        p = next;
    }
}

/* What a URL may have in it: no quotes, no brackets of HTML, nothing beyond ASCII. */
static int url_character(char c)
{
    return apr_isalnum(c) || (c && strchr("-._~:/?#[]@!$&()*+,;=%", c));
}

/* The end of the URL at P, or P when there is none. */
static const char *url_end(const char *p, const char *end)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        apr_size_t len = strlen(schemes[i]);
        const char *stop = p + len;
        if ((apr_size_t)(end - p) <= len || strncasecmp(p, schemes[i], len) ||
            !apr_isalnum(*stop))
            continue;
        while (stop < end && url_character(*stop))
            stop++;
        while (strchr(".,;:!?()[]", stop[-1]))
            stop--;
        return stop;
    }
    return p;
}

static void url_link(chat_buffer_t *out, const char *p, const char *stop)
{
    const char *label = strchr(p, '/') + 2;
    chat_buffer_puts(out, "<a href=\"");
    escape(out, p, stop);
    chat_buffer_puts(out, "\" title=\"");
    escape(out, p, stop);
    chat_buffer_puts(out, "\">");
    escape(out, label, stop - label > LABEL_MAX ? label + LABEL_MAX : stop);
    chat_buffer_puts(out, stop - label > LABEL_MAX ? "...</a>" : "</a>");
}

/* The end of the mail address at P, or P. */
static const char *mail_end(const char *p, const char *end, apr_pool_t *pool)
{
    const char *stop = p;
    while (stop < end && stop - p <= CHAT_EMAIL_MAX &&
           (apr_isalnum(*stop) || strchr("!#$%*+-/=?^_{|}~.@", *stop)))
        stop++;
    while (stop > p && strchr(".!?-", stop[-1]))
        stop--;
    return memchr(p, '@', stop - p) && chat_email_valid(apr_pstrmemdup(pool, p, stop - p))
               ? stop
               : p;
}

static void mail_link(chat_buffer_t *out, const char *p, const char *stop)
{
    chat_buffer_puts(out, "<a href=\"mailto:");
    for (const char *q = p; q < stop; q++) {
        if (apr_isalnum(*q) || strchr("-._~@+", *q))
            chat_buffer_byte(out, *q);
        else
            chat_buffer_printf(out, "%%%02X", (unsigned char)*q);
    }
    chat_buffer_puts(out, "\">");
    escape(out, p, stop);
    chat_buffer_puts(out, "</a>");
}

static void name_link(chat_buffer_t *out, const char *p, const char *stop)
{
    chat_buffer_puts(out, "<a href=\"/user/");
    for (const char *q = p + 1; q < stop; q++) {
        if (apr_isalnum(*q) || *q == '_')
            chat_buffer_byte(out, *q);
        else
            chat_buffer_printf(out, "%%%02X", (unsigned char)*q);
    }
    chat_buffer_puts(out, "\">");
    escape(out, p, stop);
    chat_buffer_puts(out, "</a>");
}

/* A link at P, if there is one; returns its end, or P. BEFORE points at the character
 * before P, or is P at the start. */
static const char *link_at(chat_buffer_t *out, const char *p, const char *end,
                           const char *before, unsigned flags)
{
    const char *stop = p, *next = before;
    int fresh = before == p || is_blank(before, end);
    if (flags & CHAT_KINGLET_NAMES) {
        stop = mention_end(p, end, fresh);
        if (stop > p) {
            name_link(out, p, stop);
            return stop;
        }
    }
    if (!fresh && chat_text_word(chat_text_next(&next, end)))
        return p;
    stop = url_end(p, end);
    if (stop > p) {
        url_link(out, p, stop);
        return stop;
    }
    if ((flags & CHAT_KINGLET_MAILS) && (fresh || strchr("(<,;:", *before)))
        stop = mail_end(p, end, out->pool);
    if (stop > p)
        mail_link(out, p, stop);
    return stop;
}

void chat_kinglet_html(chat_buffer_t *out, const chat_text_t *text, unsigned flags)
{
    const char *p = text->text, *end = p + text->len, *before = p;
    while (p < end) {
        const char *next = link_at(out, p, end, before, flags);
        if (next > p) {
            before = next - 1;
            p = next;
            continue;
        }
        if ((flags & CHAT_KINGLET_BREAKS) && *p == '\n')
            chat_buffer_puts(out, "<br />");
        else if (!(flags & CHAT_KINGLET_BREAKS) || *p != '\r')
            escape_character(out, p, end);
        before = p;
        chat_text_next(&p, end);
    }
}

void chat_kinglet_excerpt(chat_buffer_t *out, const chat_text_t *text)
{
    const char *p = text->text, *end = p + text->len;
    chat_buffer_t plain;
    const char *from, *stop;
    int fresh = 1, n = 0;
    chat_buffer_init(&plain, text->len + 1, text->len + 1, out->pool);
    while (p < end) {
        const char *next = mention_end(p, end, fresh), *at = p;
        fresh = is_blank(p, end);
        chat_text_next(&p, end);
        if (next > at) {
            /* and one of the blanks around it */
            p = next;
            if (p < end && is_blank(p, end)) {
                chat_text_next(&p, end);
                fresh = 1;
            }
        }
        else
            chat_buffer_add(&plain, at, p - at);
    }
    from = plain.data;
    end = from + plain.len;
    while (from < end && is_blank(from, end))
        chat_text_next(&from, end);
    for (stop = from; stop < end && n < EXCERPT_MAX; n++)
        chat_text_next(&stop, end);
    escape(out, from, stop);
    if (stop < end)
        chat_buffer_puts(out, " ...");
}
