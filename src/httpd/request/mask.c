/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in request lines: Kinglet's documents put session ids into paths and queries.
 */
#include "httpd/request/mask.h"

#include "core/secrets.h"
#include "httpd/config/config.h"
#include "httpd/config/mounts.h"
#include "httpd/site.h"

#include <httpd.h>
#include <apr_lib.h>
#include <apr_strings.h>

static void fill(char *p, const char *end)
{
    while (p < end)
        *p++ = '*';
}

static int is_secret(const char *name, apr_size_t len)
{
    static const char *const names[] = {"session_id",      "sessionid",    "token",
                                        "password",        "old_password", "new_password",
                                        "verify_password", "csrf"};
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strlen(names[i]) == len && !strncasecmp(names[i], name, len))
            return 1;
    }
    return 0;
}

static void mask_query(char *p, char *end)
{
    while (p < end) {
        char *stop = memchr(p, '&', (apr_size_t)(end - p));
        char *equals;
        stop = stop ? stop : end;
        equals = memchr(p, '=', (apr_size_t)(stop - p));
        if (equals && is_secret(p, (apr_size_t)(equals - p)))
            fill(equals + 1, stop);
        p = stop + 1;
    }
}

/* Segments that are shaped like a session's id or an activation's. */
static void mask_path(char *p, const char *end)
{
    while (p < end) {
        char *from = p;
        while (p < end && apr_isalnum(*p))
            p++;
        if (p - from == CHAT_DIGEST_LEN && (p == end || *p == '/'))
            fill(from, p);
        while (p < end && *p++ != '/')
            continue;
    }
}

void chat_mask_line(request_rec *r, const chat_dialect_t *dialect)
{
    char *line = apr_pstrdup(r->pool, r->the_request), *end, *query;
    char *target = strchr(line, ' ');
    if (!target)
        return;
    end = strrchr(line, ' ');
    end = end > target ? end : line + strlen(line);
    query = memchr(target, '?', (apr_size_t)(end - target));
    if (query)
        mask_query(query + 1, end);
    if (dialect->id == CHAT_KINGLET)
        mask_path(target + 1, query ? query : end);
    /* a log shows the line of the request that was redirected */
    for (; r; r = r->prev)
        r->the_request = line;
}

int chat_mask_request(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_claim_t claim = {0};
    if (host && !r->proxyreq && r->the_request && r->parsed_uri.path &&
        chat_mounts_find(&claim, host->mounts, r->parsed_uri.path, r->pool))
        chat_mask_line(r, claim.dialect);
    return DECLINED;
}
