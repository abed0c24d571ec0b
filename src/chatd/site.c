/* SPDX-License-Identifier: Apache-2.0 */
/* One site: its database, its Socket.IO endpoint, its chatrooms. */
#include "chatd/chatd.h"
#include "core/call.h"
#include "outbox/worker.h"

#include <apr_strings.h>
#include <string.h>

/* How long an event waits when no hint came (another machine, the tool, a lost hint). */
#define POLL_MS 400
/* Clocks of several web servers differ by less than this. */
#define OVERLAP_SECONDS 10
/* Sockets of one address that have not logged in: an office behind one address that comes
 * back all at once is in for some milliseconds each. */
#define STRANGERS_PER_ADDRESS 256
#define AUTH_TIMEOUT_MS 20000
/* A client that was told to go has this long to fetch why and hang up itself. */
#define LEAVE_TIMEOUT_MS 10000

void chatd_site_call(chat_call_t *out, chatd_site_t *site)
{
    memset(out, 0, sizeof(*out));
    out->pool = site->daemon->scratch;
    out->site = &site->site;
    out->settings = &site->settings;
    out->dialect = CHAT_BUTTON;
    out->room = site->settings.room;
    out->address = "";
    out->now = apr_time_now();
}

static void feed_told(rt_defer *defer)
{
    chatd_site_t *site = rt_container(defer, chatd_site_t, feed);
    chatd_room_t *room;
    size_t i = 0;
    while ((room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        if (room->told)
            chatd_room_feed(room);
    }
    apr_pool_clear(site->daemon->scratch);
}

static void tell(chatd_site_t *site, apr_int64_t id)
{
    chatd_room_t *room = chatd_room_find(site, id);
    if (!room)
        return;
    room->told = 1;
    rt_defer_call(site->daemon->loop, &site->feed, feed_told);
}

void chatd_site_hint(chatd_site_t *site, apr_int64_t id)
{
    chatd_t *d = site->daemon;
    if (id == CHAT_HINT_OUTBOX) {
        chatd_outbox_hint(site);
        return;
    }
    for (unsigned i = 0; i < d->site_count; i++) {
        if (d->sites[i] && chat_database_same(&d->sites[i]->database, &site->database))
            tell(d->sites[i], id);
    }
}

typedef struct heads_t {
    chat_head_t *list;
    int n;
    apr_time_t since;
    apr_pool_t *pool;
} heads_t;

static apr_status_t read_heads(chat_tx_t *tx, void *baton)
{
    heads_t *h = baton;
    return chat_event_heads(&h->list, &h->n, tx, h->since, h->pool);
}

/* Rooms whose news could not be read the last time. */
static void retry_rooms(chatd_site_t *site)
{
    chatd_room_t *room;
    size_t i = 0;
    while ((room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        if (room->told)
            tell(site, room->id);
    }
}

/* Looks for rooms with news; a room without listeners is nobody's business. */
static void poll_rooms(rt_timer *timer)
{
    chatd_site_t *site = rt_container(timer, chatd_site_t, poll);
    heads_t h = {.since = site->looked, .pool = site->daemon->scratch};
    apr_time_t now = apr_time_now();
    if (site->rooms.used &&
        chat_store_read(site->site.store, read_heads, &h) == APR_SUCCESS) {
        site->looked = now - apr_time_from_sec(OVERLAP_SECONDS);
        for (int i = 0; i < h.n; i++) {
            chatd_room_t *room = chatd_room_find(site, h.list[i].room);
            if (room && h.list[i].number > room->last)
                tell(site, room->id);
        }
    }
    retry_rooms(site);
    apr_pool_clear(site->daemon->scratch);
    rt_timer_set(site->daemon->loop, &site->poll, POLL_MS);
}

static void session_ended(void *app, const rt_client *client, const rt_session_end *end)
{
    chatd_site_t *site = app;
    chat_log(&site->daemon->log, CHAT_LOG_INFO, 705, APR_SUCCESS,
             "%s: session of %s ended after %" APR_UINT64_T_FMT
             " s: %s; %s, %u packets in, %u out",
             site->conf->name, client->address, (apr_uint64_t)(end->duration / 1000),
             rt_reason_text(end->reason), end->websocket ? "WebSocket" : "polling",
             end->packets_in, end->packets_out);
}

static void create_endpoint(chatd_site_t *site)
{
    rt_sio_config config = {.app = site, .ended = session_ended};
    config.auth_timeout = AUTH_TIMEOUT_MS;
    config.connect_timeout = LEAVE_TIMEOUT_MS;
    config.eio.ping_interval = (unsigned)site->conf->ping_interval;
    config.eio.ping_timeout = (unsigned)site->conf->ping_timeout;
    config.eio.strangers_per_peer = STRANGERS_PER_ADDRESS;
    config.eio.revision_3 = 1;
    site->sio = rt_sio_create(site->daemon->server, &config);
    site->space = rt_space_create(site->sio, "/", &chatd_chat_ops);
}

static apr_status_t open_database(chatd_site_t *site, const char **why)
{
    const chat_wire_site_t *conf = site->conf;
    apr_status_t rv =
        chat_database_parse(&site->database, why, conf->driver, conf->params, site->pool);
    if (rv == APR_SUCCESS)
        rv = chat_store_open(&site->site.store, why, &site->database, &site->site.log,
                             site->pool);
    if (rv == APR_SUCCESS) {
        *why = "its secret cannot be read";
        rv = chat_secret_load(&site->site.secret, conf->secret, site->pool);
    }
    return rv;
}

chatd_site_t *chatd_site_create(chatd_t *d, unsigned number, const chat_wire_site_t *conf)
{
    apr_pool_t *pool;
    chatd_site_t *site;
    const char *why = "no reason";
    apr_status_t rv;
    apr_pool_create(&pool, d->pool);
    site = apr_pcalloc(pool, sizeof(*site));
    site->daemon = d;
    site->number = number;
    site->conf = conf;
    site->pool = pool;
    site->site.log = d->log;
    chat_settings_default(&site->settings);
    site->settings.room = conf->room;
    rv = open_database(site, &why);
    if (rv != APR_SUCCESS) {
        chat_log(&d->log, CHAT_LOG_ERROR, 702, rv, "%s: no realtime events: %s",
                 conf->name, why);
        apr_pool_destroy(pool);
        return NULL;
    }
    if (strcmp(conf->path, CHAT_WIRE_NO_PATH) != 0)
        create_endpoint(site);
    chatd_counts_create(site);
    site->poll.fire = poll_rooms;
    rt_timer_set(d->loop, &site->poll, POLL_MS);
    return site;
}

void chatd_site_shutdown(chatd_site_t *site)
{
    rt_timer_clear(&site->poll);
    if (site->outbox)
        chat_worker_halt(site->outbox);
    if (site->sio)
        rt_sio_shutdown(site->sio);
}

void chatd_site_destroy(chatd_site_t *site)
{
    chatd_outbox_destroy(site);
    if (site->sio)
        rt_sio_destroy(site->sio);
    chatd_int_map_free(&site->rooms);
    apr_pool_destroy(site->pool);
}
