/* SPDX-License-Identifier: Apache-2.0 */
/* Parser of HTTP/1.1 requests. */
#include "chatd/rt/http.h"

#include "chatd/rt/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEAD, LENGTH, SIZE, SIZE_EXT, CHUNK, CHUNK_END, TRAILER, COMPLETE, BAD };

/* Chunk extensions and trailers are read over; more than this is an attack. */
#define CHUNK_EXTRA_MAX 4096

struct rt_http_parser {
    rt_http_limits limits;
    rt_http_request request;
    int state;
    unsigned status;
    int told; /* RT_HTTP_HEAD was returned */
    char *head;
    size_t head_len;
    size_t head_cap;
    uint8_t *body;
    size_t body_cap;
    uint64_t left;   /* bytes of the body or the chunk to come */
    size_t extra;    /* bytes of extensions and trailers so far */
    unsigned digits; /* of the chunk size so far */
    unsigned line;   /* bytes in the trailer line so far */
    int cr;
};

rt_http_parser *rt_http_create(rt_http_limits limits)
{
    rt_http_parser *p = rt_alloc(sizeof(*p));
    p->limits = limits;
    return p;
}

void rt_http_reset(rt_http_parser *p)
{
    rt_http_limits limits = p->limits;
    free(p->head);
    free(p->body);
    memset(p, 0, sizeof(*p));
    p->limits = limits;
}

void rt_http_destroy(rt_http_parser *p)
{
    if (!p)
        return;
    rt_http_reset(p);
    free(p);
}

const rt_http_request *rt_http_parsed(const rt_http_parser *p)
{
    return &p->request;
}

void rt_http_set_query(rt_http_parser *p, rt_span query)
{
    p->request.query = query;
}

unsigned rt_http_status(const rt_http_parser *p)
{
    return p->status;
}

uint8_t *rt_http_take_body(rt_http_parser *p)
{
    uint8_t *body = p->body;
    p->body = NULL;
    p->body_cap = p->request.body_len = 0;
    p->request.body = NULL;
    return body;
}

size_t rt_http_held(const rt_http_parser *p)
{
    return p ? p->head_cap + p->body_cap : 0;
}

int rt_http_started(const rt_http_parser *p)
{
    return p->head_len > 0;
}

void rt_http_limit_body(rt_http_parser *p, size_t max)
{
    if (max < p->limits.body_max)
        p->limits.body_max = max;
}

int rt_span_is(rt_span s, const char *text)
{
    return s.at && strlen(text) == s.len && memcmp(s.at, text, s.len) == 0;
}

int rt_span_is_nocase(rt_span s, const char *text)
{
    return s.at && strlen(text) == s.len && strncasecmp(s.at, text, s.len) == 0;
}

rt_span rt_http_find(const rt_http_request *r, const char *name)
{
    for (unsigned i = 0; i < r->header_count; i++) {
        if (rt_span_is_nocase(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return (rt_span){NULL, 0};
}

static rt_span trim(const char *from, const char *end)
{
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (rt_span){from, (size_t)(end - from)};
}

int rt_http_lists(const rt_http_request *r, const char *name, const char *token)
{
    for (unsigned i = 0; i < r->header_count; i++) {
        const char *at = r->headers[i].value.at, *end = at + r->headers[i].value.len;
        if (!rt_span_is_nocase(r->headers[i].name, name))
            continue;
        while (at < end) {
            const char *comma = memchr(at, ',', (size_t)(end - at));
            const char *stop = comma ? comma : end;
            if (rt_span_is_nocase(trim(at, stop), token))
                return 1;
            at = comma ? comma + 1 : end;
        }
    }
    return 0;
}

rt_span rt_http_param(const rt_http_request *r, const char *name)
{
    const char *at = r->query.at, *end;
    size_t len = strlen(name);
    for (end = at ? at + r->query.len : at; at && at < end;) {
        const char *amp = memchr(at, '&', (size_t)(end - at));
        const char *stop = amp ? amp : end;
        if ((size_t)(stop - at) >= len && memcmp(at, name, len) == 0) {
            if (at + len == stop)
                return (rt_span){stop, 0};
            if (at[len] == '=')
                return (rt_span){at + len + 1, (size_t)(stop - at) - len - 1};
        }
        at = amp ? amp + 1 : end;
    }
    return (rt_span){NULL, 0};
}

static int bad(rt_http_parser *p, unsigned status)
{
    p->state = BAD;
    p->status = status;
    return -1;
}

static int is_token(const char *at, size_t len)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < len; i++) {
        char c = at[i];
        int alnum =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && (!c || !strchr(extra, c)))
            return 0;
    }
    return len > 0;
}

static int is_text(const char *at, size_t len, unsigned char lowest)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];
        if ((c < lowest && c != '\t') || c == 0x7f)
            return 0;
    }
    return 1;
}

/* The target in origin form, or in absolute form with http or https. */
static int parse_target(rt_http_parser *p, const char *at, size_t len)
{
    const char *end = at + len, *mark;
    if (!len || !is_text(at, len, '!') || memchr(at, '\t', len))
        return bad(p, 400);
    if (len > 7 && *at != '/') {
        size_t skip = strncasecmp(at, "http://", 7) == 0               ? 7
                      : len > 8 && strncasecmp(at, "https://", 8) == 0 ? 8
                                                                       : 0;
        at = skip ? memchr(at + skip, '/', len - skip) : NULL;
    }
    if (!at || *at != '/')
        return bad(p, 400);
    mark = memchr(at, '?', (size_t)(end - at));
    p->request.path = (rt_span){at, (size_t)((mark ? mark : end) - at)};
    if (mark)
        p->request.query = (rt_span){mark + 1, (size_t)(end - mark - 1)};
    return 0;
}

static int parse_request_line(rt_http_parser *p, const char *at, const char *end)
{
    const char *space = memchr(at, ' ', (size_t)(end - at));
    const char *second;
    if (!space || !is_token(at, (size_t)(space - at)))
        return bad(p, 400);
    p->request.method = (rt_span){at, (size_t)(space - at)};
    at = space + 1;
    second = memchr(at, ' ', (size_t)(end - at));
    if (!second || end - second != 9 || memcmp(second, " HTTP/", 6) != 0)
        return bad(p, 400);
    if (memcmp(second + 6, "1.1", 3) != 0 && memcmp(second + 6, "1.0", 3) != 0)
        return bad(p, 505);
    p->request.minor = (unsigned)(second[8] - '0');
    return parse_target(p, at, (size_t)(second - at));
}

static int parse_header_line(rt_http_parser *p, const char *at, const char *end)
{
    const char *colon = memchr(at, ':', (size_t)(end - at));
    rt_http_header *h = &p->request.headers[p->request.header_count];
    if (p->request.header_count == RT_HTTP_HEADERS_MAX)
        return bad(p, 431);
    if (!colon || !is_token(at, (size_t)(colon - at)))
        return bad(p, 400);
    h->name = (rt_span){at, (size_t)(colon - at)};
    h->value = trim(colon + 1, end);
    if (!is_text(h->value.at, h->value.len, ' '))
        return bad(p, 400);
    p->request.header_count++;
    return 0;
}

static unsigned count_headers(const rt_http_request *r, const char *name)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->header_count; i++)
        n += rt_span_is_nocase(r->headers[i].name, name);
    return n;
}

static int parse_length(rt_http_parser *p, rt_span value)
{
    if (!value.len || value.len > 15)
        return bad(p, value.len ? 413 : 400);
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return bad(p, 400);
        p->left = p->left * 10 + (uint64_t)(value.at[i] - '0');
    }
    return 0;
}

/* The header lines about body and connection. */
static int frame_body(rt_http_parser *p)
{
    rt_http_request *r = &p->request;
    rt_span length = rt_http_find(r, "Content-Length");
    rt_span coding = rt_http_find(r, "Transfer-Encoding");
    rt_span expect = rt_http_find(r, "Expect");
    if (count_headers(r, "Host") > 1 || (r->minor && !rt_http_find(r, "Host").at))
        return bad(p, 400);
    if (count_headers(r, "Content-Length") > 1 || (length.at && coding.at))
        return bad(p, 400);
    if (expect.at && !rt_span_is_nocase(expect, "100-continue"))
        return bad(p, 417);
    r->expects_continue = expect.at && r->minor;
    r->keep_alive = r->minor ? !rt_http_lists(r, "Connection", "close")
                             : rt_http_lists(r, "Connection", "keep-alive");
    p->state = COMPLETE;
    if (coding.at) {
        if (!r->minor || count_headers(r, "Transfer-Encoding") > 1)
            return bad(p, 400);
        if (!rt_span_is_nocase(coding, "chunked"))
            return bad(p, 501);
        r->has_body = 1;
        p->state = SIZE;
    }
    else if (length.at) {
        if (parse_length(p, length))
            return -1;
        r->has_body = p->left > 0;
        p->state = p->left ? LENGTH : COMPLETE;
    }
    return 0;
}

static int parse_head(rt_http_parser *p)
{
    const char *at = p->head, *end = p->head + p->head_len - 2;
    const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
    if (!stop || parse_request_line(p, at, stop))
        return p->state == BAD ? -1 : bad(p, 400);
    for (at = stop + 2; at < end; at = stop + 2) {
        stop = memmem(at, p->head_len - (size_t)(at - p->head), "\r\n", 2);
        if (parse_header_line(p, at, stop))
            return -1;
    }
    return frame_body(p);
}

/* Consumes bytes up to the end of the head. */
static size_t feed_head(rt_http_parser *p, const uint8_t *bytes, size_t len)
{
    size_t take = len, before = p->head_len, from;
    char *mark;
    /* an empty line before a request is forgiven, as RFC 9112 advises */
    if (!before && (*bytes == '\r' || *bytes == '\n'))
        return 1;
    if (take > p->limits.head_max - before)
        take = p->limits.head_max - before;
    if (before + take > p->head_cap) {
        p->head_cap = before + take;
        p->head = rt_resize(p->head, p->head_cap);
    }
    memcpy(p->head + before, bytes, take);
    p->head_len += take;
    from = before > 3 ? before - 3 : 0;
    mark = memmem(p->head + from, p->head_len - from, "\r\n\r\n", 4);
    if (mark) {
        p->head_len = (size_t)(mark - p->head) + 4;
        parse_head(p);
        return p->head_len - before;
    }
    if (p->head_len == p->limits.head_max)
        bad(p, 431);
    return take;
}

static int body_add(rt_http_parser *p, const uint8_t *bytes, size_t len)
{
    rt_http_request *r = &p->request;
    if (len > p->limits.body_max - r->body_len)
        return bad(p, 413);
    if (r->body_len + len > p->body_cap) {
        size_t cap =
            2 * p->body_cap > r->body_len + len ? 2 * p->body_cap : r->body_len + len;
        p->body = rt_resize(p->body, cap);
        p->body_cap = cap;
        r->body = p->body;
    }
    memcpy(p->body + r->body_len, bytes, len);
    r->body_len += len;
    return 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void size_byte(rt_http_parser *p, uint8_t c)
{
    int digit = hex_digit(c);
    if (p->state == SIZE && digit >= 0 && !p->cr) {
        if (++p->digits > 8)
            bad(p, 413);
        p->left = p->left * 16 + (uint64_t)digit;
    }
    else if (!p->digits || (p->cr && c != '\n'))
        bad(p, 400);
    else if (c == '\r')
        p->cr = 1;
    else if (c == '\n' && p->cr) {
        p->state = p->left ? CHUNK : TRAILER;
        p->cr = 0;
        p->digits = p->line = 0;
    }
    else if (p->state == SIZE_EXT || c == ';' || c == ' ' || c == '\t') {
        p->state = SIZE_EXT;
        if (c == '\n' || ++p->extra > CHUNK_EXTRA_MAX)
            bad(p, 400);
    }
    else
        bad(p, 400);
}

static void trailer_byte(rt_http_parser *p, uint8_t c)
{
    if (++p->extra > CHUNK_EXTRA_MAX || (p->cr && c != '\n') || (c == '\n' && !p->cr))
        bad(p, 400);
    else if (c == '\r')
        p->cr = 1;
    else if (c == '\n') {
        p->state = p->line ? TRAILER : COMPLETE;
        p->cr = 0;
        p->line = 0;
    }
    else
        p->line++;
}

static void chunk_end_byte(rt_http_parser *p, uint8_t c)
{
    if (c != (p->cr ? '\n' : '\r'))
        bad(p, 400);
    else if (c == '\r')
        p->cr = 1;
    else {
        p->cr = 0;
        p->state = SIZE;
    }
}

static size_t feed_body(rt_http_parser *p, const uint8_t *bytes, size_t len)
{
    if (p->state == LENGTH || p->state == CHUNK) {
        size_t take = len < p->left ? len : (size_t)p->left;
        if (p->state == LENGTH && p->left > p->limits.body_max - p->request.body_len)
            bad(p, 413);
        else if (!body_add(p, bytes, take)) {
            p->left -= take;
            if (!p->left)
                p->state = p->state == LENGTH ? COMPLETE : CHUNK_END;
        }
        return take;
    }
    if (p->state == SIZE || p->state == SIZE_EXT)
        size_byte(p, *bytes);
    else if (p->state == CHUNK_END)
        chunk_end_byte(p, *bytes);
    else
        trailer_byte(p, *bytes);
    return 1;
}

rt_http_result rt_http_feed(rt_http_parser *p, const uint8_t *bytes, size_t len,
                            size_t *used)
{
    *used = 0;
    while (p->state == HEAD && *used < len)
        *used += feed_head(p, bytes + *used, len - *used);
    if (p->state != HEAD && p->state != BAD && !p->told) {
        p->told = 1;
        return RT_HTTP_HEAD;
    }
    while (p->state > HEAD && p->state < COMPLETE && *used < len)
        *used += feed_body(p, bytes + *used, len - *used);
    if (p->state == BAD)
        return RT_HTTP_BAD;
    return p->state == COMPLETE ? RT_HTTP_DONE : RT_HTTP_MORE;
}

const char *rt_http_phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } table[] = {
        {200, "OK"},
        {204, "No Content"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {417, "Expectation Failed"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (table[i].status == status)
            return table[i].phrase;
    }
    return "Status";
}
