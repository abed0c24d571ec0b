/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet texts: addressed names, links, excerpts. */
#include "api/kinglet_text.h"

#include "base/bounds.h"
#include "base/name.h"
#include "base/text.h"
#include "core/email.h"
#include "core/messages.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

#define LABEL_MAX 30
#define EXCERPT_MAX 75

static int is_blank(const char *p, const char *end)
{
    const char *next = p;
    chat_text_next(&next, end);
    return chat_text_blank(p, next - p);
}

static const char *blank_after(const char *p, const char *end)
{
    while (p < end && !is_blank(p, end))
        chat_text_next(&p, end);
    return p;
}

/* Bytes of the at-sign at P, as keyboards of different scripts give it; or 0. */
static int at_sign(const char *p, const char *end)
{
    const char *next = p;
    apr_uint32_t c = chat_text_next(&next, end);
    return c == '@' || c == 0xff20 || c == 0xfe6b ? (int)(next - p) : 0;
}

/* The end of the longest name that may begin at P; a name has a word in it. */
static const char *name_end(const char *p, const char *end)
{
    const char *next = p;
    int word = 0;
    while (p < end) {
        apr_uint32_t c = chat_text_next(&next, end);
        if (!chat_text_word(c) && !chat_name_character(c))
            break;
        word |= chat_text_word(c);
        p = next;
    }
    return word ? p : NULL;
}

/* The end of the mention at P: an at-sign that is not inside a word, and a name. *NAME
 * gets where that begins. NULL: P is not a mention. AFTER: the character before P. */
static const char *mention_end(const char **name, const char *p, const char *end,
                               apr_uint32_t after)
{
    int at = at_sign(p, end);
    if (!at || chat_text_word(after))
        return NULL;
    *name = p + at;
    return name_end(p + at, end);
}

static void add_address(apr_array_header_t *list, const char *name, const char *end)
{
    const char *text = apr_pstrmemdup(list->pool, name, end - name);
    for (int i = 0; i < list->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(list, i, const char *), text))
            return;
    }
    APR_ARRAY_PUSH(list, const char *) = text;
}

static const char *scheme_end(const char *p, const char *end);

void chat_kinglet_addressees(chat_addressees_t *out, const chat_text_t *text,
                             apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(const char *));
    const char *p = text->text, *end = p + text->len;
    apr_uint32_t before = 0;
    while (p < end && list->nelts < CHAT_KINGLET_ADDRESSEES) {
        const char *name = NULL, *stop = mention_end(&name, p, end, before);
        if (stop) {
            add_address(list, name, stop);
            p = stop;
            before = 0; /* a name directly after a name counts */
        }
        else if (!chat_text_word(before) && scheme_end(p, end)) {
            p = blank_after(p, end); /* an at-sign in a URL is not a mention */
        }
        else {
            before = chat_text_next(&p, end);
        }
    }
    out->names = (const char **)list->elts;
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

/* Behind "http://" or "https://" at P, or NULL. */
static const char *scheme_end(const char *p, const char *end)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        apr_size_t len = strlen(schemes[i]);
        if ((apr_size_t)(end - p) > len && !strncasecmp(p, schemes[i], len))
            return p + len;
    }
    return NULL;
}

/* Whether a URL ends before C in any case. */
static int ends_url(apr_uint32_t c)
{
    return c < 0x21 || (c < 0x80 && strchr("\"'<>`\x7f", (int)c)) || chat_text_closing(c);
}

/* The dots of other scripts, which browsers accept as dots in a host. */
static int is_wide_dot(apr_uint32_t c)
{
    return c == 0x3002 || c == 0xff0e || c == 0xff61;
}

static const char *skip_host(const char *p, const char *end)
{
    while (p < end && (apr_isalnum(*p) || strchr("-._", *p)))
        p++;
    if (end - p > 1 && *p == ':' && apr_isdigit(p[1])) {
        for (p++; p < end && apr_isdigit(*p);)
            p++;
    }
    return p;
}

/* The end of the host at HOST, NULL when the host, as browsers read it, is not an ASCII
 * host and port: a link leads where its text says, or there is none. */
static const char *host_end(const char *host, const char *end)
{
    const char *stop = skip_host(host, end), *p = stop;
    if (stop == host || !apr_isalnum(*host))
        return NULL;
    if (p < end && strchr("/?#", *p))
        return stop;
    while (p < end) {
        const char *next = p;
        apr_uint32_t c = chat_text_next(&next, end);
        if (is_wide_dot(c) && next < end && name_end(next, end) != NULL &&
            name_end(next, end) > next)
            return NULL;
        if (ends_url(c) || is_wide_dot(c) || strchr("/?#", (int)(c < 0x80 ? c : ' ')))
            break;
        if (c > 0x7f || !strchr(".,;:!?)]}*~", (int)c))
            return NULL;
        p = next;
    }
    while (strchr("-._", stop[-1]))
        stop--;
    return stop;
}

/* Without punctuation of the sentence around it: brackets go only when they are not
 * opened in the URL. */
static const char *trim_url(const char *p, const char *stop)
{
    int round = 0, square = 0, curly = 0;
    for (const char *q = p; q < stop; q++) {
        round += (*q == '(') - (*q == ')');
        square += (*q == '[') - (*q == ']');
        curly += (*q == '{') - (*q == '}');
    }
    for (;; stop--) {
        char c = stop[-1];
        if (c == ')' && round < 0)
            round++;
        else if (c == ']' && square < 0)
            square++;
        else if (c == '}' && curly < 0)
            curly++;
        else if (c == '(')
            round--;
        else if (c == '[')
            square--;
        else if (c == '{')
            curly--;
        else if (!strchr(".,;:!?", c))
            return stop;
    }
}

/* The end of the URL at P, or P when there is no URL. */
static const char *url_end(const char *p, const char *end)
{
    const char *host = scheme_end(p, end), *stop = host ? host_end(host, end) : NULL;
    const char *next = stop;
    if (!stop)
        return p;
    if (stop == end || !strchr("/?#", *stop))
        return stop;
    while (stop < end) {
        apr_uint32_t c = chat_text_next(&next, end);
        /* one that turns the text around would show another URL */
        if (ends_url(c) || chat_text_invisible(c))
            break;
        stop = next;
    }
    return trim_url(p, stop);
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
    const char *stop = p, *next;
    while (stop < end && stop - p <= CHAT_EMAIL_MAX &&
           (apr_isalnum(*stop) || strchr("!#$%*+-/=?^_{|}~.@", *stop)))
        stop++;
    next = stop;
    /* an address followed by letters of other scripts is another address */
    if (stop < end && *stop && chat_text_word(chat_text_next(&next, end)))
        return p;
    while (stop > p && strchr(".!?-", stop[-1]))
        stop--;
    return memchr(p, '@', stop - p) && chat_email_valid(apr_pstrmemdup(pool, p, stop - p))
               ? stop
               : p;
}

/* A link to TO and P, of which letters, digits and PLAIN stay as they are. */
static void begin_link(chat_buffer_t *out, const char *to, const char *plain,
                       const char *p, const char *stop)
{
    chat_buffer_printf(out, "<a href=\"%s", to);
    for (; p < stop; p++) {
        if (apr_isalnum(*p) || strchr(plain, *p))
            chat_buffer_byte(out, *p);
        else
            chat_buffer_printf(out, "%%%02X", (unsigned char)*p);
    }
    chat_buffer_puts(out, "\">");
}

static void end_link(chat_buffer_t *out, const char *p, const char *stop)
{
    escape(out, p, stop);
    chat_buffer_puts(out, "</a>");
}

static int is_recipient(const char *name, const char *recipients, apr_pool_t *pool)
{
    const char *key = chat_name_fold(name, pool), *one;
    apr_size_t len;
    while ((one = chat_message_recipient(&recipients, &len))) {
        if (!strcmp(key, chat_name_fold(apr_pstrmemdup(pool, one, len), pool)))
            return 1;
    }
    return 0;
}

/* The name at NAME as the message was addressed: the longest one that got it; else all of
 * it but what punctuates the sentence. */
static const char *addressed_end(const char *name, const char *stop,
                                 const char *recipients, apr_pool_t *pool)
{
    const char *text = apr_pstrmemdup(pool, name, stop - name);
    apr_size_t len = strlen(text);
    while (recipients && len &&
           !is_recipient(apr_pstrmemdup(pool, text, len), recipients, pool))
        len = chat_name_shorter(text, len);
    if (!recipients || !len)
        len = chat_name_trimmed(text, strlen(text));
    return name + len;
}

/* Adds the link at P, or the URL there that cannot be one; returns its end, or P. BEFORE
 * points at the character before P, or is P at the start or behind a mention. */
static const char *link_at(chat_buffer_t *out, const char *p, const char *end,
                           const char *before, const chat_kinglet_html_t *how)
{
    const char *stop = p, *next = before, *name;
    apr_uint32_t c = before == p ? 0 : chat_text_next(&next, end);
    int fresh = before == p || is_blank(before, end);
    if (how->flags & CHAT_KINGLET_NAMES && (stop = mention_end(&name, p, end, c))) {
        stop = addressed_end(name, stop, how->recipients, out->pool);
        begin_link(out, "/user/", "_", name, stop);
        end_link(out, p, stop);
        return stop;
    }
    if (chat_text_word(c))
        return p;
    stop = url_end(p, end);
    if (stop > p) {
        url_link(out, p, stop);
        return stop;
    }
    if (scheme_end(p, end)) {
        stop = blank_after(p, end);
        escape(out, p, stop);
        return stop;
    }
    if ((how->flags & CHAT_KINGLET_MAILS) && (fresh || strchr("(<,;:", *before)))
        stop = mail_end(p, end, out->pool);
    if (stop > p) {
        begin_link(out, "mailto:", "-._~@+", p, stop);
        end_link(out, p, stop);
    }
    return stop;
}

void chat_kinglet_html(chat_buffer_t *out, const chat_text_t *text,
                       const chat_kinglet_html_t *how)
{
    const char *p = text->text, *end = p + text->len, *before = p;
    while (p < end) {
        const char *next = link_at(out, p, end, before, how);
        if (next > p) {
            before = at_sign(p, end) ? next : next - 1;
            p = next;
            continue;
        }
        if ((how->flags & CHAT_KINGLET_BREAKS) && *p == '\n')
            chat_buffer_puts(out, "<br />");
        else if (!(how->flags & CHAT_KINGLET_BREAKS) || *p != '\r')
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
    apr_uint32_t before = 0;
    int n = 0;
    chat_buffer_init(&plain, text->len + 1, text->len + 1, out->pool);
    while (p < end) {
        const char *name, *next = mention_end(&name, p, end, before), *at = p;
        before = chat_text_next(&p, end);
        if (!next) {
            chat_buffer_add(&plain, at, p - at);
            continue;
        }
        p = name + chat_name_trimmed(name, next - name);
        before = 0;
        /* and one of the blanks around it */
        if (p < end && is_blank(p, end))
            chat_text_next(&p, end);
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
