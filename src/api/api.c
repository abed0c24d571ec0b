/* SPDX-License-Identifier: Apache-2.0 */
/* Routing, request limits and form parameters of all dialects. */
#include "api/api.h"

#include "base/text.h"
#include "core/networks.h"

#include <apr_strings.h>
#include <string.h>

static const char *skip_slashes(const char *p)
{
    while (*p == '/')
        p++;
    return p;
}

/* Segment by segment; trailing and doubled slashes do not count. */
int chat_api_matches(const char *pattern, const char *path)
{
    for (;;) {
        pattern = skip_slashes(pattern);
        path = skip_slashes(path);
        if (pattern[0] == '*' && pattern[1] == '*')
            return 1;
        if (!*pattern || !*path)
            return *pattern == *path;
        if (*pattern == '*') {
            pattern++;
            path += strcspn(path, "/");
            continue;
        }
        for (; *pattern && *pattern != '/' && *pattern == *path; path++)
            pattern++;
        if ((*pattern && *pattern != '/') || (*path && *path != '/'))
            return 0;
    }
}

const chat_route_t *chat_api_route(const chat_dialect_t *d, const char *path)
{
    /* segments become texts: names, ids */
    if (!chat_text_valid(path, strlen(path)))
        return NULL;
    for (const chat_route_t *r = d->routes; r->path; r++) {
        if (chat_api_matches(r->path, path))
            return r;
    }
    return NULL;
}

const char *chat_route_allow(const chat_route_t *route, apr_pool_t *pool)
{
    int get = route->methods & CHAT_GET;
    return apr_pstrcat(pool, get ? "GET, " : "",
                       get && !(route->flags & CHAT_ROUTE_UNSAFE) ? "HEAD, " : "",
                       route->methods & CHAT_POST ? "POST, " : "",
                       route->methods & CHAT_PUT ? "PUT, " : "",
                       route->methods & CHAT_DELETE ? "DELETE, " : "", "OPTIONS", NULL);
}

apr_size_t chat_api_body_limit(const chat_settings_t *settings)
{
    /* "\u0041" is six bytes for one; percent-encoding is three */
    return settings->max_message * 6 + 16384;
}

/* Above any page of the longest messages, so that no answer is cut. */
#define BODY_FIRST 512
#define BODY_MAX ((apr_size_t)1 << 31)

void chat_response_init(chat_response_t *resp, apr_pool_t *pool)
{
    memset(resp, 0, sizeof(*resp));
    resp->status = 200;
    resp->headers = apr_table_make(pool, 2);
    chat_buffer_init(&resp->body, BODY_FIRST, BODY_MAX, pool);
}

void chat_api_refuse(const chat_dialect_t *d, chat_call_t *c, const chat_request_t *req,
                     chat_response_t *resp)
{
    resp->problem = c->problem.code;
    CHAT_COUNT(c->site->metrics, refusals, c->problem.code);
    resp->body.len = 0;
    resp->body.overflow = 0;
    resp->cacheable = 0;
    apr_table_clear(resp->headers);
    if (c->problem.code == CHAT_P_RATE || c->problem.code == CHAT_P_THROTTLED ||
        c->problem.code == CHAT_P_UNAVAILABLE)
        resp->retry_after = c->problem.number;
    d->refuse(c, req, resp);
}

/* Everything that the answer of a steady route depends on, in one hash. */
static void ask(chat_question_t *q, const chat_call_t *c, const chat_request_t *req)
{
    chat_buffer_t all;
    chat_buffer_init(&all, req->body_len + 256, CHAT_CACHE_ANSWER_MAX, c->pool);
    chat_buffer_int(&all, c->dialect);
    chat_buffer_byte(&all, ' ');
    chat_buffer_int(&all, c->room);
    chat_buffer_puts(&all, req->path);
    chat_buffer_byte(&all, '\0');
    chat_buffer_puts(&all, req->query ? req->query : "");
    chat_buffer_byte(&all, '\0');
    chat_buffer_add(&all, req->body, req->body_len);
    chat_hash_digest(q->hash, &c->site->secret, all.data, all.len);
    q->now = c->now;
    q->epoch = all.overflow ? 0 : c->epoch;
}

/* A steady route of which only one form is known: JSON with status 200. */
static apr_status_t run_steady(const chat_dialect_t *d, const chat_route_t *route,
                               chat_call_t *c, const chat_request_t *req,
                               chat_response_t *resp)
{
    chat_question_t q;
    apr_status_t rv;
    int kept;
    ask(&q, c, req);
    kept = chat_cache_get(c->site->cache, &q, &resp->body);
    CHAT_COUNT(c->site->metrics, answers, kept ? CHAT_KEPT_HIT : CHAT_KEPT_MISS);
    if (kept) {
        resp->content_type = CHAT_JSON_TYPE;
        return APR_SUCCESS;
    }
    rv = d->run(route, c, req, resp);
    if (rv == APR_SUCCESS && resp->status == 200 && q.again)
        chat_cache_put(c->site->cache, &q, &resp->body);
    return rv;
}

void chat_api_serve(const chat_dialect_t *d, const chat_route_t *route, chat_call_t *c,
                    const chat_request_t *req, chat_response_t *resp)
{
    apr_status_t rv;
    c->dialect = d->id;
    c->room = c->settings->room;
    c->epoch = chat_store_epoch(c->site->store, c->room);
    c->address = chat_limit_address(c->address, c->pool);
    rv = chat_network_check(c);
    if (rv == APR_SUCCESS)
        rv = chat_call_limit(c, CHAT_LIMIT_REQUESTS);
    if (rv == APR_SUCCESS && !(route->methods & req->method))
        rv = chat_call_refuse_detail(c, CHAT_P_METHOD, NULL,
                                     chat_route_allow(route, c->pool));
    if (rv == APR_SUCCESS && route->flags & CHAT_ROUTE_STEADY && c->site->cache)
        rv = run_steady(d, route, c, req, resp);
    else if (rv == APR_SUCCESS)
        rv = d->run(route, c, req, resp);
    if (rv == APR_SUCCESS && resp->body.overflow)
        rv = CHAT_TOOBIG;
    if (rv == APR_SUCCESS) {
        if (c->limited & 1u << CHAT_LIMIT_REGISTRATIONS)
            CHAT_COUNT(c->site->metrics, registrations, 0);
        return;
    }
    if (rv != CHAT_REFUSED)
        chat_problem_of_status(&c->problem, rv);
    if (c->problem.code == CHAT_P_INTERNAL)
        chat_log(&c->site->log, CHAT_LOG_ERROR, 202, rv, "%s %s failed", d->name,
                 route->path);
    chat_api_refuse(d, c, req, resp);
}

const chat_answer_t *chat_api_answer(const chat_answer_t table[CHAT_P_COUNT],
                                     const chat_problem_t *p)
{
    return table[p->code].status ? &table[p->code] : &table[CHAT_P_INTERNAL];
}
