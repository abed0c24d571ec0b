/* SPDX-License-Identifier: Apache-2.0 */
/* Units of work on connections of a source. */
#include "store/store.h"

#include "base/clock.h"
#include "base/crypt.h"
#include "store/breaker.h"
#include "store/chatroom_counter.h"
#include "store/db.h"
#include "store/db_pgsql.h"
#include "store/db_sqlite.h"
#include "store/kept.h"
#include "store/probe.h"
#include "store/queue.h"
#include "store/store_log.h"
#include "store/writer.h"

#include <apr_strings.h>
#include <errno.h>
#include <sys/stat.h>

/* How often a unit runs at most. */
#define RUNS 3
/* How long a unit waits for a server that is not known to answer, and how much of that
 * must be left when it connects again. */
#define PATIENCE apr_time_from_msec(2500)
#define CONNECT apr_time_from_sec(2)
/* How long it waits for a connection to become free. */
#define FREE_WAIT apr_time_from_sec(2)
/* How long a unit waits for others to share its transaction with. */
#define SHARE_WAIT apr_time_from_msec(300)

struct chat_store_t {
    chat_database_t database;
    chat_source_t source;
    chat_store_log_t log;
    chat_metrics_t *metrics;      /* NULL: nothing is counted */
    chat_writer_queue_t *queue;   /* SQLite only */
    struct stat file;             /* ... as it was found */
    apr_int64_t changed;          /* ... when its content was looked at */
    chat_kept_t *kept;            /* PostgreSQL only */
    apr_uint64_t commits, told;   /* ...; its own; chat_store_news; atomic */
    chat_breaker_t breaker;       /* ... */
    chat_queue_t appends;         /* ... */
    chat_watchdog_t *watchdog;    /* ... and only where units are limited in time */
    chat_probe_t *probe;          /* ... */
    pthread_key_t request;        /* ... apr_interval_time_t * */
    apr_interval_time_t patience; /* ... of the latest connection; atomic */
};

apr_status_t chat_store_create(chat_store_t **out, const chat_database_t *database,
                               const chat_source_t *source, const chat_log_t *log,
                               apr_pool_t *pool)
{
    chat_store_t *store = apr_pcalloc(pool, sizeof(*store));
    store->database = *database;
    store->source = *source;
    store->log = (chat_store_log_t){.log = log, .breaker = !database->file};
    *out = store;
    if (!database->file) {
        store->kept = chat_kept_create(NULL, pool);
        chat_breaker_init(&store->breaker);
        chat_queue_init(&store->appends, pool);
        return APR_SUCCESS;
    }
    if (stat(database->file, &store->file) != 0)
        return errno;
    return chat_writer_create(&store->queue, database->file, &store->source, &store->log,
                              pool);
}

apr_status_t chat_store_open(chat_store_t **out, const char **why,
                             const chat_database_t *database, const chat_log_t *log,
                             apr_pool_t *pool)
{
    chat_source_t source;
    apr_status_t rv = chat_source_single(&source, database, why, pool);
    if (rv != APR_SUCCESS)
        return rv;
    *why = "its lock file cannot be used";
    return chat_store_create(out, database, &source, log, pool);
}

void chat_store_count(chat_store_t *store, chat_metrics_t *metrics)
{
    store->metrics = metrics;
    if (store->queue)
        chat_writer_count(store->queue, metrics);
}

static chat_breaker_news_t news_of(apr_status_t rv)
{
    return rv == CHAT_LOST   ? CHAT_BREAKER_LOST
           : rv == CHAT_BUSY ? CHAT_BREAKER_NOTHING
                             : CHAT_BREAKER_WELL;
}

static void tell_breaker(chat_store_t *store, apr_status_t rv, const char *why)
{
    int change = chat_breaker_tell(&store->breaker, news_of(rv), apr_time_now());
    if (rv == CHAT_LOST && store->probe)
        chat_probe_begin(store->probe);
    if (!change)
        return;
    if (rv == CHAT_LOST)
        chat_log(store->log.log, CHAT_LOG_ERROR, 207, APR_SUCCESS,
                 "the database does not answer: %s", why);
    else
        chat_log(store->log.log, CHAT_LOG_NOTICE, 208, APR_SUCCESS,
                 "the database answers again");
}

static void is_back(void *baton)
{
    tell_breaker(baton, APR_SUCCESS, NULL);
}

static apr_status_t delete_key(void *data)
{
    chat_store_t *store = data;
    pthread_key_delete(store->request);
    return APR_SUCCESS;
}

apr_status_t chat_store_limit_time(chat_store_t *store, apr_pool_t *pool)
{
    chat_probe_task_t task = {
        .database = &store->database, .back = is_back, .baton = store};
    apr_status_t rv;
    if (store->database.file)
        return APR_SUCCESS;
    rv = pthread_key_create(&store->request, NULL);
    if (rv)
        return rv;
    apr_pool_cleanup_register(pool, store, delete_key, apr_pool_cleanup_null);
    store->patience = PATIENCE;
    rv = chat_watchdog_create(&store->watchdog, pool);
    task.dog = store->watchdog;
    return rv == APR_SUCCESS ? chat_probe_create(&store->probe, &task, pool) : rv;
}

void chat_store_share_time(chat_store_t *store, apr_interval_time_t *taken)
{
    if (!store->watchdog)
        return;
    if (taken)
        *taken = 0;
    pthread_setspecific(store->request, taken);
}

/* What the units of this thread's request have taken together. */
static apr_interval_time_t *time_of_request(const chat_store_t *store)
{
    return store->watchdog ? pthread_getspecific(store->request) : NULL;
}

/* When the time of a unit of this thread begins that starts now: earlier, if others of
 * its request have taken some. */
static apr_time_t time_begins(const chat_store_t *store)
{
    const apr_interval_time_t *taken = time_of_request(store);
    return chat_clock_steady() - (taken ? *taken : 0);
}

int chat_store_shared(const chat_store_t *store)
{
    return !store->database.file;
}

int chat_store_lost(chat_store_t *store, unsigned *losses)
{
    *losses = chat_breaker_losses(&store->breaker);
    return !store->database.file && chat_breaker_open(&store->breaker);
}

static apr_int64_t change_of(const struct stat *st)
{
    return (apr_int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

/* Checkpoints and others change the file; whose content it has now takes a connection. */
static void look_at_content(chat_store_t *store, const struct stat *now)
{
    apr_int64_t changed = change_of(now);
    const chat_source_t *source = &store->source;
    const char *why;
    chat_db_t *db;
    void *lease;
    apr_status_t rv;
    if (__atomic_load_n(&store->changed, __ATOMIC_RELAXED) == changed)
        return;
    rv = source->acquire(&db, &lease, FREE_WAIT, source->baton);
    if (rv == CHAT_LOST && chat_sqlite_judge(store->database.file, &why) != APR_SUCCESS)
        chat_writer_set_moved(store->queue);
    if (rv != APR_SUCCESS)
        return;
    chat_writer_look(store->queue, db);
    source->release(lease, source->baton);
    __atomic_store_n(&store->changed, changed, __ATOMIC_RELAXED);
}

int chat_store_moved(chat_store_t *store)
{
    struct stat now;
    if (!store->queue)
        return 0;
    if (stat(store->database.file, &now) != 0 || now.st_ino != store->file.st_ino ||
        now.st_dev != store->file.st_dev)
        chat_writer_set_moved(store->queue);
    else
        look_at_content(store, &now);
    return chat_writer_moved(store->queue);
}

apr_status_t chat_db_refresh(chat_db_t *db, unsigned serial)
{
    apr_status_t rv = APR_SUCCESS;
    if (db->serial != serial)
        rv = db->engine->revive(db);
    if (rv == APR_SUCCESS)
        db->serial = serial;
    return rv;
}

/* *ENDED: the commit was asked for, so a loss of the connection leaves its fate open. */
static apr_status_t run_unit(chat_tx_t *tx, chat_work_fn work, void *baton, int *ended)
{
    chat_db_t *db = tx->db;
    apr_status_t rv = chat_tx_begin(tx);
    apr_status_t end = CHAT_BUG;
    *ended = 0;
    if (rv == APR_SUCCESS)
        rv = work(tx, baton);
    if (rv == APR_SUCCESS)
        rv = chat_tx_flush(tx);
    /* a unit that was refused read what it needed: only writes have to be undone */
    if (rv == APR_SUCCESS || (!tx->writing && rv == CHAT_REFUSED)) {
        *ended = 1;
        end = chat_tx_commit(tx);
        rv = rv == APR_SUCCESS ? end : rv;
    }
    if (end != APR_SUCCESS)
        db->engine->reset(db);
    return rv;
}

static void watch(chat_tx_t *tx, apr_interval_time_t patience)
{
    chat_watchdog_disarm(tx->store->watchdog, &tx->db->watch);
    chat_watchdog_arm(tx->store->watchdog, &tx->db->watch, chat_pgsql_socket(tx->db),
                      tx->since + patience);
}

/* Limits the time of the unit on a connection that was just got or made. */
static apr_status_t limit_time(chat_tx_t *tx)
{
    apr_interval_time_t *latest = &tx->store->patience;
    apr_interval_time_t known = __atomic_load_n(latest, __ATOMIC_RELAXED);
    apr_status_t rv;
    if (!tx->store->watchdog)
        return APR_SUCCESS;
    watch(tx, known);
    rv = chat_pgsql_limit(tx->db);
    if (rv != APR_SUCCESS || tx->db->patience == known)
        return rv;
    __atomic_store_n(latest, tx->db->patience, __ATOMIC_RELAXED);
    watch(tx, tx->db->patience);
    return APR_SUCCESS;
}

/* What is left of the time of TX's unit. */
static apr_interval_time_t time_left(const chat_tx_t *tx)
{
    return tx->since + __atomic_load_n(&tx->store->patience, __ATOMIC_RELAXED) -
           chat_clock_steady();
}

static int revive(chat_tx_t *tx)
{
    if (tx->store->watchdog && time_left(tx) < CONNECT)
        return 0;
    return tx->db->engine->revive(tx->db) == APR_SUCCESS && limit_time(tx) == APR_SUCCESS;
}

/* Whether the unit that ended with RV may run once more. With several writers at a time
 * it can meet a key that another one inserted after it looked. */
static int run_again(chat_tx_t *tx, apr_status_t rv, int ended)
{
    chat_db_t *db = tx->db;
    if (rv == CHAT_LOST)
        return (!tx->writing || !ended) && revive(tx);
    return db->engine->retries_conflicts &&
           ((rv == CHAT_CONFLICT && tx->writing) || (rv == CHAT_BUSY && db->again));
}

/* Up to 25 ms, so that units that met once do not meet again. */
static void pause_randomly(void)
{
    unsigned char random;
    chat_random_bytes(&random, sizeof(random));
    apr_sleep(100 * random);
}

/* Whether units that shared a transaction, which failed with RV, may succeed without each
 * other. Where the database is at fault it is so for all. */
static int run_apart(const chat_tx_t *tx, apr_status_t rv)
{
    return tx->shared && rv != CHAT_LOST && rv != CHAT_BUSY && rv != CHAT_FULL;
}

static apr_status_t run_on(chat_store_t *store, chat_tx_t *tx, chat_work_fn work,
                           void *baton)
{
    chat_db_t *db = tx->db;
    int tries = RUNS, ended;
    apr_status_t rv;
    do {
        tx->rooms_used = tx->posted = 0;
        tx->posts = NULL;
        rv = run_unit(tx, work, baton, &ended);
        if (db->scratch)
            apr_pool_clear(db->scratch);
        if (rv == CHAT_BUSY)
            pause_randomly();
    } while (CHAT_IS_FAILURE(rv) && --tries && run_again(tx, rv, ended));
    if (rv == APR_SUCCESS && tx->writing)
        __atomic_add_fetch(&store->commits, 1, __ATOMIC_RELEASE);
    if (CHAT_IS_FAILURE(rv) && rv != CHAT_NOTFOUND && !run_apart(tx, rv))
        chat_store_failed(&store->log, db, rv);
    return rv;
}

/* RV: what a unit that began at BEGAN ended with. */
static apr_status_t counted(const chat_store_t *store, int writing, apr_time_t began,
                            apr_status_t rv)
{
    static const apr_status_t failures[] = {CHAT_BUSY, CHAT_FULL, CHAT_LOST, CHAT_BROKEN};
    chat_metrics_t *metrics = store->metrics;
    apr_interval_time_t took = chat_clock_steady() - began;
    apr_interval_time_t *taken = time_of_request(store);
    apr_size_t i = 0;
    if (taken)
        *taken += took;
    if (writing)
        CHAT_OBSERVE(metrics, database_write, TIME, 0, took);
    else
        CHAT_OBSERVE(metrics, database_read, TIME, 0, took);
    if (!CHAT_IS_FAILURE(rv) || rv == CHAT_NOTFOUND || rv == CHAT_CONFLICT)
        return rv;
    while (i < sizeof(failures) / sizeof(*failures) && failures[i] != rv)
        i++;
    CHAT_COUNT(metrics, database_failures, i);
    return rv;
}

/* Reports RV, which the unit on TX's connection ended with, to the breaker, and returns
 * what the caller gets. The others learn of a loss before the connection goes back, which
 * may take time. */
static apr_status_t let_go(chat_tx_t *tx, apr_status_t rv)
{
    chat_store_t *store = tx->store;
    const char *why = "it cannot be reached";
    unsigned losses;
    if (tx->db && store->watchdog)
        chat_watchdog_disarm(store->watchdog, &tx->db->watch);
    if (tx->db && rv == CHAT_LOST)
        why = tx->db->watch.ended ? "it was silent for too long" : tx->db->error;
    if (!store->database.file)
        tell_breaker(store, rv, why);
    if (tx->db)
        store->source.release(tx->lease, store->source.baton);
    return rv == CHAT_BUSY && chat_store_lost(store, &losses) ? CHAT_LOST : rv;
}

/* Where there is a probe, no request has to find out whether the database is back. */
static int may_ask(chat_store_t *store)
{
    if (store->database.file)
        return 1;
    return store->probe ? !chat_breaker_open(&store->breaker)
                        : chat_breaker_pass(&store->breaker, apr_time_now());
}

static apr_status_t get_connection(chat_tx_t *tx)
{
    chat_store_t *store = tx->store;
    apr_interval_time_t wait = FREE_WAIT;
    apr_status_t rv;
    tx->started = chat_clock_steady();
    if (!tx->since)
        tx->since = time_begins(store);
    if (store->watchdog && time_left(tx) < wait)
        wait = time_left(tx);
    if (wait <= 0)
        return CHAT_BUSY;
    if (!tx->kept)
        tx->kept = store->queue ? chat_writer_kept(store->queue) : store->kept;
    if (!may_ask(store))
        return CHAT_LOST;
    rv = store->source.acquire(&tx->db, &tx->lease, wait, store->source.baton);
    CHAT_OBSERVE(store->metrics, database_wait, TIME, 0,
                 chat_clock_steady() - tx->started);
    if (rv == APR_SUCCESS)
        rv = limit_time(tx);
    /* the last unit lost a connection of our own, and no attempt has made another; libpq
     * may take two to find that one is closed: the first reads the server's last words */
    for (int tries = RUNS; rv == CHAT_LOST && tx->db && --tries;)
        rv = revive(tx) ? APR_SUCCESS : CHAT_LOST;
    return rv == APR_SUCCESS ? rv : let_go(tx, rv);
}

static apr_status_t begin_late(chat_tx_t *tx)
{
    int tries = RUNS;
    apr_status_t rv = get_connection(tx);
    if (rv != APR_SUCCESS) {
        tx->db = NULL;
        return rv;
    }
    do
        rv = chat_tx_begin(tx);
    while (CHAT_IS_FAILURE(rv) && --tries && run_again(tx, rv, 0));
    return rv;
}

apr_status_t chat_store_begin(chat_tx_t **out, chat_store_t *store, apr_pool_t *pool)
{
    chat_tx_t *tx = apr_pcalloc(pool, sizeof(*tx));
    apr_status_t rv = APR_SUCCESS;
    *out = tx;
    tx->store = store;
    tx->log = &store->log;
    tx->pool = pool;
    tx->started = chat_clock_steady();
    tx->connect = begin_late;
    if (store->queue) {
        tx->kept = chat_writer_kept(store->queue);
        chat_kept_begin(tx);
    }
    else
        rv = begin_late(tx);
    return rv;
}

apr_status_t chat_store_end(chat_tx_t *tx, apr_status_t rv)
{
    apr_status_t end = CHAT_BUG;
    if (!tx->db)
        return counted(tx->store, 0, tx->started, rv);
    if (rv == APR_SUCCESS || rv == CHAT_REFUSED)
        end = chat_tx_commit(tx);
    if (end != APR_SUCCESS)
        tx->db->engine->reset(tx->db);
    if (tx->db->scratch)
        apr_pool_clear(tx->db->scratch);
    rv = rv == APR_SUCCESS ? end : rv;
    if (CHAT_IS_FAILURE(rv) && rv != CHAT_NOTFOUND)
        chat_store_failed(tx->log, tx->db, rv);
    return counted(tx->store, 0, tx->started, let_go(tx, rv));
}

static apr_status_t with_connection(chat_tx_t *tx, chat_work_fn work, void *baton)
{
    apr_status_t rv = get_connection(tx);
    if (rv == APR_SUCCESS)
        rv = let_go(tx, run_on(tx->store, tx, work, baton));
    return rv;
}

apr_status_t chat_store_read(chat_store_t *store, chat_work_fn work, void *baton)
{
    chat_tx_t tx = {.store = store, .log = &store->log};
    apr_status_t rv = with_connection(&tx, work, baton);
    return counted(store, 0, tx.started, rv);
}

static apr_status_t write_alone(chat_store_t *store, apr_time_t since, chat_work_fn work,
                                void *baton)
{
    chat_tx_t tx = {.store = store, .log = &store->log, .writing = 1, .since = since};
    return with_connection(&tx, work, baton);
}

apr_status_t chat_store_write(chat_store_t *store, chat_work_fn work, void *baton)
{
    apr_time_t began = chat_clock_steady();
    return counted(store, 1, began,
                   store->queue ? chat_writer_run(store->queue, work, baton)
                                : write_alone(store, 0, work, baton));
}

/* One that failed without having written anything only fails alone. */
static apr_status_t run_jobs(chat_tx_t *tx, void *baton)
{
    for (chat_job_t *job = baton; job; job = job->next) {
        apr_uint32_t written = tx->db->written;
        chat_tx_t before = *tx;
        job->rv = job->work(tx, job->baton);
        if (job->rv == APR_SUCCESS)
            continue;
        if (tx->db->tx_failed)
            return job->rv;
        if (tx->db->written != written || tx->rooms_used != before.rooms_used)
            return CHAT_APART;
        *tx = before;
    }
    return APR_SUCCESS;
}

static apr_status_t append_group(chat_store_t *store, chat_job_t *list)
{
    chat_tx_t tx = {.store = store, .log = &store->log, .writing = 1, .shared = 1};
    apr_status_t rv;
    for (chat_job_t *job = list; job; job = job->next)
        tx.since = tx.since && tx.since < job->since ? tx.since : job->since;
    rv = with_connection(&tx, run_jobs, list);
    return rv != APR_SUCCESS && run_apart(&tx, rv) ? CHAT_APART : rv;
}

static void lead(chat_store_t *store)
{
    chat_job_t *list = chat_queue_take(&store->appends);
    apr_status_t rv;
    CHAT_OBSERVE(store->metrics, write_group, SIZE, 0, chat_job_count(list));
    if (list->next) {
        rv = append_group(store, list);
        if (rv != APR_SUCCESS)
            chat_job_fail_all(list, rv);
    }
    else {
        list->rv = write_alone(store, list->since, list->work, list->baton);
    }
    chat_queue_pass(&store->appends);
    chat_job_answer(list);
}

static apr_status_t append(chat_store_t *store, chat_work_fn work, void *baton)
{
    chat_job_t job = {.work = work, .baton = baton, .since = time_begins(store)};
    apr_status_t rv;
    if (chat_queue_join(&store->appends, &job, SHARE_WAIT))
        lead(store);
    rv = chat_job_end(&job);
    return rv == CHAT_APART || job.state == CHAT_JOB_WAITS
               ? write_alone(store, job.since, work, baton)
               : rv;
}

apr_status_t chat_store_append(chat_store_t *store, chat_work_fn work, void *baton)
{
    apr_time_t began = chat_clock_steady();
    return counted(store, 1, began,
                   store->queue ? chat_writer_run(store->queue, work, baton)
                                : append(store, work, baton));
}

/* Nothing is written, so there is nothing to commit. */
static apr_status_t settle(chat_tx_t *tx, void *baton)
{
    apr_status_t rv = APR_SUCCESS;
    if (!tx->db->engine->one_writer)
        rv = chat_room_hold(tx, baton);
    return rv == APR_SUCCESS ? CHAT_REFUSED : rv;
}

apr_status_t chat_store_settle(chat_store_t *store, const char *room_uuid)
{
    apr_status_t rv;
    if (store->queue && chat_writer_idle(store->queue))
        return APR_SUCCESS;
    /* in line behind the writer, and done with its commit */
    rv = chat_store_write(store, settle, (void *)room_uuid);
    return rv == CHAT_REFUSED ? APR_SUCCESS : rv;
}

apr_uint64_t chat_store_epoch(const chat_store_t *store, apr_int64_t room)
{
    return store->queue ? chat_shared_epoch(chat_writer_shared(store->queue), room) : 0;
}

apr_uint64_t chat_store_texts(const chat_tx_t *tx)
{
    return tx->texts % 2 ? 0 : tx->texts;
}

void chat_store_listen(chat_store_t *store, apr_int64_t room)
{
    if (store->queue)
        chat_shared_listen(chat_writer_shared(store->queue), room);
}

int chat_store_news(chat_store_t *store, apr_int64_t room)
{
    apr_uint64_t now;
    if (store->queue)
        return chat_shared_news(chat_writer_shared(store->queue), room);
    now = __atomic_load_n(&store->commits, __ATOMIC_ACQUIRE) ^ (apr_uint64_t)room << 32;
    return __atomic_exchange_n(&store->told, now, __ATOMIC_ACQ_REL) != now;
}
