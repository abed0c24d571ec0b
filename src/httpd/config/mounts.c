/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes of a virtual host: built from ChatAPI, looked up for each request. */
#include "httpd/config/mounts.h"

#include "api/dialects.h"

#include <apr_strings.h>

static chat_mount_t *mount_at(apr_array_header_t *mounts, const char *prefix)
{
    chat_mount_t *mount;
    for (int i = 0; i < mounts->nelts; i++) {
        mount = &APR_ARRAY_IDX(mounts, i, chat_mount_t);
        if (!strcmp(mount->prefix, prefix))
            return mount;
    }
    mount = apr_array_push(mounts);
    memset(mount, 0, sizeof(*mount));
    mount->prefix = prefix;
    mount->len = strlen(prefix);
    return mount;
}

/* Two dialects may share a prefix, but not a path and a method below it. */
static const char *overlap(const chat_dialect_t *a, const chat_dialect_t *b)
{
    const chat_route_t *x, *y;
    for (x = a->routes; x->path; x++) {
        for (y = b->routes; y->path; y++) {
            if ((x->methods & y->methods) && !strcmp(x->path, y->path))
                return x->path;
        }
    }
    return NULL;
}

static const char *mount_add(chat_mount_t *mount, const chat_dialect_t *dialect,
                             apr_pool_t *pool)
{
    const char *shown = *mount->prefix ? mount->prefix : "/";
    const char *path;
    int i;
    for (i = 0; mount->dialects[i]; i++) {
        if (mount->dialects[i] == dialect) {
            return apr_psprintf(pool, "ChatAPI %s %s is given twice", dialect->name,
                                shown);
        }
        path = overlap(mount->dialects[i], dialect);
        if (path) {
            return apr_psprintf(pool,
                                "ChatAPI %s and ChatAPI %s collide at %s: both answer "
                                "%s%s; give one of them another prefix",
                                mount->dialects[i]->name, dialect->name, shown,
                                mount->prefix, path);
        }
    }
    mount->dialects[i] = dialect;
    return NULL;
}

static int longer_first(const void *a, const void *b)
{
    const chat_mount_t *x = a, *y = b;
    return x->len < y->len ? 1 : x->len > y->len ? -1 : strcmp(x->prefix, y->prefix);
}

apr_array_header_t *chat_mounts_build(const char **why, const chat_server_conf_t *conf,
                                      apr_pool_t *pool)
{
    apr_array_header_t *mounts =
        apr_array_make(pool, CHAT_DIALECTS, sizeof(chat_mount_t));
    *why = NULL;
    for (int d = 0; chat_dialects[d]; d++) {
        const chat_dialect_t *dialect = chat_dialects[d];
        int named = 0;
        for (int i = 0; conf->prefixes && i < conf->prefixes->nelts; i++) {
            const chat_prefix_t *p = &APR_ARRAY_IDX(conf->prefixes, i, chat_prefix_t);
            if (p->dialect != dialect)
                continue;
            named = 1;
            if (!p->prefix || *why)
                continue;
            mount_at(mounts, p->prefix)->whole = *p->prefix != 0;
            *why = mount_add(mount_at(mounts, p->prefix), dialect, pool);
        }
        if (!named && dialect->default_prefix && !*why)
            *why = mount_add(mount_at(mounts, dialect->default_prefix), dialect, pool);
    }
    for (int i = 0; i < mounts->nelts; i++) {
        APR_ARRAY_IDX(mounts, i, chat_mount_t).hidden =
            conf->admin == 1 ? 0 : CHAT_ROUTE_ADMIN;
    }
    qsort(mounts->elts, (apr_size_t)mounts->nelts, sizeof(chat_mount_t), longer_first);
    return mounts;
}

int chat_mounts_route(chat_claim_t *out, const chat_mount_t *mount, const char *path,
                      int exclusive)
{
    const chat_dialect_t *const *dialects = mount->dialects;
    out->path = path;
    for (int i = 0; dialects[i]; i++) {
        out->dialect = dialects[i];
        out->route = chat_api_route(dialects[i], path);
        if (out->route && !(out->route->flags & mount->hidden))
            return 1;
        out->route = NULL;
    }
    return exclusive;
}

/* Doubled slashes are merged here for hosts with MergeSlashes Off. */
static const char *merge_slashes(const char *path, apr_pool_t *pool)
{
    char *merged, *to;
    if (!strstr(path, "//"))
        return path;
    merged = to = apr_pstrdup(pool, path);
    for (; *path; path++) {
        if (path[0] != '/' || path[1] != '/')
            *to++ = *path;
    }
    *to = '\0';
    return merged;
}

int chat_mounts_find(chat_claim_t *out, const apr_array_header_t *mounts,
                     const char *path, apr_pool_t *pool)
{
    if (*path != '/')
        return 0;
    path = merge_slashes(path, pool);
    for (int i = 0; i < mounts->nelts; i++) {
        const chat_mount_t *mount = &APR_ARRAY_IDX(mounts, i, chat_mount_t);
        const char *rest = path + mount->len;
        if (strncmp(path, mount->prefix, mount->len) || (*rest && *rest != '/'))
            continue;
        if (chat_mounts_route(out, mount, *rest ? rest : "/", mount->whole)) {
            out->mount = mount->prefix;
            out->shared = !mount->whole;
            out->handler = CHAT_HANDLER;
            return 1;
        }
    }
    return 0;
}

int chat_mounts_realtime(const chat_host_t *host, const char *path)
{
    apr_size_t len = strlen(host->realtime_path) - 1; /* without the trailing slash */
    if (host->way == CHAT_WAY_OFF || strncmp(path, host->realtime_path, len))
        return 0;
    return !path[len] || (path[len] == '/' && (!path[len + 1] || host->realtime_whole));
}
