/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are ours: the mapping hooks. */
#include "httpd/request/map.h"

#include "httpd/request/mask.h"

#include <httpd.h>
#include <ap_expr.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <scoreboard.h>

APLOG_USE_MODULE(chat);

static const chat_claim_t *claim_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &chat_module);
}

void chat_map_name(request_rec *r, const chat_claim_t *claim)
{
    apr_table_setn(r->subprocess_env, "CHAT_PATH",
                   apr_pstrcat(r->pool, claim->mount,
                               claim->route ? claim->route->path : "/", NULL));
}

/* The path is HANDLER's; NAME is for log lines. */
static int claim_for(request_rec *r, const char *handler, const char *name)
{
    chat_claim_t *claim = apr_pcalloc(r->pool, sizeof(*claim));
    claim->handler = handler;
    ap_set_module_config(r->request_config, &chat_module, claim);
    r->filename = apr_pstrcat(r->pool, "chat:", name, NULL);
    return OK;
}

int chat_map_method(const request_rec *r)
{
    switch (r->method_number) {
    case M_GET: /* HEAD too */
        return CHAT_GET;
    case M_POST:
        return CHAT_POST;
    case M_PUT:
        return CHAT_PUT;
    case M_DELETE:
        return CHAT_DELETE;
    default:
        return 0;
    }
}

#define ASKING "chat-asking"

/* Whether the site has a file, a directory or a handler for R's path. */
static int site_has(request_rec *r)
{
    apr_finfo_t root;
    request_rec *sub;
    int has;
    /* where nothing is, access control would only log that it refused */
    if (apr_stat(&root, ap_document_root(r), APR_FINFO_TYPE, r->pool) != APR_SUCCESS)
        return 0;
    apr_table_setn(r->notes, ASKING, "1");
    sub = ap_sub_req_lookup_uri(ap_os_escape_path(r->pool, r->uri, 1), r, NULL);
    has = sub->finfo.filetype != APR_NOFILE || (sub->status == HTTP_OK && sub->handler);
    ap_destroy_sub_req(sub);
    apr_table_unset(r->notes, ASKING);
    return has;
}

static int is_of_site(request_rec *r, const chat_claim_t *claim)
{
    const chat_request_t req = {
        .method = chat_map_method(r), .path = claim->path, .query = r->args};
    chat_owner_t owner;
    if (!claim->shared || !claim->route || !claim->dialect->owner)
        return 0;
    if (r->main && apr_table_get(r->main->notes, ASKING))
        return 1;
    owner = claim->dialect->owner(&req, r->pool);
    return owner == CHAT_OWNER_SITE || (owner == CHAT_OWNER_EITHER && site_has(r));
}

/* ENCODED paths are no files. */
static int claim_uri(request_rec *r, const char *uri, int encoded)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_claim_t found = {0};
    if (chat_mounts_realtime(host, uri))
        return claim_for(r, CHAT_REALTIME_HANDLER, "realtime");
    if (!chat_mounts_find(&found, host->mounts, uri, r->pool) ||
        (!encoded && is_of_site(r, &found)))
        return DECLINED;
    ap_set_module_config(r->request_config, &chat_module,
                         apr_pmemdup(r->pool, &found, sizeof(found)));
    /* not the path, which may hold credentials */
    r->filename = apr_pstrcat(r->pool, "chat:", found.dialect->name, NULL);
    chat_map_name(r, &found);
    return OK;
}

/* Whether httpd would refuse PATH before translate_name, with a page of its own. */
static int undecodable(const request_rec *r, const char *path)
{
    core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    char *copy;
    if (!strchr(path, '%'))
        return 0;
    copy = apr_pstrdup(r->pool, path);
    if (core->allow_encoded_slashes)
        return ap_unescape_url_keep2f(copy, core->decode_encoded_slashes) != OK;
    return ap_unescape_url(copy) != OK;
}

/* Paths with %00 or %2f name no endpoint, and the dialect or the daemon has to answer so.
 * DONE keeps httpd from decoding them; the answer does not depend on the path below the
 * mount. */
int chat_map_pre_translate(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    const char *path = r->parsed_uri.path;
    chat_claim_t *claim;
    if (!host || r->proxyreq || !path || !undecodable(r, path) ||
        claim_uri(r, path, 1) != OK)
        return DECLINED;
    claim = ap_get_module_config(r->request_config, &chat_module);
    claim->route = NULL;
    if (claim->dialect)
        chat_map_name(r, claim);
    return DONE;
}

/* SetHandler's value, as far as <Location> sections set it. */
static const char *handler_of(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *why = NULL;
    if (core->handler || !core->expr_handler)
        return core->handler;
    return ap_expr_str_exec(r, core->expr_handler, &why);
}

/* What an operator asks for in a <Location> is served like a mount: a .htaccess file that
 * sends every path to a front controller is not read for it. */
static const char *const for_operators[] = {CHAT_METRICS_HANDLER, CHAT_HEALTH_HANDLER,
                                            NULL};

int chat_map_translate(request_rec *r)
{
    const char *handler = r->proxyreq ? NULL : handler_of(r);
    if (r->proxyreq)
        return DECLINED;
    if (claim_of(r))
        return OK;
    for (const char *const *h = for_operators; handler && *h; h++) {
        if (!strcmp(handler, *h))
            return claim_for(r, *h, *h);
    }
    return chat_config_server(r->server)->host ? claim_uri(r, r->uri, 0) : DECLINED;
}

int chat_map_directory(request_rec *r)
{
    const chat_dir_conf_t *conf = ap_get_module_config(r->per_dir_config, &chat_module);
    const char *handler;
    if (r->main || claim_of(r) || !conf->dialects)
        return DECLINED;
    handler = handler_of(r);
    if (!handler || strcmp(handler, CHAT_HANDLER))
        return DECLINED;
    for (int i = 0; i < conf->dialects->nelts; i++)
        chat_mask_line(r, APR_ARRAY_IDX(conf->dialects, i, const chat_dialect_t *));
    /* the scoreboard has a copy */
    ap_update_child_status(r->connection->sbh, SERVER_BUSY_WRITE, r);
    return OK;
}

int chat_map_claimed(const request_rec *r)
{
    return claim_of(r) != NULL;
}

int chat_map_serves(int *status, request_rec *r, const char *handler)
{
    *status = DECLINED;
    if (!r->handler || strcmp(r->handler, handler))
        return 0;
    *status = HTTP_NOT_FOUND;
    if (!chat_map_claimed(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CHAT0163: SetHandler %s may stand only in <Location>", handler);
        return 0;
    }
    *status = HTTP_METHOD_NOT_ALLOWED;
    r->allowed |= AP_METHOD_BIT << M_GET;
    return r->method_number == M_GET;
}

int chat_map_storage(request_rec *r)
{
    return claim_of(r) ? OK : DECLINED;
}

/* The handler is set here and not earlier: a SetHandler of the owner's is later and wins,
 * and modules that fill in for an absent handler (FallbackResource) stay out. */
int chat_map_type(request_rec *r)
{
    if (!claim_of(r))
        return DECLINED;
    r->handler = claim_of(r)->handler;
    return OK;
}

int chat_map_log(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_claim_t found = {0};
    if (host && !r->proxyreq && r->uri && r->status >= HTTP_BAD_REQUEST &&
        !apr_table_get(r->subprocess_env, "CHAT_PATH") &&
        !chat_mounts_realtime(host, r->uri) &&
        chat_mounts_find(&found, host->mounts, r->uri, r->pool))
        chat_map_name(r, &found);
    return DECLINED;
}

/* ---- a real directory ---- */

static const char *uri_before(const request_rec *r, const char *path)
{
    apr_size_t len = strlen(path), all = strlen(r->uri);
    if (all < len || strcmp(r->uri + all - len, path))
        return "";
    return apr_pstrmemdup(r->pool, r->uri, all - len);
}

static const chat_claim_t *claim_directory(request_rec *r, const chat_dir_conf_t *conf)
{
    chat_mount_t mount = {.hidden = CHAT_ROUTE_ADMIN};
    const char *file = apr_pstrcat(r->pool, r->filename, r->path_info, NULL);
    apr_size_t len = strlen(conf->dir) - 1; /* without the slash at its end */
    chat_claim_t *claim = apr_pcalloc(r->pool, sizeof(*claim));
    if (strncmp(file, conf->dir, len) || (file[len] && file[len] != '/'))
        return NULL;
    for (int i = 0; i < conf->dialects->nelts; i++)
        mount.dialects[i] = APR_ARRAY_IDX(conf->dialects, i, const chat_dialect_t *);
    if (!chat_mounts_route(claim, &mount, file[len] ? file + len : "/", 1))
        return NULL;
    claim->mount = uri_before(r, claim->path);
    chat_map_name(r, claim);
    return claim;
}

const chat_claim_t *chat_map_claim(int *status, request_rec *r)
{
    const chat_dir_conf_t *conf = ap_get_module_config(r->per_dir_config, &chat_module);
    const chat_server_conf_t *server = chat_config_server(r->server);
    const chat_claim_t *claim = claim_of(r);
    *status = OK;
    if (claim)
        return claim->dialect ? claim : NULL;
    if (!server->host) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CHAT0150: SetHandler chat: this host has no ChatEngine On");
        *status = HTTP_INTERNAL_SERVER_ERROR;
        return NULL;
    }
    if (!conf->dialects) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CHAT0151: SetHandler chat: no ChatAPI DIALECT applies here");
        *status = HTTP_INTERNAL_SERVER_ERROR;
        return NULL;
    }
    return claim_directory(r, conf);
}
