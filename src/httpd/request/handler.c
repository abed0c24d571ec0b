/* SPDX-License-Identifier: Apache-2.0 */
/* One request, from httpd's hook to the dialect and back. */
#include "httpd/request/handler.h"

#include "api/dialects.h"
#include "httpd/database.h"
#include "httpd/request/body.h"
#include "httpd/request/map.h"
#include "httpd/request/mask.h"
#include "httpd/request/metrics.h"
#include "httpd/request/respond.h"

#include <httpd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>

#define ONCE_HEADER "Idempotency-Key"
#define ONCE_MAX 255

/* Everything about one request on its way. */
typedef struct serving_t {
    request_rec *r;
    const chat_host_t *host;
    const chat_claim_t *claim;
    chat_origin_t origin;
    chat_settings_t settings;
    chat_call_t call;
    chat_request_t req;
    chat_response_t resp;
} serving_t;

/* For log formats: %{chat-account}n. */
static void note(const serving_t *s)
{
    const chat_call_t *c = &s->call;
    apr_table_t *notes = s->r->notes;
    apr_table_setn(notes, "chat-dialect", s->claim->dialect->name);
    apr_table_setn(notes, "chat-result", chat_problem_name(s->resp.problem));
    if (c->account)
        apr_table_setn(notes, "chat-account", apr_pstrdup(s->r->pool, c->account));
    if (c->room)
        apr_table_setn(notes, "chat-room",
                       apr_psprintf(s->r->pool, "%" APR_INT64_T_FMT, c->room));
}

static const char *request_header(const chat_request_t *req, const char *name)
{
    const request_rec *r = req->baton;
    return apr_table_get(r->headers_in, name);
}

/* Only what an authenticator of httpd's said of this request: a module that verified the
 * user, or a verified client certificate (SSLUserName). A certificate that failed makes
 * every name worthless. */
static const char *authenticated(request_rec *r)
{
    const char *verify =
        ap_ssl_var_lookup(r->pool, r->server, r->connection, r, "SSL_CLIENT_VERIFY");
    int shown = verify && *verify && strcmp(verify, "NONE") != 0;
    if (!r->user || !*r->user || (shown && strcmp(verify, "SUCCESS") != 0))
        return NULL;
    return r->ap_auth_type || shown ? r->user : NULL;
}

static void prepare(serving_t *s, request_rec *r, const chat_claim_t *claim)
{
    memset(s, 0, sizeof(*s));
    s->r = r;
    s->host = chat_config_server(r->server)->host;
    s->claim = claim;
    if (r->method_number == M_GET && claim->route &&
        claim->route->flags & CHAT_ROUTE_UNSAFE)
        chat_origin_find_unsafe(&s->origin, s->host, r, claim->dialect->headers);
    else
        chat_origin_find(&s->origin, s->host, r);
    chat_config_settings(&s->settings,
                         ap_get_module_config(r->per_dir_config, &chat_module));

    s->call.pool = r->pool;
    s->call.site = &s->host->site;
    s->call.settings = &s->settings;
    s->call.dialect = claim->dialect->id;
    s->call.client = s->call.address = r->useragent_ip;
    s->call.now = r->request_time;

    s->req.method = chat_map_method(r);
    s->req.path = claim->path;
    s->req.query = r->args;
    s->req.body = "";
    s->req.content_type = apr_table_get(r->headers_in, "Content-Type");
    s->req.mount = claim->mount;
    s->req.secure = ap_ssl_conn_is_ssl(r->connection);
    s->req.user = s->settings.trust_remote_user ? authenticated(r) : NULL;
    s->req.cross_site = s->origin.foreign;
    s->req.stranger = s->origin.stranger;
    s->req.header = request_header;
    s->req.baton = r;
    chat_response_init(&s->resp, r->pool);
}

static int refuse(serving_t *s)
{
    chat_api_refuse(s->claim->dialect, &s->call, &s->req, &s->resp);
    return chat_respond(s->r, &s->resp);
}

static void drop_body(serving_t *s)
{
    chat_body_drop(s->r, chat_api_body_limit(&s->settings));
}

static const char *allowed(const serving_t *s)
{
    return chat_route_allow(s->claim->route, s->r->pool);
}

static int refuse_method(serving_t *s)
{
    const char *allow = allowed(s);
    drop_body(s);
    chat_call_refuse_detail(&s->call, CHAT_P_METHOD, NULL, allow);
    apr_table_setn(s->r->headers_out, "Allow", allow);
    return refuse(s);
}

/* Whether the route has the request's method. A sub-request (a page that includes one)
 * has no body and no client of its own, so it may only look, as HEAD. */
static int method_fits(const serving_t *s)
{
    const chat_route_t *route = s->claim->route;
    if ((route->flags & CHAT_ROUTE_ANY_METHOD) && !s->r->main)
        return 1;
    if (!(route->methods & s->req.method))
        return 0;
    if (s->r->header_only || s->r->main)
        return s->req.method == CHAT_GET && !(route->flags & CHAT_ROUTE_UNSAFE);
    return 1;
}

/* ---- Idempotency-Key ---- */

static int once_valid(const char *key)
{
    const char *p;
    for (p = key; *p; p++) {
        if (*p < ' ' || *p > '~')
            return 0;
    }
    return p > key && p - key <= ONCE_MAX;
}

/* The identity of a request. Parameters may be in the path, the query, the body and, in
 * the chatroom API, in headers; these count in every dialect, as in release 0.1: a
 * request may be repeated after an upgrade. Of a password not even a hash of this kind is
 * kept: it could be guessed too fast. */
static const char *once_hash(const serving_t *s)
{
    int password =
        s->claim->route->flags & CHAT_ROUTE_PASSWORD && s->req.method == CHAT_POST;
    const char *head = apr_pstrcat(s->r->pool, s->r->method, " ", s->claim->path, "?",
                                   s->r->args && !password ? s->r->args : "", "\n", NULL);
    char *hash = apr_palloc(s->r->pool, CHAT_HASH_SIZE);
    chat_buffer_t all;
    chat_buffer_init(&all, strlen(head) + s->req.body_len + 64, APR_INT32_MAX,
                     s->r->pool);
    chat_buffer_puts(&all, head);
    for (const char *const *h = chat_dialect_chatroom.headers; *h; h++) {
        const char *value = apr_table_get(s->r->headers_in, *h);
        chat_buffer_puts(&all, value ? value : "");
        chat_buffer_byte(&all, '\n');
    }
    if (!password)
        chat_buffer_add(&all, s->req.body, s->req.body_len);
    chat_hash_keyed(hash, &s->host->site.secret, "once", all.data, all.len);
    return hash;
}

static apr_status_t once_prepare(serving_t *s)
{
    const char *key = apr_table_get(s->r->headers_in, ONCE_HEADER);
    if (!key || !(s->claim->route->flags & CHAT_ROUTE_CREATES))
        return APR_SUCCESS;
    if (!once_valid(key))
        return chat_call_refuse(&s->call, CHAT_P_INVALID, ONCE_HEADER);
    s->call.once_key = key;
    s->call.once_endpoint = s->claim->route->path;
    s->call.once_hash = once_hash(s);
    return APR_SUCCESS;
}

/* ---- */

/* After the body is read: a filter that unpacks it removes the header. */
static int is_encoded(const request_rec *r)
{
    const char *encoding = apr_table_get(r->headers_in, "Content-Encoding");
    return encoding && *encoding && strcasecmp(encoding, "identity") != 0;
}

static int serve_route(serving_t *s)
{
    const chat_dialect_t *dialect = s->claim->dialect;
    chat_store_t *store;
    apr_interval_time_t taken;
    apr_status_t rv;
    rv = chat_body_read(&s->req.body, &s->req.body_len, &s->call.problem, s->r,
                        chat_api_body_limit(&s->settings));
    if (rv == APR_SUCCESS && s->req.body_len && is_encoded(s->r))
        rv = chat_call_refuse(&s->call, CHAT_P_ENCODING, NULL);
    if (rv != APR_SUCCESS)
        return refuse(s);
    if (!chat_database_ready(s->host->database)) {
        chat_problem_of_status(&s->call.problem, CHAT_LOST);
        return refuse(s);
    }
    if (once_prepare(s) != APR_SUCCESS)
        return refuse(s);
    store = s->call.site->store;
    chat_store_share_time(store, &taken);
    chat_api_serve(dialect, s->claim->route, &s->call, &s->req, &s->resp);
    chat_store_share_time(store, NULL);
    return chat_respond(s->r, &s->resp);
}

static int serve(serving_t *s)
{
    chat_respond_origin(s->r, s->host, &s->origin);
    if (!s->claim->route) {
        drop_body(s);
        chat_call_refuse_detail(&s->call, CHAT_P_NO_ENDPOINT, NULL, s->claim->path);
        return refuse(s);
    }
    if (s->r->method_number == M_OPTIONS) {
        drop_body(s);
        return chat_respond_options(s->r, &s->origin, allowed(s));
    }
    return method_fits(s) ? serve_route(s) : refuse_method(s);
}

int chat_handler(request_rec *r)
{
    const chat_claim_t *claim;
    serving_t s;
    int status;
    if (!r->handler || strcmp(r->handler, CHAT_HANDLER))
        return DECLINED;
    claim = chat_map_claim(&status, r);
    if (!claim && status != OK)
        chat_respond_log_id(r, APLOG_WARNING, "configuration");
    if (!claim)
        return status == OK ? DECLINED : status;
    if (!chat_map_claimed(r))
        chat_mask_line(r, claim->dialect);
    prepare(&s, r, claim);
    status = serve(&s);
    note(&s);
    chat_metrics_request(s.host->site.metrics, claim->dialect->id, r);
    return status;
}

static int escapes_broken(const char *path)
{
    for (path = strchr(path, '%'); path; path = strchr(path + 1, '%')) {
        if (!apr_isxdigit(path[1]) || !apr_isxdigit(path[2]))
            return 1;
    }
    return 0;
}

/* Access control has not run; the answer is only that there is no such path. */
int chat_handler_quick(request_rec *r, int lookup)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_claim_t claim = {0};
    serving_t s;
    if (!host || lookup || r->proxyreq || !r->parsed_uri.path ||
        !escapes_broken(r->parsed_uri.path) ||
        !chat_mounts_find(&claim, host->mounts, r->parsed_uri.path, r->pool))
        return DECLINED;
    claim.route = NULL;
    chat_map_name(r, &claim);
    prepare(&s, r, &claim);
    return serve(&s);
}
