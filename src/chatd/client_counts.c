/* SPDX-License-Identifier: Apache-2.0 */
/* How many clients a site has, for whoever has the site's secret: see base/intake.h. */
#include "chatd/chatd.h"
#include "wire/intake.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* The decimal number at *AT, which moves behind it; 0 when there is none. */
static int64_t next_number(const char **at, const char *end)
{
    int64_t n = 0;
    while (*at < end && **at >= '0' && **at <= '9' && n < INT64_MAX / 10 - 1)
        n = n * 10 + (*(*at)++ - '0');
    return n;
}

static unsigned sockets_of_room(const chatd_site_t *site, int64_t id)
{
    const chatd_room_t *room = id ? chatd_int_map_get(&site->rooms, id) : NULL;
    return room ? room->users : 0;
}

static unsigned sockets_of_account(const chatd_room_t *room, int64_t id)
{
    const chatd_member_t *m = room && id ? chatd_int_map_get(&room->members, id) : NULL;
    unsigned n = 0;
    for (const rt_list *l = m ? m->users.next : NULL; l && l != &m->users; l = l->next)
        n++;
    return n;
}

static void write_counts(rt_text *out, const chatd_site_t *site, rt_span room_text,
                         rt_span ids)
{
    const char *at = room_text.at, *end = ids.at + ids.len;
    int64_t room = at ? next_number(&at, at + room_text.len) : 0;
    const chatd_room_t *in = room ? chatd_int_map_get(&site->rooms, room) : NULL;
    unsigned n = 0;
    rt_text_puts(out, ",\"of\":[");
    for (at = ids.at; at && at < end; at++) {
        int64_t id = next_number(&at, end);
        if (n++)
            rt_text_putc(out, ',');
        rt_text_number(out,
                       room ? sockets_of_account(in, id) : sockets_of_room(site, id));
        if (at < end && *at != ',')
            break;
    }
    rt_text_puts(out, "]}");
}

static void write_member(rt_text *out, const char *before, unsigned n)
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

static void answer(rt_endpoint *endpoint, rt_conn *conn, const rt_http_request *request)
{
    const chatd_site_t *site = rt_container(endpoint, chatd_site_t, counts);
    const rt_eio_stats none = {.sessions = 0};
    const rt_eio_stats *stats = site->sio ? rt_sio_counts(site->sio) : &none;
    rt_text body = {0};
    write_member(&body, "{\"total\":", stats->sessions);
    write_member(&body, ",\"websockets\":", stats->websockets);
    write_member(&body, ",\"strangers\":", stats->strangers);
    write_counts(&body, site, rt_http_param(request, "room"),
                 rt_http_param(request, "ids"));
    rt_conn_respond(
        conn, &(rt_answer){
                  .status = 200, .type = "application/json", .body = &body, .close = 1});
}

void chatd_counts_create(chatd_site_t *site)
{
    site->counts = (rt_endpoint){head, answer};
}

/* "SITE PROOF". */
static chatd_site_t *proven(const chatd_t *d, const char *shown, const char *query)
{
    char *proof, hash[CHAT_HASH_SIZE];
    unsigned long number = strtoul(shown, &proof, 10);
    const char *text;
    if (proof == shown || *proof != ' ' || number >= d->site_count || !d->sites[number])
        return NULL;
    text = apr_psprintf(d->scratch, "%lu %s", number, query);
    chat_hash_keyed(hash, &d->sites[number]->site.secret, CHAT_INTAKE_COUNTS, text,
                    strlen(text));
    return chat_equal_secret(hash, proof + 1) ? d->sites[number] : NULL;
}

rt_endpoint *chatd_counts_route(chatd_t *d, const rt_conn *conn,
                                const rt_http_request *request)
{
    rt_span shown = rt_http_find(request, "X-Chat-Counts");
    chatd_site_t *site = NULL;
    if (!rt_span_is(request->path, CHAT_INTAKE_COUNTS_PATH) || !shown.at ||
        request->query.len > CHAT_INTAKE_COUNTS_MAX ||
        strcmp(rt_conn_client(conn)->address, RT_ADDRESS_UNIX) != 0)
        return NULL;
    site = proven(d, apr_pstrmemdup(d->scratch, shown.at, shown.len),
                  apr_pstrmemdup(d->scratch, request->query.at, request->query.len));
    apr_pool_clear(d->scratch);
    return site ? &site->counts : NULL;
}
