/* SPDX-License-Identifier: Apache-2.0 */
/* The names under which a private httpd is reached: a request for another one was brought
 * here by DNS rebinding or by a proxy that was not named. */
#include "serve_names.h"

#include <apr_strings.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int chatctl_is_loopback(const char *address)
{
    return !strncmp(address, "127.", 4) || !strcmp(address, "::1") ||
           !strcasecmp(address, "localhost");
}

static int is_wildcard(const char *address)
{
    return !strcmp(address, "0.0.0.0") || !strcmp(address, "::") || !strcmp(address, "*");
}

/* ADDRESS in the form of a URL. */
static const char *bracketed(const char *address, apr_pool_t *pool)
{
    return strchr(address, ':') ? apr_pstrcat(pool, "[", address, "]", NULL) : address;
}

/* The addresses of the machine but link-local ones, in the order of its interfaces. */
static apr_array_header_t *addresses(apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 8, sizeof(const char *));
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return list;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        socklen_t len =
            family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        char text[NI_MAXHOST];
        if ((family == AF_INET || family == AF_INET6) &&
            !getnameinfo(i->ifa_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) &&
            !strchr(text, '%'))
            APR_ARRAY_PUSH(list, const char *) = apr_pstrdup(pool, text);
    }
    freeifaddrs(all);
    return list;
}

const char *chatctl_serve_names(const chatctl_serve_t *s)
{
    apr_array_header_t *names = apr_array_make(s->pool, 16, sizeof(const char *));
    char host[256] = "";
    APR_ARRAY_PUSH(names, const char *) = "localhost";
    APR_ARRAY_PUSH(names, const char *) = "127.0.0.1";
    APR_ARRAY_PUSH(names, const char *) = "::1";
    if (is_wildcard(s->bind)) {
        const apr_array_header_t *list = addresses(s->pool);
        for (int i = 0; i < list->nelts; i++)
            APR_ARRAY_PUSH(names, const char *) = APR_ARRAY_IDX(list, i, const char *);
        if (!gethostname(host, sizeof(host) - 1) && *host)
            APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(s->pool, host);
    }
    else {
        APR_ARRAY_PUSH(names, const char *) = s->bind;
    }
    for (int i = 0; s->hosts && i < s->hosts->nelts; i++)
        APR_ARRAY_PUSH(names, const char *) = APR_ARRAY_IDX(s->hosts, i, const char *);
    return apr_array_pstrcat(s->pool, names, ' ');
}

const char *chatctl_serve_address(const chatctl_serve_t *s)
{
    int six = !strcmp(s->bind, "::");
    const apr_array_header_t *list;
    if (!is_wildcard(s->bind))
        return bracketed(s->bind, s->pool);
    list = addresses(s->pool);
    for (int i = 0; i < list->nelts; i++) {
        const char *address = APR_ARRAY_IDX(list, i, const char *);
        if (!chatctl_is_loopback(address) && six == !!strchr(address, ':'))
            return bracketed(address, s->pool);
    }
    return six ? "[::1]" : "127.0.0.1";
}
