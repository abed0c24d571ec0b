/* SPDX-License-Identifier: Apache-2.0
 * api.h - dialects: a request in, an answer out, no httpd type in between.
 *
 * The httpd layer finds the mount, asks chat_api_route what the path below it means,
 * reads the body when the route wants one and calls chat_api_serve, which always fills
 * the response: whatever goes wrong is said in the dialect's own form. What goes wrong
 * before (method, body too large, ...) is said by chat_api_refuse in the same form.
 */
#ifndef CHAT_API_API_H
#define CHAT_API_API_H

#include "base/buffer.h"
#include "core/call.h"

#include <apr_tables.h>

/* Methods, as a set. */
#define CHAT_GET 1
#define CHAT_POST 2
#define CHAT_PUT 4
#define CHAT_DELETE 8

typedef struct chat_request_t {
    int method;        /* one of the above; HEAD of a safe route comes as CHAT_GET */
    const char *path;  /* below the mount: begins with '/', decoded, slashes merged */
    const char *query; /* still encoded, or NULL */
    const char *body;  /* NUL-terminated */
    apr_size_t body_len;
    const char *content_type; /* or NULL */
    const char *mount; /* the mount's prefix without a slash at its end; "" at the root */
    int secure;        /* TLS between the client and us */
    int cross_site;    /* Origin is one of ChatAllowOrigin and not our own */
    const char *(*header)(const struct chat_request_t *req, const char *name);
    void *baton; /* of header() */
} chat_request_t;

#define CHAT_JSON_TYPE "application/json; charset=utf-8"

/* Request headers that stand for parameters, ended by NULL: no others are read as such.
 * They count when two requests are compared, and a foreign page may send them. */
extern const char *const chat_api_headers[];

typedef struct chat_response_t {
    int status;
    const char *content_type;
    apr_table_t *headers; /* further ones, Set-Cookie among them, in this order */
    chat_buffer_t body;
    apr_int64_t retry_after; /* seconds, or 0 */
    int cacheable; /* the dialect set Cache-Control itself; otherwise no-store */
} chat_response_t;

typedef struct chat_dialect_t chat_dialect_t;
typedef struct chat_route_t chat_route_t;

/* Does the work of one route. Returns APR_SUCCESS with the response filled, or what the
 * rules returned: then the dialect's refusal is written. */
typedef apr_status_t (*chat_endpoint_fn)(chat_call_t *c, const chat_request_t *req,
                                         chat_response_t *resp);

#define CHAT_ROUTE_CREATES 1 /* takes an Idempotency-Key */
#define CHAT_ROUTE_UNSAFE 2  /* its GET changes something: HEAD is refused */
/* Its 200 answer depends on nothing but the path, the query, the body and what is stored
 * of the call's chatroom, and is CHAT_JSON_TYPE without further headers: it may be given
 * again while that has not changed. */
#define CHAT_ROUTE_STEADY 4
/* A wrong method is a request like any other: its body is read, it counts against the
 * limit, and chat_api_serve refuses it with CHAT_P_METHOD. Without this it is refused
 * before. */
#define CHAT_ROUTE_ANY_METHOD 8

/* Is there only with ChatAdmin On, and never in a directory that somebody else may mount
 * the dialect in. */
#define CHAT_ROUTE_ADMIN 16

struct chat_route_t {
    const char *path; /* "/register/"; a last segment "*" stands for any one segment, "**"
                         for the rest */
    int methods;
    int flags;
    chat_endpoint_fn run;
};

struct chat_dialect_t {
    chat_dialect_id_t id;
    const char *name;           /* as in ChatAPI */
    const char *default_prefix; /* where ChatEngine On mounts it, or NULL: nowhere */
    const chat_route_t *routes; /* ends with path NULL */
    /* Whether paths that are no route are answered here (404) or left to the site. */
    int claims_all;
    /* Writes c->problem as status and body. REQ may be NULL before the request is read.
     */
    void (*refuse)(chat_call_t *c, const chat_request_t *req, chat_response_t *resp);
};

/* All dialects that are built in, ended by NULL, in the order in which they are asked
 * when several share a prefix. */
extern const chat_dialect_t *const chat_dialects[];
const chat_dialect_t *chat_dialect_by_name(const char *name);

/* The route of PATH, or NULL: text that is not UTF-8 has none. A missing slash at the end
 * and doubled slashes do not matter. */
const chat_route_t *chat_api_route(const chat_dialect_t *d, const char *path);

/* The value of Allow for a route, HEAD and OPTIONS included. */
const char *chat_route_allow(const chat_route_t *route, apr_pool_t *pool);

/* Bytes a request body may have under SETTINGS: room for the longest message with every
 * character escaped, and its neighbours. */
apr_size_t chat_api_body_limit(const chat_settings_t *settings);

void chat_response_init(chat_response_t *resp, apr_pool_t *pool);

/* Serves REQ by ROUTE of D; counts it against the request limit first. */
void chat_api_serve(const chat_dialect_t *d, const chat_route_t *route, chat_call_t *c,
                    const chat_request_t *req, chat_response_t *resp);

/* Writes c->problem in the form of D. */
void chat_api_refuse(const chat_dialect_t *d, chat_call_t *c, const chat_request_t *req,
                     chat_response_t *resp);

/* Parameters in a query string or an application/x-www-form-urlencoded body: decoded, the
 * last of a name wins; NULL (with the problem filled) for broken escapes or bad text. */
apr_table_t *chat_api_form(chat_call_t *c, const char *text, apr_size_t len);

#endif
