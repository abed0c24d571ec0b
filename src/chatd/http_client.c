/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the HTTP socket: which site and address a proxy brings, which pages may. */
#include "chatd/http_client.h"

#include "base/origin.h"
#include "wire/intake.h"
#include "wire/proof.h"

#include <apr_strings.h>
#include <string.h>

/* The site whose name the Host header has; the first one when none fits. */
static unsigned site_of_host(const chatd_t *d, const rt_http_request *request)
{
    rt_span host = rt_http_find(request, "Host");
    const char *port = host.at ? memchr(host.at, ':', host.len) : NULL;
    if (port)
        host.len = (size_t)(port - host.at);
    for (unsigned i = 0; host.at && i < d->site_count; i++) {
        if (rt_span_is_nocase(host,
                              APR_ARRAY_IDX(d->conf.sites, i, chat_wire_site_t).name))
            return i;
    }
    return 0;
}

int chatd_proven(const chatd_t *d, unsigned *site, char *text, const char *purpose)
{
    return chat_proof_site(site, text) && *site < d->site_count &&
           (!chatd_site_ready(d->sites[*site]) ||
            chat_proof_check(text, purpose, &d->sites[*site]->site.secret));
}

typedef struct brought_t {
    unsigned site;
    int tls;
    const char *address;
} brought_t;

/* The module's header, "SITE TLS ADDRESS ?QUERY PROOF". The query counts, and not the one
 * of the request: mod_proxy before 2.4.60 loses that. TEXT is a copy of SHOWN. */
static int read_brought(brought_t *out, const chatd_t *d, rt_conn *conn, rt_span shown,
                        char *text)
{
    char *last, *tls, *query;
    if (!chatd_proven(d, &out->site, text, CHAT_PROOF_CLIENT))
        return 0;
    apr_strtok(text, " ", &last);
    tls = apr_strtok(NULL, " ", &last);
    out->address = apr_strtok(NULL, " ", &last);
    query = apr_strtok(NULL, " ", &last);
    if (!query || *query != '?')
        return 0;
    out->tls = *tls == '1';
    query++;
    rt_conn_set_query(conn, (rt_span){shown.at + (query - text), strlen(query)});
    return 1;
}

/* After a ProxyPass line by hand mod_proxy's header has the address, last of its list. */
static void read_forwarded(brought_t *out, const chatd_t *d,
                           const rt_http_request *request)
{
    rt_span forwarded = rt_http_find(request, "X-Forwarded-For");
    const char *text = apr_pstrmemdup(d->scratch, forwarded.at ? forwarded.at : "",
                                      forwarded.at ? forwarded.len : 0);
    const char *comma = strrchr(text, ',');
    out->site = site_of_host(d, request);
    out->address = comma ? comma + 1 + strspn(comma + 1, " ") : text;
}

void chatd_look_behind_proxy(chatd_t *d, rt_conn *conn, const rt_http_request *request)
{
    rt_span shown = rt_http_find(request, CHAT_INTAKE_CLIENT_HEADER);
    brought_t b = {.tls = 0};
    rt_client *client;
    if (strcmp(rt_conn_client(conn)->address, RT_ADDRESS_UNIX) != 0)
        return;
    if (!shown.at || !read_brought(&b, d, conn, shown,
                                   apr_pstrmemdup(d->scratch, shown.at, shown.len)))
        read_forwarded(&b, d, request);
    client = rt_client_create(rt_server_peers(d->server),
                              *b.address ? b.address : RT_ADDRESS_UNIX, b.site, b.tls);
    client->tag = CHATD_TAG_PROXIED;
    rt_conn_set_client(conn, client);
    apr_pool_clear(d->scratch);
}

int chatd_origin_allowed(void *app, const rt_client *client,
                         const rt_http_request *request, const char *origin)
{
    chatd_t *d = app;
    const chatd_site_t *site =
        client->vhost < d->site_count ? d->sites[client->vhost] : NULL;
    rt_span host = rt_http_find(request, "Host");
    int allowed =
        site && chat_origin_allowed(
                    origin, apr_pstrmemdup(d->scratch, host.at ? host.at : "", host.len),
                    site->conf->origins, d->scratch);
    apr_pool_clear(d->scratch);
    return allowed;
}
