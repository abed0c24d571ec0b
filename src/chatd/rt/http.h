/* SPDX-License-Identifier: Apache-2.0
 * A bounded HTTP/1.1 request parser (RFC 9112, server side): bytes in any pieces to one
 * complete request. No descriptor, no clock: testable and fuzzable by itself.
 *
 * Strict where leniency has been a hole: CRLF line ends only, no folded header lines, one
 * Host, Content-Length of digits only and never beside Transfer-Encoding.
 *
 * No library: libhttp-parser has no maintainer any more, Debian 12 has no llhttp for C,
 * and libmicrohttpd wants to own the sockets that httpd hands over.
 */
#ifndef RT_HTTP_H
#define RT_HTTP_H

#include <stddef.h>
#include <stdint.h>

/* More header lines than any browser behind two proxies sends. */
#define RT_HTTP_HEADERS_MAX 64

typedef struct rt_span {
    const char *at; /* not terminated */
    size_t len;
} rt_span;

typedef struct rt_http_header {
    rt_span name;
    rt_span value;
} rt_http_header;

/* All spans point into the parser and live until it is reset. */
typedef struct rt_http_request {
    rt_span method;
    rt_span path;  /* as sent, not decoded */
    rt_span query; /* without the '?' */
    unsigned minor;
    int keep_alive;
    int expects_continue;
    int has_body;
    unsigned header_count;
    rt_http_header headers[RT_HTTP_HEADERS_MAX];
    const uint8_t *body; /* complete with RT_HTTP_DONE */
    size_t body_len;
} rt_http_request;

typedef struct rt_http_limits {
    size_t head_max; /* request line and header lines, bytes */
    size_t body_max; /* bytes, chunk framing not counted */
} rt_http_limits;

typedef enum rt_http_result {
    RT_HTTP_MORE, /* everything was used, the request is not complete */
    RT_HTTP_HEAD, /* once: the head is complete; feed the rest for the body */
    RT_HTTP_DONE, /* the request is complete; unused bytes belong to the next */
    RT_HTTP_BAD   /* answer rt_http_status() and close */
} rt_http_result;

typedef struct rt_http_parser rt_http_parser;

rt_http_parser *rt_http_create(rt_http_limits limits);
void rt_http_destroy(rt_http_parser *parser);
/* Forgets the request for the next one. */
void rt_http_reset(rt_http_parser *parser);
/* The request's query is QUERY instead; it lives as long as the request. */
void rt_http_set_query(rt_http_parser *parser, rt_span query);
/* *USED = bytes consumed, at most LEN. */
rt_http_result rt_http_feed(rt_http_parser *parser, const uint8_t *bytes, size_t len,
                            size_t *used);
/* Lowers the limit of the body, after RT_HTTP_HEAD. */
void rt_http_limit_body(rt_http_parser *parser, size_t max);
const rt_http_request *rt_http_parsed(const rt_http_parser *parser);
/* 400, 413, 417, 431, 501 or 505 after RT_HTTP_BAD. */
unsigned rt_http_status(const rt_http_parser *parser);
/* The body of a complete request, malloc'ed (or NULL); the caller's from now on. */
uint8_t *rt_http_take_body(rt_http_parser *parser);
/* Bytes of head and body so far; PARSER may be NULL. */
size_t rt_http_held(const rt_http_parser *parser);
/* Whether a request has begun. */
int rt_http_started(const rt_http_parser *parser);

/* The first header NAME (any case), or a span whose at is NULL. */
rt_span rt_http_find(const rt_http_request *request, const char *name);
/* Whether the comma-separated header NAME lists TOKEN (any case). */
int rt_http_lists(const rt_http_request *request, const char *name, const char *token);
/* The raw value of query parameter NAME, or a span whose at is NULL. */
rt_span rt_http_param(const rt_http_request *request, const char *name);

int rt_span_is(rt_span span, const char *text);
int rt_span_is_nocase(rt_span span, const char *text);

/* The reason phrase of STATUS. */
const char *rt_http_phrase(unsigned status);

#endif
