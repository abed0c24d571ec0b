/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: status, headers, CORS, one brigade. */
#include "httpd/request/respond.h"

#include "api/dialects.h"
#include "base/origin.h"

#include <httpd.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <util_filter.h>

APLOG_USE_MODULE(chat);

#define PREFLIGHT_SECONDS "600"

/* httpd writes more than that at once, and holds back less to the request's end. A flush
 * of more could block at a client that does not read. */
#define HELD_BACK 4096

#define RESPONSE_HEADERS "ETag, Retry-After"

static int same(const char *origin, const char *url, apr_pool_t *pool)
{
    const char *a = chat_origin_canonical(origin, pool);
    const char *b = url ? chat_origin_canonical(url, pool) : NULL;
    return a && b && !strcmp(a, b);
}

static int is_own(const chat_host_t *host, const request_rec *r, const char *origin)
{
    if (same(origin, host->site.url, r->pool))
        return 1;
    /* a front end may speak TLS for us, but not the other way round */
    if (ap_ssl_conn_is_ssl(r->connection) && !strncasecmp(origin, "http://", 7))
        return 0;
    return chat_origin_allowed(origin, apr_table_get(r->headers_in, "Host"), NULL,
                               r->pool);
}

/* PAGE: an Origin, or the URL of a page. */
static void find(chat_origin_t *out, const chat_host_t *host, const request_rec *r,
                 const char *page)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *name = apr_table_get(r->headers_in, "Host");
    out->allowed = page ? chat_origin_listed(page, host->origins, r->pool) : NULL;
    out->foreign = out->allowed && !same(out->allowed,
                                         apr_pstrcat(r->pool, ap_http_scheme(r), "://",
                                                     name ? name : "", NULL),
                                         r->pool);
    out->stranger = page && !out->allowed && !is_own(host, r, page) ? page : NULL;
    /* an Origin is not sent with every request, a cookie is */
    if (!out->stranger && !out->allowed && site &&
        (!strcmp(site, "cross-site") || !strcmp(site, "same-site")))
        out->stranger = site;
}

void chat_origin_find(chat_origin_t *out, const chat_host_t *host, const request_rec *r)
{
    find(out, host, r, apr_table_get(r->headers_in, "Origin"));
}

/* Browsers have a language, also those that do not call themselves Mozilla. */
static int is_browser(const request_rec *r)
{
    const char *agent = apr_table_get(r->headers_in, "User-Agent");
    const char *language = apr_table_get(r->headers_in, "Accept-Language");
    return (agent && !strncmp(agent, "Mozilla/", 8)) ||
           (language && strcmp(language, "*") != 0);
}

/* A foreign page sets no header of ours without a preflight, which has an Origin. */
static int has_any(const request_rec *r, const char *const *headers)
{
    while (headers && *headers && !apr_table_get(r->headers_in, *headers))
        headers++;
    return headers && *headers;
}

void chat_origin_find_unsafe(chat_origin_t *out, const chat_host_t *host,
                             const request_rec *r, const char *const *headers)
{
    const char *referer = apr_table_get(r->headers_in, "Referer");
    chat_origin_find(out, host, r);
    if (out->stranger || apr_table_get(r->headers_in, "Origin") ||
        apr_table_get(r->headers_in, "Sec-Fetch-Site"))
        return;
    if (referer)
        find(out, host, r, referer);
    else if (!has_any(r, headers) && is_browser(r))
        out->stranger = "a page without a name";
}

void chat_respond_origin(request_rec *r, const chat_host_t *host,
                         const chat_origin_t *origin)
{
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!host->origins)
        return;
    apr_table_mergen(r->headers_out, "Vary", "Origin");
    if (!origin->allowed)
        return;
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", origin->allowed);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Credentials", "true");
    apr_table_setn(r->headers_out, "Access-Control-Expose-Headers", RESPONSE_HEADERS);
}

static void set_status(request_rec *r, int status)
{
    r->status = status;
    /* httpd has no text for some codes and would say 500 in the status line */
    if (status != HTTP_INTERNAL_SERVER_ERROR &&
        ap_index_of_response(status) == ap_index_of_response(HTTP_INTERNAL_SERVER_ERROR))
        r->status_line = apr_psprintf(r->pool, "%d Status %d", status, status);
}

static int add_header(void *baton, const char *name, const char *value)
{
    request_rec *r = baton;
    if (!strcasecmp(name, "Set-Cookie"))
        apr_table_addn(r->headers_out, name, value);
    else if (!strcasecmp(name, "Vary"))
        apr_table_mergen(r->headers_out, name, value);
    else
        apr_table_setn(r->headers_out, name, value);
    return 1;
}

void chat_respond_log_id(request_rec *r, int level, const char *why)
{
    const char *path = apr_table_get(r->subprocess_env, "CHAT_PATH");
    if (!r->log_id)
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    if (!r->log_id)
        return;
    /* on httpd's own answers too */
    apr_table_setn(r->err_headers_out, "X-Chat-Log-Id", r->log_id);
    ap_log_rerror(APLOG_MARK, level, 0, r, "CHAT1130: %s %s failed (%s), log id %s",
                  r->method, path ? path : "realtime", why, r->log_id);
}

static int has_content(int status)
{
    return status != HTTP_NO_CONTENT && status != HTTP_NOT_MODIFIED;
}

void chat_respond_flush(request_rec *r)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, c->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
    apr_brigade_destroy(bb);
}

int chat_respond(request_rec *r, chat_response_t *resp)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);
    apr_size_t len = resp->body.len;
    set_status(r, resp->status);
    apr_table_do(add_header, r, resp->headers, NULL);
    if (!resp->cacheable)
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (resp->retry_after > 0) {
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_psprintf(r->pool, "%" APR_INT64_T_FMT, resp->retry_after));
    }
    if (resp->status >= HTTP_INTERNAL_SERVER_ERROR)
        chat_respond_log_id(r, APLOG_WARNING, chat_problem_name(resp->problem));
    if (has_content(resp->status)) {
        ap_set_content_type(r, resp->content_type);
        ap_set_content_length(r, (apr_off_t)len);
        if (len) {
            APR_BRIGADE_INSERT_TAIL(
                bb, apr_bucket_pool_create(resp->body.data, len, r->pool, alloc));
        }
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    /* A client that disconnected is not our error. */
    ap_pass_brigade(r->output_filters, bb);
    /* Before the request is logged and its pool destroyed: by then the client's next one
     * is often there, and this thread reads it, without the listener and another thread.
     */
    if (len < HELD_BACK && !r->connection->master)
        chat_respond_flush(r);
    return OK;
}

/* What a page of another site may send. */
static const char *request_headers(apr_pool_t *pool)
{
    const char *list = "Content-Type, Idempotency-Key, If-None-Match";
    for (const chat_dialect_t *const *d = chat_dialects; *d; d++) {
        for (const char *const *h = (*d)->headers; h && *h; h++)
            list = apr_pstrcat(pool, list, ", ", *h, NULL);
    }
    return list;
}

int chat_respond_options(request_rec *r, const chat_origin_t *origin, const char *allow)
{
    chat_response_t resp;
    chat_response_init(&resp, r->pool);
    resp.status = HTTP_NO_CONTENT;
    resp.cacheable = 1;
    apr_table_setn(r->headers_out, "Allow", allow);
    if (origin->allowed &&
        apr_table_get(r->headers_in, "Access-Control-Request-Method")) {
        apr_table_setn(r->headers_out, "Access-Control-Allow-Methods", allow);
        apr_table_setn(r->headers_out, "Access-Control-Allow-Headers",
                       request_headers(r->pool));
        apr_table_setn(r->headers_out, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
    }
    return chat_respond(r, &resp);
}
