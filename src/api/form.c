/* SPDX-License-Identifier: Apache-2.0 */
/* Forms. Multipart by hand: libapreq2 would parse files into temporary ones. */
#include "api/form.h"

#include "base/bounds.h"
#include "base/text.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

/* Decodes one name or value; NULL when it is not well-formed text. */
static const char *decode(const char *s, apr_size_t len, apr_pool_t *pool)
{
    char *out = apr_pstrmemdup(pool, s, len);
    apr_status_t rv;
    if (strlen(out) != len)
        return NULL;
    rv = apr_unescape_url(out, out, APR_ESCAPE_STRING, NULL, NULL, 1, NULL);
    /* APR_NOTFOUND: there was nothing to decode */
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND)
        return NULL;
    return chat_text_valid(out, strlen(out)) ? out : NULL;
}

apr_table_t *chat_api_form(chat_call_t *c, const char *text, apr_size_t len)
{
    apr_table_t *form = apr_table_make(c->pool, 8);
    const char *end = text + len;
    int n = 0;
    while (text < end) {
        const char *stop = memchr(text, '&', end - text);
        const char *equals, *name, *value;
        stop = stop ? stop : end;
        equals = memchr(text, '=', stop - text);
        equals = equals ? equals : stop;
        if (stop > text) {
            name = decode(text, equals - text, c->pool);
            value = equals < stop ? decode(equals + 1, stop - equals - 1, c->pool) : "";
            if (!name || !value || ++n > CHAT_FORM_FIELDS) {
                chat_call_refuse(c, CHAT_P_BAD_TEXT, name);
                return NULL;
            }
            apr_table_setn(form, name, value);
        }
        text = stop + 1;
    }
    return form;
}

static int is_type(const chat_request_t *req, const char *type)
{
    const char *is = req->content_type;
    apr_size_t len = strlen(type);
    return is && !strncasecmp(is, type, len) && (!is[len] || strchr("; \t", is[len]));
}

int chat_api_is_multipart(const chat_request_t *req)
{
    return req->body_len && is_type(req, "multipart/form-data");
}

int chat_api_is_form(const chat_request_t *req)
{
    return req->body_len &&
           (!req->content_type || is_type(req, "application/x-www-form-urlencoded") ||
            is_type(req, "multipart/form-data"));
}

#define BLANKS " \t\r\n"

/* A browser may leave a backslash in a file's name as it is: only one before a quote or
 * another backslash is an escape. */
static int is_escape(const char *p)
{
    return *p == '\\' && (p[1] == '"' || p[1] == '\\');
}

/* The end of the value at P, which may be quoted; NULL when a quote is not closed. */
static const char *value_end(const char *p)
{
    if (*p != '"')
        return p + strcspn(p, ";" BLANKS);
    for (p++; *p && *p != '"'; p++)
        p += is_escape(p);
    return *p ? p + 1 : NULL;
}

static const char *unquoted(const char *p, const char *end, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, (apr_size_t)(end - p) + 1), *to = out;
    if (*p == '"') {
        p++;
        end--;
    }
    for (; p < end; p++) {
        p += is_escape(p) && p + 1 < end;
        *to++ = *p;
    }
    *to = '\0';
    return out;
}

/* The parameter NAME of a header's value; NULL when there is none. */
static const char *attribute(const char *header, const char *name, apr_pool_t *pool)
{
    apr_size_t n = strlen(name);
    const char *p, *value;
    for (p = strchr(header, ';'); p; p = strchr(p, ';')) {
        p += strspn(p, ";" BLANKS);
        value = p + strcspn(p, "=;");
        if (*value != '=')
            continue;
        value++;
        if (value - p == (long)n + 1 && !strncasecmp(p, name, n)) {
            p = value_end(value);
            return p ? unquoted(value, p, pool) : NULL;
        }
        p = value_end(value);
        if (!p)
            break;
    }
    return NULL;
}

/* The value of the header NAME in LEN bytes of PART's headers, each of which follows a
 * line break; or NULL. */
static const char *header_of(const char *part, apr_size_t len, const char *name,
                             apr_pool_t *pool)
{
    const apr_size_t n = strlen(name);
    const char *end = part + len;
    while (end - part > 2) {
        const char *line = part + 2;
        do {
            part = memmem(part + 2, (apr_size_t)(end - part - 2), "\r\n", 2);
            part = part ? part : end;
        } while (end - part > 2 && (part[2] == ' ' || part[2] == '\t'));
        if ((apr_size_t)(part - line) > n && !strncasecmp(line, name, n) &&
            line[n] == ':')
            return apr_pstrmemdup(pool, line + n, (apr_size_t)(part - line) - n);
    }
    return NULL;
}
/* One part: headers, an empty line, the value. */
static int read_part(apr_table_t *form, const char *part, apr_size_t len)
{
    apr_pool_t *pool = apr_table_elts(form)->pool;
    const char *end = memmem(part, len, "\r\n\r\n", 4);
    const char *name, *value;
    apr_size_t n;
    if (!end)
        return 0;
    name = header_of(part, (apr_size_t)(end - part), "Content-Disposition", pool);
    name = name ? attribute(name, "name", pool) : NULL;
    n = len - (apr_size_t)(end - part) - 4;
    value = apr_pstrmemdup(pool, end + 4, n);
    if (!name || strlen(value) != n || !chat_text_valid(value, n) ||
        !chat_text_valid(name, strlen(name)))
        return 0;
    apr_table_setn(form, name, value);
    return 1;
}

static apr_table_t *read_multipart(chat_call_t *c, const chat_request_t *req)
{
    apr_table_t *form = apr_table_make(c->pool, 8);
    const char *boundary = attribute(req->content_type, "boundary", c->pool);
    const char *p = req->body, *end = p + req->body_len, *next;
    apr_size_t len;
    if (!boundary || !*boundary || strlen(boundary) > 70)
        return NULL;
    boundary = apr_pstrcat(c->pool, "\r\n--", boundary, NULL);
    len = strlen(boundary);
    /* the first one may stand at the very start */
    if (req->body_len >= len - 2 && !memcmp(p, boundary + 2, len - 2))
        p += len - 2;
    else if ((p = memmem(p, req->body_len, boundary, len)))
        p += len;
    for (int n = 0; p && n <= CHAT_FORM_FIELDS; n++) {
        if (end - p >= 2 && !memcmp(p, "--", 2))
            return form;
        next = memmem(p, (apr_size_t)(end - p), boundary, len);
        if (!next || !read_part(form, p, (apr_size_t)(next - p)))
            return NULL;
        p = next + len;
    }
    return NULL;
}

apr_table_t *chat_api_body_form(chat_call_t *c, const chat_request_t *req)
{
    apr_table_t *form;
    if (!chat_api_is_multipart(req))
        return chat_api_form(c, req->body, req->body_len);
    form = read_multipart(c, req);
    if (!form)
        chat_call_refuse(c, CHAT_P_BAD_TEXT, "form");
    return form;
}
