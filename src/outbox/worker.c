/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that delivers the outbox of one database: claims, attempts, back-off. */
#include "outbox/worker.h"

#include "base/clock.h"
#include "base/thread.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SENDERS_MAX 8
#define HEADS_MAX 256
/* Targets whose turns are remembered; then all begin again. */
#define TURNS_MAX 4096
#define LOOK_MS 1000
#define GRACE apr_time_from_sec(2)
/* Longer than any delivery: two requests, or a program's 60 seconds. */
#define LEASE apr_time_from_sec(90)
#define BACKOFF_MAX 300 /* seconds */

typedef struct channel_t {
    chat_sender_t sender;
    int flying;
    chat_delivery_t *first; /* of those under way */
    apr_pool_t *memory;     /* of turns */
    apr_hash_t *turns;      /* target -> apr_int64_t: the account that was served last */
    int failing;            /* logged once as a warning */
} channel_t;

struct chat_worker_t {
    apr_pool_t *pool, *scratch;
    const char *name, *lock_file;
    chat_metrics_t *metrics;
    chat_log_t log;
    chat_store_t *store;
    chat_http_t *http;
    channel_t channels[SENDERS_MAX];
    int channel_count;
    int flying;
    chat_delivery_t *ended;
    apr_time_t looked;
    int failing; /* the database: logged once */
    int lock_fd;
    pthread_t thread;
    int running;
    /* shared with other threads */
    int woken, stopping;
};

apr_interval_time_t chat_worker_backoff(apr_int64_t attempt, unsigned random)
{
    int seconds = chat_clock_backoff(attempt < 1 ? 1 : attempt, BACKOFF_MAX);
    apr_interval_time_t half = apr_time_from_sec(seconds) / 2;
    /* jitter: what failed together is not repeated together */
    return half + (apr_interval_time_t)(random % 1024) * half / 1023;
}

static int flag(const int *of)
{
    return __atomic_load_n(of, __ATOMIC_ACQUIRE);
}

static int usable(chat_worker_t *w, apr_status_t rv)
{
    if (rv != APR_SUCCESS && !w->failing)
        chat_log(&w->log, CHAT_LOG_ERROR, 801, rv,
                 "%s: cannot read or write the outbox; retrying every second", w->name);
    if (rv == APR_SUCCESS && w->failing)
        chat_log(&w->log, CHAT_LOG_NOTICE, 802, APR_SUCCESS,
                 "%s: the outbox is usable again", w->name);
    w->failing = rv != APR_SUCCESS;
    return rv == APR_SUCCESS;
}

/* ---- the end of an attempt ---- */

static channel_t *channel_of(chat_worker_t *w, chat_outbox_kind_t kind)
{
    channel_t *c = w->channels;
    while (c->sender.kind != kind)
        c++;
    return c;
}

static void give_up(chat_worker_t *w, chat_outbox_item_t *o, apr_time_t now)
{
    o->state = CHAT_OUTBOX_GIVEN_UP;
    o->done = now;
    chat_log(&w->log, CHAT_LOG_WARNING, 803, APR_SUCCESS,
             "%s: giving up on outbox item %" APR_INT64_T_FMT ": %s", w->name, o->id,
             o->reason);
}

/* The first failure of a kind is a warning; more of the same do not fill the log. */
static void try_again(chat_worker_t *w, chat_outbox_item_t *o, apr_time_t now, int held)
{
    channel_t *c = channel_of(w, o->kind);
    int warn = !held && !c->failing;
    apr_time_t next;
    unsigned random;
    chat_random_bytes(&random, sizeof(random));
    next = now + chat_worker_backoff(o->attempts, random);
    if (held)
        o->attempts--;
    else if (o->next < next)
        o->next = next;
    c->failing |= warn;
    chat_log(&w->log, warn ? CHAT_LOG_WARNING : CHAT_LOG_INFO, 804, APR_SUCCESS,
             "%s: outbox item %" APR_INT64_T_FMT ": next attempt in %d s: %s", w->name,
             o->id, (int)apr_time_sec(o->next - now), o->reason);
}

static void count(const chat_worker_t *w, const chat_outbox_item_t *o)
{
    int outcome = o->state == CHAT_OUTBOX_DELIVERED  ? CHAT_DELIVERY_DONE
                  : o->state == CHAT_OUTBOX_GIVEN_UP ? CHAT_DELIVERY_GIVEN_UP
                                                     : CHAT_DELIVERY_RETRIED;
    CHAT_COUNT(w->metrics, deliveries, (o->kind == CHAT_OUTBOX_MAIL ? 3 : 0) + outcome);
}

void chat_delivery_end(chat_delivery_t *d, chat_outcome_t outcome, apr_time_t not_before,
                       const char *reason)
{
    chat_worker_t *w = d->worker;
    chat_outbox_item_t *o = &d->item;
    chat_delivery_t **link;
    apr_time_t now = apr_time_now();
    o->reason = reason ? apr_pstrdup(d->pool, reason) : NULL;
    o->next = not_before > now ? not_before : now;
    if (outcome == CHAT_OUTCOME_DELIVERED) {
        channel_of(w, o->kind)->failing = 0;
        o->state = CHAT_OUTBOX_DELIVERED;
        o->done = now;
    }
    else if (outcome == CHAT_OUTCOME_REFUSED || now - o->created >= CHAT_WORKER_GIVE_UP) {
        give_up(w, o, now);
    }
    else {
        try_again(w, o, now, outcome == CHAT_OUTCOME_HELD);
    }
    count(w, o);
    for (link = &channel_of(w, o->kind)->first; *link != d; link = &(*link)->next)
        continue;
    *link = d->next;
    d->next = w->ended;
    w->ended = d;
    w->flying--;
    channel_of(w, o->kind)->flying--;
}

static apr_status_t write_ends(chat_tx_t *tx, void *baton)
{
    chat_worker_t *w = baton;
    apr_status_t rv = APR_SUCCESS;
    for (chat_delivery_t *d = w->ended; d && rv == APR_SUCCESS; d = d->next)
        rv = chat_outbox_finish(tx, &d->item, d->claim);
    return rv;
}

/* Until the results are written no item is claimed: leases run, and memory is finite. */
static int settle(chat_worker_t *w)
{
    if (!w->ended)
        return 1;
    if (!usable(w, chat_store_write(w->store, write_ends, w)))
        return 0;
    while (w->ended) {
        chat_delivery_t *d = w->ended;
        w->ended = d->next;
        apr_pool_destroy(d->pool);
    }
    w->looked = 0;
    return 1;
}

/* ---- due items ---- */

typedef struct look_t {
    chat_worker_t *worker;
    channel_t *channel;
    chat_outbox_item_t *heads;
    int n;
    apr_time_t now;
    int claimed[CHAT_SENDER_MOST]; /* numbers of heads */
    int count;
} look_t;

static apr_status_t read_heads(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    return chat_outbox_heads(&l->heads, &l->n, tx, l->channel->sender.kind, l->now,
                             HEADS_MAX, l->worker->scratch);
}

static const char *target_of(const chat_outbox_item_t *o)
{
    return o->target ? o->target : "";
}

static int same_target(const chat_outbox_item_t *a, const chat_outbox_item_t *b)
{
    return !strcmp(target_of(a), target_of(b));
}

/* How long the account waits for its turn: those above the last one come first. */
static apr_uint64_t turn_of(const channel_t *c, const chat_outbox_item_t *o)
{
    const apr_int64_t *last = apr_hash_get(c->turns, target_of(o), APR_HASH_KEY_STRING);
    return (apr_uint64_t)o->account - (apr_uint64_t)(last ? *last : 0) - 1;
}

static void remember_turn(channel_t *c, const chat_outbox_item_t *o)
{
    apr_int64_t *last = apr_hash_get(c->turns, target_of(o), APR_HASH_KEY_STRING);
    if (!last) {
        if (apr_hash_count(c->turns) >= TURNS_MAX) {
            apr_pool_clear(c->memory);
            c->turns = apr_hash_make(c->memory);
        }
        last = apr_palloc(c->memory, sizeof(*last));
        apr_hash_set(c->turns, apr_pstrdup(c->memory, target_of(o)), APR_HASH_KEY_STRING,
                     last);
    }
    *last = o->account;
}

/* Whether head I may be sent now: its target is free, and it is its account's turn. */
static int is_free(const look_t *l, int i)
{
    const channel_t *c = l->channel;
    const chat_outbox_item_t *o = &l->heads[i];
    if (c->sender.free_at && c->sender.free_at(c->sender.baton, o) > l->now)
        return 0;
    for (const chat_delivery_t *d = c->first; d; d = d->next) {
        if (same_target(&d->item, o))
            return 0;
    }
    for (int j = 0; j < l->n; j++) {
        if (same_target(&l->heads[j], o) && turn_of(c, &l->heads[j]) < turn_of(c, o))
            return 0;
    }
    return 1;
}

static apr_status_t claim(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    int places = l->channel->sender.most - l->channel->flying;
    l->count = 0;
    for (int i = 0; i < l->n && l->count < places; i++) {
        apr_status_t rv;
        if (!is_free(l, i))
            continue;
        rv = chat_outbox_claim(tx, &l->heads[i], l->now, l->now + LEASE);
        if (rv == APR_SUCCESS)
            l->claimed[l->count++] = i;
        else if (rv != CHAT_NOTFOUND)
            return rv;
    }
    return APR_SUCCESS;
}

static const char *copy(apr_pool_t *pool, const char *text)
{
    return text ? apr_pstrdup(pool, text) : NULL;
}

static void launch(chat_worker_t *w, channel_t *c, const chat_outbox_item_t *head)
{
    apr_pool_t *pool;
    chat_delivery_t *d;
    apr_pool_create(&pool, w->pool);
    d = apr_pcalloc(pool, sizeof(*d));
    d->pool = pool;
    d->worker = w;
    d->item = *head;
    d->item.attempts++;
    d->claim = d->item.attempts;
    d->item.account_name = copy(pool, head->account_name);
    d->item.target = copy(pool, head->target);
    d->item.payload = copy(pool, head->payload);
    w->flying++;
    c->flying++;
    d->next = c->first;
    c->first = d;
    remember_turn(c, head);
    c->sender.start(c->sender.baton, d);
}

static int something_free(const look_t *l)
{
    for (int i = 0; i < l->n; i++) {
        if (is_free(l, i))
            return 1;
    }
    return 0;
}

static void look_for(chat_worker_t *w, channel_t *c)
{
    look_t l = {.worker = w, .channel = c, .now = apr_time_now()};
    if (!usable(w, chat_store_read(w->store, read_heads, &l)) || !something_free(&l))
        return;
    if (!usable(w, chat_store_write(w->store, claim, &l)))
        return;
    for (int i = 0; i < l.count; i++)
        launch(w, c, &l.heads[l.claimed[i]]);
}

static void look(chat_worker_t *w)
{
    apr_time_t now = apr_time_now();
    if (!__atomic_exchange_n(&w->woken, 0, __ATOMIC_ACQ_REL) &&
        now - w->looked < apr_time_from_msec(LOOK_MS) && now >= w->looked)
        return;
    w->looked = now;
    for (int i = 0; i < w->channel_count; i++) {
        channel_t *c = &w->channels[i];
        if (c->flying < c->sender.most)
            look_for(w, c);
    }
    apr_pool_clear(w->scratch);
}

/* ---- the thread ---- */

static apr_status_t release(chat_tx_t *tx, void *baton)
{
    apr_time_t *now = baton;
    return chat_outbox_release(tx, *now);
}

/* One worker per SQLite database. */
static int lock_outbox(chat_worker_t *w)
{
    apr_time_t now = apr_time_now();
    if (!w->lock_file)
        return 1;
    if (w->lock_fd < 0)
        w->lock_fd = open(w->lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (!usable(w, w->lock_fd < 0 ? errno : APR_SUCCESS) ||
        flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return 0;
    return usable(w, chat_store_write(w->store, release, &now));
}

/* Advances senders that do not use chat_http_t. Returns how long the loop may wait. */
static int advance(chat_worker_t *w)
{
    int wait = LOOK_MS / 4;
    for (int i = 0; i < w->channel_count; i++) {
        const chat_sender_t *s = &w->channels[i].sender;
        int soon = s->turn && w->channels[i].flying ? s->turn(s->baton) : 0;
        if (soon && soon < wait)
            wait = soon;
    }
    return wait;
}

static void *work(void *baton)
{
    chat_worker_t *w = baton;
    apr_time_t end = 0;
    while (!flag(&w->stopping) && !lock_outbox(w))
        chat_http_run(w->http, LOOK_MS);
    while (!flag(&w->stopping) || (w->flying && apr_time_now() < end)) {
        int wait = advance(w), settled = settle(w);
        if (settled && !flag(&w->stopping))
            look(w);
        if (flag(&w->stopping) && !end)
            end = apr_time_now() + GRACE;
        chat_http_run(w->http, w->ended && settled ? 0 : wait);
    }
    settle(w);
    return NULL;
}

/* ---- life ---- */

apr_status_t chat_worker_create(chat_worker_t **out, const char **why,
                                const chat_worker_config_t *config)
{
    chat_worker_t *w;
    apr_pool_t *pool;
    apr_status_t rv;
    *why = "out of memory";
    /* pools of one thread alone */
    rv = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    if (rv != APR_SUCCESS)
        return rv;
    w = apr_pcalloc(pool, sizeof(*w));
    w->pool = pool;
    apr_pool_create(&w->scratch, pool);
    w->name = apr_pstrdup(pool, config->name);
    w->metrics = config->metrics;
    w->log = config->log;
    w->lock_fd = -1;
    if (config->database->file)
        w->lock_file = apr_pstrcat(pool, config->database->file, ".outbox", NULL);
    rv = chat_store_open(&w->store, why, config->database, &w->log, pool);
    if (rv == APR_SUCCESS)
        rv = chat_http_create(&w->http, pool);
    if (rv == APR_SUCCESS)
        *out = w;
    else
        apr_pool_destroy(pool);
    return rv;
}

apr_pool_t *chat_worker_pool(chat_worker_t *w)
{
    return w->pool;
}

chat_http_t *chat_worker_http(chat_worker_t *w)
{
    return w->http;
}

void chat_worker_add(chat_worker_t *w, const chat_sender_t *sender)
{
    channel_t *c = &w->channels[w->channel_count];
    if (w->channel_count == SENDERS_MAX)
        return;
    w->channel_count++;
    c->sender = *sender;
    apr_pool_create(&c->memory, w->pool);
    c->turns = apr_hash_make(c->memory);
}

apr_status_t chat_worker_run(chat_worker_t *w)
{
    int rc = chat_thread_start(&w->thread, work, w);
    w->running = rc == 0;
    return rc;
}

void chat_worker_wake(chat_worker_t *w)
{
    __atomic_store_n(&w->woken, 1, __ATOMIC_RELEASE);
    chat_http_wake(w->http);
}

void chat_worker_halt(chat_worker_t *w)
{
    __atomic_store_n(&w->stopping, 1, __ATOMIC_RELEASE);
    chat_http_wake(w->http);
}

void chat_worker_stop(chat_worker_t *w)
{
    chat_worker_halt(w);
    if (w->running)
        pthread_join(w->thread, NULL);
    chat_http_destroy(w->http);
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    apr_pool_destroy(w->pool);
}
