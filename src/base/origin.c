/* SPDX-License-Identifier: Apache-2.0 */
/* Origins of pages, compared by scheme, host and port. */
#include "base/origin.h"

#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

static const char *own_port(const char *scheme, apr_size_t len)
{
    if ((len == 5 && !strncmp(scheme, "https", 5)) ||
        (len == 3 && !strncmp(scheme, "wss", 3)))
        return ":443";
    if ((len == 4 && !strncmp(scheme, "http", 4)) ||
        (len == 2 && !strncmp(scheme, "ws", 2)))
        return ":80";
    return ":";
}

/* TEXT without END, or as it is. */
static const char *without(const char *text, const char *end, apr_pool_t *pool)
{
    apr_size_t len = strlen(text), n = strlen(end);
    return len > n && !strcmp(text + len - n, end) ? apr_pstrndup(pool, text, len - n)
                                                   : text;
}

/* A name or an address in brackets, then a port or none. */
static int is_host(const char *text)
{
    const char *end = text + strcspn(text, ":[]@ \t\\*,\"'<>");
    if (*text == '[') {
        end = text + 1 + strspn(text + 1, "0123456789abcdef:.");
        if (*end++ != ']' || end - text < 4)
            return 0;
    }
    return end > text &&
           (!*end || (*end == ':' && !end[1 + strspn(end + 1, "0123456789")]));
}

const char *chat_origin_canonical(const char *origin, apr_pool_t *pool)
{
    const char *text = chat_text_lower(origin, pool), *host;
    apr_size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
    if (!scheme || strncmp(text + scheme, "://", 3) != 0)
        return NULL;
    host = text + scheme + 3;
    text = apr_pstrndup(pool, text, scheme + 3 + strcspn(host, "/?#"));
    host = text + scheme + 3;
    if (!is_host(host))
        return NULL;
    return without(without(text, own_port(text, scheme), pool), ":", pool);
}

const char *chat_origin_listed(const char *origin, const apr_array_header_t *list,
                               apr_pool_t *pool)
{
    const char *canonical = chat_origin_canonical(origin, pool);
    for (int i = 0; canonical && list && i < list->nelts; i++) {
        const char *listed = APR_ARRAY_IDX(list, i, const char *);
        if (!strcmp(canonical, listed))
            return listed;
    }
    return NULL;
}

int chat_origin_allowed(const char *origin, const char *host,
                        const apr_array_header_t *list, apr_pool_t *pool)
{
    const char *canonical = chat_origin_canonical(origin, pool), *own;
    apr_size_t scheme = canonical ? strcspn(canonical, ":") : 0;
    if (!canonical || chat_origin_listed(origin, list, pool))
        return canonical != NULL;
    /* HOST as an origin of the same scheme */
    own = chat_origin_canonical(apr_pstrcat(pool, apr_pstrndup(pool, canonical, scheme),
                                            "://", host ? host : "", NULL),
                                pool);
    return own && !strcmp(canonical, own);
}
