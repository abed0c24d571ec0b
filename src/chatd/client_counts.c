/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for requests with a site's proof, clients of it and metrics: see wire/intake.h.
 */
#include "chatd/http_client.h"
#include "chatd/nodes.h"
#include "wire/intake.h"
#include "wire/proof.h"

#include <apr_strings.h>
#include <string.h>

/* The decimal number at *AT, which moves past it and past one separator; 0 when there is
 * no number. */
static int64_t next_number(const char **at, const char *end)
{
    int64_t n = 0;
    while (*at < end && **at >= '0' && **at <= '9' && n < INT64_MAX / 10 - 1)
        n = n * 10 + (*(*at)++ - '0');
    *at += *at < end;
    return n;
}

static int64_t sockets_of_room(const chatd_site_t *site, int64_t id)
{
    const chatd_room_t *room = id ? chatd_int_map_get(&site->rooms, id) : NULL;
    return (room ? room->users : 0) + (id ? chatd_nodes_room(site, id) : 0);
}

/* An account that is not shown as offline yet has one. */
static int64_t sockets_of_account(const chatd_site_t *site, const chatd_room_t *room,
                                  int64_t id)
{
    const chatd_member_t *m = room && id ? chatd_int_map_get(&room->members, id) : NULL;
    int64_t n = (m ? m->user_count : 0) + (id ? chatd_nodes_sockets(site, id) : 0);
    return m && !n ? 1 : n;
}

/* SHOWN is "SITE ROOM ID,ID,... PROOF". */
static void write_counts(rt_text *out, const chatd_site_t *site, rt_span shown)
{
    const char *at = shown.at, *end = at + shown.len, *proof = end;
    const chatd_room_t *in;
    int64_t room;
    unsigned n = 0;
    while (proof > at && proof[-1] != ' ')
        proof--;
    next_number(&at, proof); /* the site's */
    room = next_number(&at, proof);
    in = room ? chatd_int_map_get(&site->rooms, room) : NULL;
    rt_text_puts(out, ",\"of\":[");
    while (at < proof && *at >= '0' && *at <= '9') {
        int64_t id = next_number(&at, proof);
        if (n++)
            rt_text_putc(out, ',');
        rt_text_number(out, room ? sockets_of_account(site, in, id)
                                 : sockets_of_room(site, id));
    }
    rt_text_puts(out, "]}");
}

static void write_member(rt_text *out, const char *before, int64_t n)
{
    rt_text_puts(out, before);
    rt_text_number(out, n);
}

static long head(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request)
{
    (void)endpoint;
    if (rt_span_is(request->method, "GET") && !request->has_body)
        return 0;
    rt_conn_refuse(conn, 405, "Method Not Allowed");
    return -1;
}

/* ---- metrics ---- */

static void count_conn(void *data, rt_conn *conn)
{
    chat_metrics_t *m = data;
    const rt_client *client = rt_conn_client(conn);
    int carrier = client->relayed                    ? CHAT_CARRIER_RELAY
                  : conn->stream.tls                 ? CHAT_CARRIER_TLS
                  : client->tag == CHATD_TAG_PROXIED ? CHAT_CARRIER_PROXY
                                                     : CHAT_CARRIER_SOCKET;
    /* httpd's own questions */
    if (carrier != CHAT_CARRIER_SOCKET || strcmp(client->address, RT_ADDRESS_UNIX) != 0)
        m->sockets[carrier]++;
}

static void count_site(chat_metrics_t *m, const chatd_site_t *site)
{
    const rt_eio_stats *stats = site->sio ? rt_sio_counts(site->sio) : NULL;
    const chatd_room_t *room;
    size_t i = 0;
    if (stats) {
        m->sessions[0] += stats->websockets;
        m->sessions[1] += stats->sessions - stats->websockets;
        m->strangers[0] += stats->strangers;
    }
    m->nodes[0] += site->nodes.used;
    while ((room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        m->rooms[0]++;
        m->members[0] += room->members.used;
        m->events_behind[0] +=
            room->head > room->last ? (apr_uint64_t)(room->head - room->last) : 0;
    }
}

static void clear_gauges(chat_metrics_t *all)
{
    for (const chat_metric_t *m = chat_metric_table; m->member; m++) {
        if (m->kind == CHAT_METRIC_GAUGE)
            memset((apr_uint64_t *)all + m->first, 0,
                   sizeof(apr_uint64_t) * (size_t)chat_metric_values(m));
    }
}

static void write_metrics(rt_text *out, chatd_t *d)
{
    const char *before = "{\"cells\":[";
    clear_gauges(&d->metrics);
    rt_server_each(d->server, count_conn, &d->metrics);
    for (unsigned i = 0; i < d->site_count; i++)
        count_site(&d->metrics, d->sites[i]);
    for (const chat_metric_t *m = chat_metric_table; m->member; m++) {
        const apr_uint64_t *cells = (const apr_uint64_t *)&d->metrics + m->first;
        int n =
            m->place == CHAT_IN_CHATD ? chat_metric_values(m) * chat_metric_cells(m) : 0;
        for (int i = 0; i < n; i++, before = ",")
            write_member(out, before,
                         (int64_t)__atomic_load_n(&cells[i], __ATOMIC_RELAXED));
    }
    rt_text_puts(out, "]}");
}

/* ---- answers ---- */

static void write_clients(rt_text *body, const chatd_site_t *site,
                          const rt_http_request *request)
{
    const rt_eio_stats none = {.sessions = 0};
    const rt_eio_stats *stats = site->sio ? rt_sio_counts(site->sio) : &none;
    int64_t counts[CHATD_COUNTS] = {stats->sessions, stats->websockets, stats->strangers};
    chatd_nodes_count(counts, site);
    write_member(body, "{\"total\":", counts[0]);
    write_member(body, ",\"websockets\":", counts[1]);
    write_member(body, ",\"strangers\":", counts[2]);
    write_counts(body, site, rt_http_find(request, CHAT_INTAKE_COUNTS_HEADER));
}

static void answer(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request)
{
    const chatd_site_t *site = rt_container(endpoint, chatd_site_t, counts);
    rt_text body = {0};
    if (rt_span_is(request->path, CHAT_INTAKE_METRICS_PATH))
        write_metrics(&body, site->daemon);
    else
        write_clients(&body, site, request);
    rt_conn_respond(
        conn, &(rt_answer){
                  .status = 200, .type = "application/json", .body = &body, .close = 1});
}

void chatd_counts_create(chatd_site_t *site)
{
    site->counts = (rt_endpoint){head, answer};
}

rt_endpoint *chatd_counts_route(chatd_t *d, const rt_conn *conn,
                                const rt_http_request *request)
{
    rt_span shown = rt_http_find(request, CHAT_INTAKE_COUNTS_HEADER);
    unsigned site;
    int proven;
    if ((!rt_span_is(request->path, CHAT_INTAKE_COUNTS_PATH) &&
         !rt_span_is(request->path, CHAT_INTAKE_METRICS_PATH)) ||
        !shown.at || strcmp(rt_conn_client(conn)->address, RT_ADDRESS_UNIX) != 0)
        return NULL;
    proven = chatd_proven(d, &site, apr_pstrmemdup(d->scratch, shown.at, shown.len),
                          CHAT_PROOF_COUNTS);
    apr_pool_clear(d->scratch);
    return proven && chatd_site_ready(d->sites[site]) ? &d->sites[site]->counts : NULL;
}
