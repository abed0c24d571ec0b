/* SPDX-License-Identifier: Apache-2.0
 * api.h - dialects: a request in, an answer out, no httpd type in between.
 *
 * The httpd layer finds the mount, asks chat_api_route what the path below it means,
 * reads the body when the route wants one and calls chat_api_serve, which always fills
 * the response: every failure is reported in the dialect's own form. A failure before
 * that (method, body too large, ...) is reported by chat_api_refuse in the same form.
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
    /* The user that httpd itself has authenticated for this request, where
     * ChatTrustRemoteUser says that it counts; or NULL. */
    const char *user;
    int cross_site; /* Origin is one of ChatAllowOrigin and not our own */
    /* The page that sent it when it is neither ours nor listed: what the browser adds by
     * itself (cookies) then counts for nothing. Else NULL. */
    const char *stranger;
    const char *(*header)(const struct chat_request_t *req, const char *name);
    void *baton; /* of header() */
} chat_request_t;

#define CHAT_JSON_TYPE "application/json; charset=utf-8"

typedef struct chat_response_t {
    int status;
    const char *content_type;
    apr_table_t *headers; /* further ones, Set-Cookie among them, in this order */
    chat_buffer_t body;
    chat_problem_code_t problem; /* why it is a refusal, or CHAT_P_NONE */
    apr_int64_t retry_after;     /* seconds, or 0 */
    int cacheable; /* the dialect set Cache-Control itself; otherwise no-store */
} chat_response_t;

struct chat_button_t;
struct chat_visit_t;
struct chat_teendevops_t;
struct chat_kinglet_t;

typedef struct chat_dialect_t chat_dialect_t;
typedef struct chat_route_t chat_route_t;

/* The work of one route: a function of the dialect's own context. Returns APR_SUCCESS
 * with the response filled, or what the rules returned: then the dialect's refusal is
 * written. */
typedef union chat_endpoint_t {
    apr_status_t (*button)(struct chat_button_t *b);
    apr_status_t (*chatroom)(struct chat_visit_t *v);
    apr_status_t (*teendevops)(struct chat_teendevops_t *t);
    apr_status_t (*kinglet)(struct chat_kinglet_t *k);
} chat_endpoint_t;

#define CHAT_ROUTE_CREATES 1 /* accepts an Idempotency-Key */
#define CHAT_ROUTE_UNSAFE 2  /* its GET changes something: HEAD is refused */
/* Its 200 answer depends on nothing but the path, the query, the body and what is stored
 * of the call's chatroom, and is CHAT_JSON_TYPE without further headers: it may be
 * repeated while that has not changed. */
#define CHAT_ROUTE_STEADY 4
/* A wrong method is a request like any other: its body is read, it counts against the
 * limit, and chat_api_serve refuses it with CHAT_P_METHOD. Without this it is refused
 * before. */
#define CHAT_ROUTE_ANY_METHOD 8

/* Exists only with ChatAdmin On, and never in a directory where another user may mount
 * the dialect. */
#define CHAT_ROUTE_ADMIN 16
/* Button: the body is read, and the token in it, before the endpoint runs. */
#define CHAT_ROUTE_BODY 32
#define CHAT_ROUTE_TOKEN 64
/* The body of its POST has a password: under an Idempotency-Key the endpoint names the
 * other fields that identify the request (chat_once_add). */
#define CHAT_ROUTE_PASSWORD 128

/* Button: guests may use it. */
#define CHAT_ROUTE_GUEST 256

struct chat_route_t {
    const char *path; /* "/register/"; a last segment "*" stands for any one segment, "**"
                         for the rest */
    int methods;
    int flags;
    chat_endpoint_t run;
};

/* What a path is below a prefix that the dialect shares with the site. */
typedef enum chat_owner_t {
    CHAT_OWNER_SITE,   /* the dialect's document does not have it */
    CHAT_OWNER_EITHER, /* the site's, if the site has something there */
    CHAT_OWNER_DIALECT
} chat_owner_t;

struct chat_dialect_t {
    chat_dialect_id_t id;
    const char *name;           /* as in ChatAPI */
    const char *default_prefix; /* where ChatEngine On mounts it, or NULL: nowhere */
    const chat_route_t *routes; /* ends with path NULL */
    /* Request headers that stand for parameters, ended by NULL, or NULL. They count when
     * two requests are compared, and a foreign page may send them. */
    const char *const *headers;
    /* Whose a path is that has a route; reads method (0: OPTIONS), path and query of REQ.
     * NULL: all are the dialect's. */
    chat_owner_t (*owner)(const chat_request_t *req, apr_pool_t *pool);
    /* Creates the dialect's context of the request and runs ROUTE's endpoint with it. */
    apr_status_t (*run)(const chat_route_t *route, chat_call_t *c,
                        const chat_request_t *req, chat_response_t *resp);
    /* Writes c->problem as status and body. REQ may be NULL before the request is read.
     */
    void (*refuse)(chat_call_t *c, const chat_request_t *req, chat_response_t *resp);
};

/* The route of PATH, or NULL: text that is not UTF-8 has none. A missing trailing slash
 * and doubled slashes do not matter. */
const chat_route_t *chat_api_route(const chat_dialect_t *d, const char *path);

/* Whether PATH matches PATTERN, a path as of a route. */
int chat_api_matches(const char *pattern, const char *path);

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

/* A dialect's answer to a problem; a text of NULL is created from the problem. */
typedef struct chat_answer_t {
    int status;
    const char *text;
    const char *detail; /* a second text, of dialects that have one */
} chat_answer_t;

/* The answer to P in a dialect's table; CHAT_P_INTERNAL's for a problem without one. */
const chat_answer_t *chat_api_answer(const chat_answer_t table[CHAT_P_COUNT],
                                     const chat_problem_t *p);

#endif
