/* SPDX-License-Identifier: Apache-2.0 */
/* One site: its database, its Socket.IO endpoint, its chatrooms. */
#include "base/bounds.h"
#include "base/thread.h"
#include "chatd/nodes.h"
#include "core/call.h"
#include "core/networks.h"
#include "outbox/worker.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long an event waits without a hint (another machine, the tool, a lost hint). */
#define POLL_MS 400
/* The same while the database does not answer, and between attempts to open it. */
#define RETRY_MS 1000
/* A client whose session ended has this long to fetch the reason and close the connection
 * itself. */
#define LEAVE_TIMEOUT_MS 10000

static void feed_told(rt_defer *defer)
{
    chatd_site_t *site = rt_container(defer, chatd_site_t, feed);
    chatd_room_t *room;
    size_t i = 0;
    while (chatd_site_ready(site) &&
           (room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        if (room->told)
            chatd_room_feed(room);
    }
    apr_pool_clear(site->daemon->scratch);
}

void chatd_site_news(chatd_site_t *site, apr_int64_t id)
{
    chatd_room_t *room = id ? chatd_room_find(site, id) : NULL;
    if (!room || !chatd_site_ready(site))
        return;
    room->told = 1;
    rt_defer_call(site->daemon->loop, &site->feed, feed_told);
}

void chatd_site_hint(chatd_site_t *site, apr_int64_t id)
{
    chatd_site_t *other;
    if (id == CHAT_HINT_OUTBOX) {
        chatd_outbox_hint(site);
        return;
    }
    for (unsigned i = 0; (other = chatd_site_sharing(site, &i));)
        chatd_site_news(other, id);
    chatd_nodes_news(site, id);
}

static void try_again(chatd_site_t *site);

/* Progress is a number, never a time: clocks of several machines differ. */
static apr_status_t read_heads(chat_tx_t *tx, void *baton)
{
    chatd_site_t *site = baton;
    apr_pool_t *pool = site->daemon->scratch;
    apr_status_t rv = APR_SUCCESS;
    chatd_room_t *room;
    chat_room_t row;
    size_t i = 0;
    if (!site->rooms.used)
        return chat_room_by_id(&row, tx, site->settings.room, pool);
    while (rv == APR_SUCCESS && (room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        rv = chat_room_by_id(&row, tx, room->id, pool);
        if (rv == APR_SUCCESS)
            room->head = row.last_number;
    }
    return rv;
}

/* Rooms that could not be read the last time are first: they show whether the database
 * answers. */
static void look_for_news(chatd_site_t *site)
{
    chatd_room_t *room;
    size_t i = 0;
    int waiting = 0;
    while ((room = chatd_int_map_next(&site->rooms, &i, NULL))) {
        chat_store_listen(site->site.store, room->id);
        waiting += room->told && !room->rest;
    }
    if (!waiting && (site->rooms.used || site->failing))
        chatd_site_away(site, chat_store_read(site->site.store, read_heads, site));
    for (i = 0; (room = chatd_int_map_next(&site->rooms, &i, NULL));) {
        if (room->told || room->head > room->last)
            chatd_site_news(site, room->id);
        else if (!site->failing)
            room->fed = apr_time_now();
    }
}

/* What happens to a database is logged once, for the first of its sites. */
static int is_first(const chatd_site_t *site)
{
    unsigned i = 0;
    const chatd_site_t *first = chatd_site_sharing(site, &i);
    return !first || first == site; /* NULL: it is being created */
}

/* What its clients know is of the old files: they come again when the site is open. */
static void close_moved(chatd_site_t *site)
{
    if (is_first(site))
        chat_log(&site->daemon->log, CHAT_LOG_ERROR, 743, APR_SUCCESS,
                 "%s: the database's files were deleted or replaced; no realtime events, "
                 "new clients get 503, chatd opens it again",
                 site->conf->name);
    site->site.store = NULL;
    site->site.networks = NULL;
    site->unopened = 1;
    if (site->sio)
        rt_sio_shutdown(site->sio);
    apr_pool_destroy(site->opened);
    site->opened = NULL;
}

static void poll_site(rt_timer *timer)
{
    chatd_site_t *site = rt_container(timer, chatd_site_t, poll);
    uint64_t now = rt_loop_now(site->daemon->loop);
    if (chatd_site_ready(site) && now - site->looked >= RETRY_MS) {
        site->looked = now;
        if (chat_store_moved(site->site.store))
            close_moved(site);
    }
    if (chatd_site_ready(site)) {
        look_for_news(site);
        chatd_networks_look(site);
    }
    else
        try_again(site);
    apr_pool_clear(site->daemon->scratch);
    rt_timer_set(site->daemon->loop, &site->poll,
                 chatd_site_ready(site) && !site->failing ? POLL_MS : RETRY_MS);
}

static void session_ended(void *app, const rt_client *client, const rt_session_end *end)
{
    chatd_site_t *site = app;
    site->daemon->metrics.sessions_ended[end->reason]++;
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
    config.auth_timeout = CHAT_LOGIN_MS;
    config.connect_timeout = LEAVE_TIMEOUT_MS;
    config.eio.ping_interval = (unsigned)site->conf->ping_interval;
    config.eio.ping_timeout = (unsigned)site->conf->ping_timeout;
    config.eio.strangers_per_peer = CHAT_STRANGERS_PER_ADDRESS;
    config.eio.revision_3 = 1;
    site->sio = rt_sio_create(site->daemon->server, &config);
    site->space = rt_space_create(site->sio, "/", &chatd_chat_ops);
}

/* An attempt to open a site, in a thread when the loop has clients already: a database
 * that is silent must not keep the loop. */
struct chatd_opening_t {
    chatd_site_t *site;
    apr_pool_t *pool;
    chat_store_t *store;
    chat_secret_t secret;
    const char *why;
    apr_status_t rv;
    rt_watch done; /* an eventfd */
    pthread_t thread;
};

static void open_site(struct chatd_opening_t *o)
{
    const chatd_site_t *site = o->site;
    o->why = "its secret cannot be read";
    o->rv = chat_secret_load(&o->secret, site->conf->secret, o->pool);
    if (o->rv == APR_SUCCESS)
        o->rv = chat_store_open(&o->store, &o->why, &site->database, &site->site.log,
                                o->pool);
    if (o->rv == APR_SUCCESS)
        o->rv = chat_store_limit_time(o->store, o->pool);
}

static void *open_in_thread(void *data)
{
    struct chatd_opening_t *o = data;
    open_site(o);
    eventfd_write(o->done.fd, 1);
    return NULL;
}

/* The pool of an attempt that worked is the site's for good. */
static void opened(struct chatd_opening_t *o)
{
    chatd_site_t *site = o->site;
    chat_log_t *log = &site->daemon->log;
    if (o->rv == APR_SUCCESS) {
        site->site.store = o->store;
        site->site.secret = o->secret;
        site->site.networks = chat_network_cache_create(o->pool);
        site->opened = o->pool;
        if (site->unopened && is_first(site))
            chat_log(log, CHAT_LOG_NOTICE, 740, APR_SUCCESS,
                     "%s: the database is open; realtime begins", site->conf->name);
    }
    else if (!site->unopened && is_first(site)) {
        chat_log(log, CHAT_LOG_ERROR, 702, o->rv,
                 "%s: no realtime events, new clients get 503, chatd tries again: %s",
                 site->conf->name, o->why);
    }
    site->unopened = o->rv != APR_SUCCESS;
    if (site->unopened)
        apr_pool_destroy(o->pool);
    free(o);
}

static void thread_done(rt_watch *watch, uint32_t events)
{
    struct chatd_opening_t *o = rt_container(watch, struct chatd_opening_t, done);
    chatd_site_t *site = o->site;
    (void)events;
    rt_watch_stop(site->daemon->loop, watch);
    pthread_join(o->thread, NULL);
    close(watch->fd);
    site->opening = NULL;
    opened(o);
    if (chatd_site_ready(site))
        chatd_outbox_create(site);
}

static struct chatd_opening_t *begin_opening(chatd_site_t *site)
{
    struct chatd_opening_t *o = rt_alloc(sizeof(*o));
    o->site = site;
    apr_pool_create(&o->pool, NULL);
    return o;
}

static void try_again(chatd_site_t *site)
{
    struct chatd_opening_t *o;
    int fd;
    if (site->opening || (fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return;
    o = begin_opening(site);
    o->done.ready = thread_done;
    if (rt_watch_start(site->daemon->loop, &o->done, fd, EPOLLIN) != 0 ||
        chat_thread_start(&o->thread, open_in_thread, o) != 0) {
        rt_watch_stop(site->daemon->loop, &o->done);
        close(fd);
        apr_pool_destroy(o->pool);
        free(o);
        return;
    }
    site->opening = o;
}

chatd_site_t *chatd_site_create(chatd_t *d, unsigned number, const chat_wire_site_t *conf)
{
    apr_pool_t *pool;
    chatd_site_t *site;
    struct chatd_opening_t *o;
    apr_pool_create(&pool, d->pool);
    site = apr_pcalloc(pool, sizeof(*site));
    site->daemon = d;
    site->number = number;
    site->conf = conf;
    site->pool = pool;
    site->site.log = d->log;
    site->settings.room = conf->room;
    o = begin_opening(site);
    o->rv =
        chat_database_parse(&site->database, &o->why, conf->driver, conf->params, pool);
    if (o->rv == APR_SUCCESS)
        open_site(o);
    opened(o);
    if (strcmp(conf->path, CHAT_WIRE_NO_PATH) != 0)
        create_endpoint(site);
    chatd_counts_create(site);
    site->poll.fire = poll_site;
    rt_timer_set(d->loop, &site->poll, POLL_MS);
    return site;
}

void chatd_site_shutdown(chatd_site_t *site)
{
    rt_timer_clear(&site->poll);
    if (site->opening)
        thread_done(&site->opening->done, 0);
    if (site->outbox)
        chat_worker_halt(site->outbox);
    chatd_marks_halt(site);
    if (site->sio)
        rt_sio_shutdown(site->sio);
}

void chatd_site_destroy(chatd_site_t *site)
{
    chatd_outbox_destroy(site);
    chatd_marks_destroy(site);
    if (site->sio)
        rt_sio_destroy(site->sio);
    chatd_rooms_free(site);
    if (site->opened)
        apr_pool_destroy(site->opened);
    apr_pool_destroy(site->pool);
}
