/* SPDX-License-Identifier: Apache-2.0 */
/* A database from start to use: prepared by the parent, opened by each child, watched. */
#include "httpd/database.h"

#include "base/gate.h"
#include "base/thread.h"
#include "core/networks.h"
#include "httpd/log.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SLOTS_MAX 256
#define OPEN_WAIT apr_time_from_sec(1)
/* How long a child that ends waits for a thread that opens one. */
#define CLOSE_STEPS 100
#define CLOSE_STEP (10 * 1000)
/* ... and for each unit that is under way: longer than one may take. */
#define CLOSE_WAIT apr_time_from_sec(3)
#define LOOK_EVERY (apr_time_from_sec(1) / 2)

/* What all processes know of a database. */
struct chat_outage_t {
    apr_uint32_t said; /* the state of the file that was logged; 0: none */
    apr_uint32_t used; /* whether it could be used since this configuration was read */
};

/* A connection on loan, or the place for one. */
typedef struct slot_t {
    ap_dbd_t *dbd;    /* of an idle slot: kept while the database was lost */
    apr_pool_t *pool; /* of what mod_dbd allocates while it opens or checks one */
    struct slot_t *next;
} slot_t;

struct chat_slots_t {
    chat_gate_t *gate, *opening;
    int n;
    int ending;                /* the child ends: none is lent any more; atomic */
    apr_thread_mutex_t *mutex; /* guards what follows */
    slot_t *idle;
    unsigned refused; /* attempts to connect that failed; atomic */
};

static slot_t *slot_take(chat_slots_t *slots)
{
    slot_t *slot;
    apr_thread_mutex_lock(slots->mutex);
    slot = slots->idle;
    slots->idle = slot->next;
    apr_thread_mutex_unlock(slots->mutex);
    return slot;
}

static void slot_give(chat_slots_t *slots, slot_t *slot)
{
    apr_pool_clear(slot->pool);
    apr_thread_mutex_lock(slots->mutex);
    slot->next = slots->idle;
    slots->idle = slot;
    apr_thread_mutex_unlock(slots->mutex);
    chat_gate_leave(slots->gate);
}

static void close_slot(chat_site_database_t *database, slot_t *slot)
{
    if (slot->dbd)
        database->generation->dbd_close(database->server, slot->dbd);
    slot->dbd = NULL;
}

static void release(void *lease, void *baton)
{
    chat_site_database_t *database = baton;
    slot_t *slot = lease;
    unsigned losses;
    /* mod_dbd would fill up its pool now, and wait for the database to do so */
    if (!chat_store_lost(database->store, &losses))
        close_slot(database, slot);
    slot_give(database->slots, slot);
}

/* A number that moves when the database is lost or cannot be connected to. */
static unsigned setbacks(chat_site_database_t *database)
{
    unsigned losses;
    chat_store_lost(database->store, &losses);
    return losses + __atomic_load_n(&database->slots->refused, __ATOMIC_ACQUIRE);
}

static apr_status_t fill_slot(chat_site_database_t *database, slot_t *slot)
{
    if (slot->dbd)
        return apr_dbd_check_conn(slot->dbd->driver, slot->pool, slot->dbd->handle) ==
                       APR_SUCCESS
                   ? APR_SUCCESS
                   : CHAT_LOST;
    slot->dbd = database->generation->dbd_open(slot->pool, database->server);
    return slot->dbd ? APR_SUCCESS : CHAT_LOST;
}

/* One thread at a time connects: mod_dbd holds the lock of its pool meanwhile. A thread
 * that waited while the database was lost does not try, too. */
static apr_status_t open_slot(chat_site_database_t *database, slot_t *slot,
                              unsigned before)
{
    chat_slots_t *slots = database->slots;
    apr_status_t rv = CHAT_BUSY;
    if (chat_gate_enter(slots->opening, 0, OPEN_WAIT) != APR_SUCCESS)
        return rv;
    if (setbacks(database) == before) {
        rv = fill_slot(database, slot);
        if (rv != APR_SUCCESS)
            __atomic_add_fetch(&slots->refused, 1, __ATOMIC_RELEASE);
    }
    chat_gate_leave(slots->opening);
    return rv;
}

static apr_status_t acquire(chat_db_t **db, void **lease, apr_interval_time_t wait,
                            void *baton)
{
    chat_site_database_t *database = baton;
    slot_t *slot;
    unsigned before = setbacks(database);
    apr_status_t rv;
    if (__atomic_load_n(&database->slots->ending, __ATOMIC_ACQUIRE))
        return CHAT_BUSY;
    if (chat_gate_enter(database->slots->gate, 0, wait) != APR_SUCCESS) {
        if (chat_log_due(&database->crowded, apr_time_now()))
            chat_log(&database->log, CHAT_LOG_WARNING, 120, APR_TIMEUP,
                     "no database connection became free in time (DBDMax %d)",
                     database->connections);
        return CHAT_BUSY;
    }
    slot = slot_take(database->slots);
    rv = open_slot(database, slot, before);
    if (rv != APR_SUCCESS) {
        slot_give(database->slots, slot);
        return rv;
    }
    *db = chat_db_of_pool(slot->dbd->pool);
    /* A connection whose set-up failed when it was created gets another chance. */
    if (!*db)
        rv = chat_db_setup(db, slot->dbd->driver, slot->dbd->handle, slot->dbd->pool);
    if (rv == APR_SUCCESS && *db)
        rv = chat_db_refresh(*db, database->serial - 1);
    if (rv != APR_SUCCESS || !*db) {
        release(slot, database);
        return rv != APR_SUCCESS ? rv : CHAT_BROKEN;
    }
    *lease = slot;
    return APR_SUCCESS;
}

/* Pools of slots are used by any thread, so each has an allocator of its own. */
static apr_status_t slot_create(chat_slots_t *slots, apr_pool_t *pchild)
{
    slot_t *slot = apr_pcalloc(pchild, sizeof(*slot));
    apr_allocator_t *allocator;
    apr_status_t rv = apr_allocator_create(&allocator);
    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_pool_create_ex(&slot->pool, pchild, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, slot->pool);
    slot->next = slots->idle;
    slots->idle = slot;
    return APR_SUCCESS;
}

static int slot_count(const chat_site_database_t *database)
{
    int threads = 1, n = database->connections;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    /* the janitor's two threads ask for connections, too */
    threads = threads < 1 ? 3 : threads + 2;
    n = n < threads ? n : threads;
    return n < SLOTS_MAX ? n : SLOTS_MAX;
}

static apr_status_t slots_create(chat_site_database_t *database)
{
    chat_slots_t *slots = apr_pcalloc(database->pool, sizeof(*slots));
    int n = slot_count(database);
    apr_status_t rv;
    rv = apr_thread_mutex_create(&slots->mutex, APR_THREAD_MUTEX_DEFAULT, database->pool);
    if (rv == APR_SUCCESS)
        rv = chat_gate_create(&slots->gate, n, 1, database->pool);
    if (rv == APR_SUCCESS)
        rv = chat_gate_create(&slots->opening, 1, n, database->pool);
    for (int i = 0; i < n && rv == APR_SUCCESS; i++)
        rv = slot_create(slots, database->pool);
    slots->n = n;
    database->slots = slots;
    return rv;
}

/* ---- prepare: schema and secret ---- */

static const char *name_of(const chat_site_database_t *database)
{
    return database->spec.file ? database->spec.file : database->spec.driver;
}

static void set_used(chat_site_database_t *database)
{
    if (database->outage)
        __atomic_store_n(&database->outage->used, 1, __ATOMIC_RELAXED);
}

static int was_used(const chat_site_database_t *database)
{
    return database->outage && __atomic_load_n(&database->outage->used, __ATOMIC_RELAXED);
}

/* Whether the file is there: mod_dbd's connections create an empty one. */
static int has_file(const chat_site_database_t *database, struct stat *st)
{
    return database->spec.file && stat(database->spec.file, st) == 0 && st->st_size > 0;
}

/* Whether the file holds anything; *LOST: it does not, and once did. Only a store that
 * was used gives the lock file a content, which may be lost as well. */
static int file_exists(int *lost, const chat_site_database_t *database, apr_pool_t *pool)
{
    const char *lock = apr_pstrcat(pool, database->spec.file, ".lock", NULL);
    struct stat st;
    *lost = 0;
    if (has_file(database, &st))
        return 1;
    *lost = was_used(database) || (stat(lock, &st) == 0 && st.st_size > 0);
    return 0;
}

/* EXISTED: the database was there before. */
static apr_status_t secret_prepare(chat_site_database_t *database,
                                   const chat_runner_t *runner, int existed,
                                   apr_pool_t *pool)
{
    long uid = runner->switched ? (long)runner->uid : -1;
    long gid = runner->switched ? (long)runner->gid : -1;
    apr_status_t rv = chat_secret_load(&database->secret, database->secret_file, pool);
    if (!APR_STATUS_IS_ENOENT(rv) || database->secret_named)
        return rv;
    rv = chat_secret_create(&database->secret, database->secret_file, uid, gid, pool);
    if (APR_STATUS_IS_EEXIST(rv))
        return chat_secret_load(&database->secret, database->secret_file, pool);
    if (rv == APR_SUCCESS)
        chat_log(&database->log, existed ? CHAT_LOG_WARNING : CHAT_LOG_NOTICE, 140,
                 APR_SUCCESS,
                 "created the secret of this site in %s; keep a copy, tokens depend on "
                 "it%s",
                 database->secret_file,
                 existed ? ": tokens and sessions already in the database are now invalid"
                         : "");
    return rv;
}

static apr_status_t prepare(chat_site_database_t *database, const chat_runner_t *runner,
                            const char **why, apr_pool_t *pool)
{
    long uid = runner->switched ? (long)runner->uid : -1;
    long gid = runner->switched ? (long)runner->gid : -1;
    int lost = 0, existed = database->spec.file && file_exists(&lost, database, pool);
    apr_status_t rv;
    if (lost) {
        *why = apr_psprintf(pool,
                            "it was in use before and is now missing or empty; put it "
                            "back, or remove %s.lock and restart httpd to begin with an "
                            "empty one",
                            database->spec.file);
        return CHAT_LOST;
    }
    rv = chat_store_migrate(&database->spec, uid, gid, why, pool);
    if (rv != APR_SUCCESS)
        return rv;
    rv = secret_prepare(database, runner, existed, pool);
    if (rv != APR_SUCCESS)
        *why = apr_psprintf(pool, "its secret in %s cannot be used: %pm",
                            database->secret_file, &rv);
    return rv;
}

static const char *cure_of(const chat_site_database_t *database, apr_status_t rv)
{
    if (rv == CHAT_TOOBIG)
        return "install the version of mod_chat that wrote it, or a newer one";
    if (rv == CHAT_BUSY)
        return "look for the process that holds its lock";
    if (rv == CHAT_FULL || APR_STATUS_IS_ENOSPC(rv))
        return "free some disk space";
    if (rv == CHAT_LOST && database->spec.file)
        return "put the right files in place";
    if (rv == CHAT_LOST)
        return "start the database, or correct DBDriver and DBDParams";
    if (APR_STATUS_IS_EACCES(rv))
        return "give the file and its directory to the user that httpd serves as";
    return "restore it from a backup, or name another file in DBDParams";
}

/* ---- outage: a database that cannot be used ---- */

static apr_status_t outage_destroy(void *page)
{
    munmap(page, sizeof(struct chat_outage_t));
    return APR_SUCCESS;
}

static struct chat_outage_t *outage_create(void)
{
    void *page = mmap(NULL, sizeof(struct chat_outage_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

/* The file as it is, in a number: one that changes meanwhile is another outage. */
static apr_uint32_t state_of(const chat_site_database_t *database)
{
    struct stat st;
    if (!has_file(database, &st))
        return 1;
    return 2 | ((apr_uint32_t)(st.st_ino ^ st.st_size ^ st.st_mtime) << 2);
}

static ino_t file_of(const chat_site_database_t *database)
{
    struct stat st;
    return has_file(database, &st) ? st.st_ino : 0;
}

/* Whether no process has logged this yet. */
static int outage_begins(chat_site_database_t *database)
{
    apr_uint32_t state = state_of(database);
    return !database->outage ||
           __atomic_exchange_n(&database->outage->said, state, __ATOMIC_RELAXED) != state;
}

static void outage_ends(chat_site_database_t *database)
{
    if (database->outage &&
        __atomic_exchange_n(&database->outage->said, 0, __ATOMIC_RELAXED))
        chat_log(&database->log, CHAT_LOG_NOTICE, 161, APR_SUCCESS,
                 "the database %s can be used: chat answers again", name_of(database));
}

static void say_unusable(chat_site_database_t *database, const chat_log_t *log,
                         apr_status_t rv, const char *why)
{
    if (outage_begins(database))
        chat_log(log, CHAT_LOG_ERROR, 141, rv,
                 "the database %s: %s; chat answers 503 and tries again: %s",
                 name_of(database), why, cure_of(database, rv));
}

void chat_database_prepare(chat_site_database_t *database, const chat_runner_t *runner,
                           apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *why = "it cannot be used";
    chat_log_t log;
    apr_status_t rv;
    database->outage = outage_create();
    if (database->outage)
        apr_pool_cleanup_register(pconf, database->outage, outage_destroy,
                                  apr_pool_cleanup_null);
    if (database->unusable) {
        outage_begins(database);
        return;
    }
    rv = prepare(database, runner, &why, ptemp);
    database->ready = rv == APR_SUCCESS;
    if (rv == APR_SUCCESS) {
        set_used(database);
        return;
    }
    chat_log_startup(&log, database->server);
    say_unusable(database, &log, rv, why);
}

/* ---- open: the store of a child ---- */

static void publish(chat_site_database_t *database, chat_store_t *store, apr_pool_t *pool)
{
    const chat_generation_t *gen = database->generation;
    struct chat_network_cache_t *networks = chat_network_cache_create(pool);
    database->serial++;
    database->store = store;
    for (int i = 0; i < gen->hosts->nelts; i++) {
        chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, chat_host_t *);
        if (host->database != database)
            continue;
        host->site.secret = database->secret;
        host->site.cache = chat_cache_create(pool);
        host->site.tails = chat_cache_create(pool);
        host->site.networks = networks;
        __atomic_store_n(&host->site.store, store, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&database->ready, 1, __ATOMIC_RELEASE);
    set_used(database);
}

/* Everything that is opened lives in POOL, which the child's threads share from then on.
 */
static apr_status_t open_store(chat_site_database_t *database, const char **why,
                               apr_pool_t *pool)
{
    const chat_source_t source = {acquire, release, database};
    chat_store_t *store;
    apr_status_t rv =
        chat_store_create(&store, &database->spec, &source, &database->log, pool);
    if (rv == APR_SUCCESS)
        rv = chat_store_limit_time(store, pool);
    if (rv == APR_SUCCESS) {
        chat_store_count(store, database->generation->metrics);
        publish(database, store, pool);
    }
    else
        *why = "its lock file cannot be used";
    return rv;
}

/* The thread that opened last has done its work, and may still run. */
static void join_opener(chat_site_database_t *database)
{
    if (database->started)
        pthread_join(database->opener, NULL);
    database->started = 0;
}

/* mod_dbd's pool must have all connections back before it is destroyed, and threads of
 * mod_watchdog run until later. */
static void end_units(chat_slots_t *slots)
{
    int n = slots->n;
    __atomic_store_n(&slots->ending, 1, __ATOMIC_RELEASE);
    while (n && chat_gate_enter(slots->gate, 0, CLOSE_WAIT) == APR_SUCCESS)
        n--;
}

/* Before mod_dbd closes its pool. A thread that is opening uses memory that ends with the
 * process. One that waits for a network must not keep the child; one that is done must
 * not run when the module's code goes. */
static apr_status_t end_use(void *data)
{
    chat_site_database_t *database = data;
    for (int i = 0; i < CLOSE_STEPS; i++) {
        if (!__atomic_exchange_n(&database->opening, 1, __ATOMIC_ACQUIRE)) {
            join_opener(database);
            break;
        }
        apr_sleep(CLOSE_STEP);
    }
    if (database->slots)
        end_units(database->slots);
    for (slot_t *s = database->slots ? database->slots->idle : NULL; s; s = s->next)
        close_slot(database, s);
    if (database->late)
        apr_pool_destroy(database->late);
    return APR_SUCCESS;
}

void chat_database_open(chat_site_database_t *database, apr_pool_t *pchild)
{
    const char *why = "out of memory for its connections";
    apr_status_t rv;
    database->pool = pchild;
    apr_pool_pre_cleanup_register(pchild, database, end_use);
    rv = slots_create(database);
    if (rv == APR_SUCCESS && database->ready) {
        rv = open_store(database, &why, pchild);
        if (rv == APR_SUCCESS)
            return;
    }
    database->ready = 0;
    database->serial = 1; /* mod_dbd's connections are to the present files */
    if (rv != APR_SUCCESS)
        say_unusable(database, &database->log, rv, why);
}

/* A pool for one thread: those of the child are not to be shared. */
static apr_pool_t *pool_create(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool = NULL;
    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    if (apr_pool_create_unmanaged_ex(&pool, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static void *try_open(void *data)
{
    chat_site_database_t *database = data;
    const ino_t file = file_of(database);
    apr_pool_t *pool = pool_create();
    const char *why = "out of memory";
    apr_status_t rv = APR_ENOMEM;
    chat_runner_t runner = {.switched = 0};
    if (pool)
        rv = prepare(database, &runner, &why, pool);
    if (rv == APR_SUCCESS)
        rv = open_store(database, &why, pool);
    if (rv == APR_SUCCESS) {
        outage_ends(database);
        database->late = database->spec.file ? NULL : pool;
    }
    else {
        if (file == file_of(database)) /* of another one the next try tells */
            say_unusable(database, &database->log, rv, why);
        if (pool)
            apr_pool_destroy(pool);
    }
    __atomic_store_n(&database->opening, 0, __ATOMIC_RELEASE);
    return NULL;
}

static void start_opening(chat_site_database_t *database)
{
    if (__atomic_exchange_n(&database->opening, 1, __ATOMIC_ACQUIRE))
        return;
    join_opener(database);
    database->started = 1;
    if (chat_thread_start(&database->opener, try_open, database) != 0) {
        database->started = 0;
        __atomic_store_n(&database->opening, 0, __ATOMIC_RELEASE);
    }
}

/* ---- every use ---- */

static void look(chat_site_database_t *database)
{
    if (!__atomic_load_n(&database->ready, __ATOMIC_ACQUIRE)) {
        start_opening(database);
        return;
    }
    if (!chat_store_moved(database->store))
        return;
    __atomic_store_n(&database->ready, 0, __ATOMIC_RELEASE);
    if (outage_begins(database))
        chat_log(
            &database->log, CHAT_LOG_ERROR, 162, APR_SUCCESS,
            "the database %s was deleted, replaced or overwritten while in use; chat "
            "answers 503 until it is there: put it back, or restart httpd",
            name_of(database));
}

int chat_database_ready(chat_site_database_t *database)
{
    apr_time_t now = apr_time_now();
    apr_time_t looked = __atomic_load_n(&database->looked, __ATOMIC_RELAXED);
    if ((now - looked >= LOOK_EVERY || now < looked) &&
        __atomic_compare_exchange_n(&database->looked, &looked, now, 0, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        look(database);
    return __atomic_load_n(&database->ready, __ATOMIC_ACQUIRE);
}

apr_status_t chat_database_post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd)
{
    chat_generation_t *gen = chat_config_server(cfg->server)->generation;
    chat_db_t *db;
    apr_status_t rv;
    (void)pool;
    for (int i = 0; gen && i < gen->databases->nelts; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        if (strcmp(database->spec.driver, cfg->name) ||
            strcmp(database->spec.params, cfg->params))
            continue;
        rv = chat_db_setup(&db, dbd->driver, dbd->handle, dbd->pool);
        if (rv != APR_SUCCESS) {
            chat_log(&database->log, CHAT_LOG_INFO, 121, rv,
                     "a new connection to the database could not be set up");
        }
        break;
    }
    return DECLINED;
}
