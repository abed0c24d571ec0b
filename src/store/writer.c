/* SPDX-License-Identifier: Apache-2.0 */
/* Leader and followers: one commit, one fsync for all writes that wait. The fsync follows
 * the release of the writer lock, so that other processes write meanwhile; no caller is
 * answered before it. This process gathers its next group during the fsync: running that
 * one already makes groups smaller, and costs more processor time than it saves waiting.
 *
 * Why a group is durable then. Its frames are in the write-ahead log before it gets its
 * number, and one fdatasync covers all that was written to the file, by any process. A
 * later group is only read back from the log if all frames before it are whole, so
 * syncing it means syncing the earlier ones. The log cannot start over in between without
 * them: that takes a checkpoint of all frames, which syncs first the log and then the
 * database file (SQLite leaves that out with synchronous=OFF alone). */
#include "store/writer.h"

#include "base/clock.h"
#include "store/chatroom_counter.h"
#include "store/db_sqlite.h"
#include "store/queue.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_WAIT apr_time_from_sec(2)
#define QUEUE_SECONDS 10
/* From how many pages in the log on they are brought into the file. */
#define LOG_FRAMES 1000
/* Nanoseconds between two attempts of a caller without a queue. */
#define LOCK_STEP 500000
/* Milliseconds until a caller that waits for the bell tries by itself: the holder of the
 * lock may have been killed. */
#define BELL_MSEC 20

struct chat_writer_queue_t {
    const chat_source_t *source;
    chat_store_log_t *log;
    chat_metrics_t *metrics; /* NULL: nothing is counted */
    chat_queue_t jobs;
    int lock_fd;
    const char *lock_name;
    chat_shared_t *shared;
    chat_kept_t *kept;
    int look_fd;       /* the same file, opened again: for looks at the lock */
    int moved;         /* the database was deleted or replaced; atomic */
    int damaged;       /* a sync failed: what the log holds on the disk is not known; the
                          leader's */
    apr_uint32_t seen; /* stamp of the file; atomic */
};

static apr_status_t close_lock(void *data)
{
    chat_writer_queue_t *q = data;
    close(q->lock_fd);
    close(q->look_fd);
    return APR_SUCCESS;
}

int chat_writer_open_lock(const char *file, apr_pool_t *pool)
{
    const char *name = apr_pstrcat(pool, file, ".lock", NULL);
    struct stat st;
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0640);
    if (fd < 0)
        return errno == EEXIST ? open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
    /* created by root, it has to be usable for the database's owner */
    if (stat(file, &st) == 0 && st.st_uid != geteuid() &&
        fchown(fd, st.st_uid, st.st_gid) != 0) {
        close(fd);
        unlink(name);
        return -1;
    }
    return fd;
}

apr_status_t chat_writer_create(chat_writer_queue_t **out, const char *file,
                                const chat_source_t *source, chat_store_log_t *log,
                                apr_pool_t *pool)
{
    chat_writer_queue_t *q = apr_pcalloc(pool, sizeof(*q));
    apr_status_t rv;
    q->lock_fd = chat_writer_open_lock(file, pool);
    if (q->lock_fd < 0)
        return errno;
    q->look_fd = chat_writer_open_lock(file, pool);
    if (q->look_fd < 0) {
        int error = errno;
        close(q->lock_fd);
        return error;
    }
    q->source = source;
    q->log = log;
    q->lock_name = apr_pstrcat(pool, file, ".lock", NULL);
    chat_queue_init(&q->jobs, pool);
    apr_pool_cleanup_register(pool, q, close_lock, apr_pool_cleanup_null);
    *out = q;
    rv = chat_shared_map(&q->shared, q->lock_fd, pool);
    if (rv == APR_SUCCESS)
        q->kept = chat_kept_create(q->shared, pool);
    return rv;
}

void chat_writer_count(chat_writer_queue_t *q, chat_metrics_t *metrics)
{
    q->metrics = metrics;
}

void chat_writer_set_moved(chat_writer_queue_t *q)
{
    __atomic_store_n(&q->moved, 1, __ATOMIC_RELAXED);
}

static int is_moved(const chat_writer_queue_t *q)
{
    return __atomic_load_n(&q->moved, __ATOMIC_RELAXED);
}

int chat_writer_moved(chat_writer_queue_t *q)
{
    struct stat ours, now;
    if (fstat(q->lock_fd, &ours) != 0 || ours.st_nlink == 0 ||
        stat(q->lock_name, &now) != 0 || now.st_ino != ours.st_ino)
        chat_writer_set_moved(q);
    return is_moved(q);
}

int chat_writer_look(chat_writer_queue_t *q, chat_db_t *db)
{
    if (chat_sqlite_moved(db, &q->seen))
        chat_writer_set_moved(q);
    return is_moved(q);
}

chat_kept_t *chat_writer_kept(const chat_writer_queue_t *q)
{
    return q->kept;
}

chat_shared_t *chat_writer_shared(const chat_writer_queue_t *q)
{
    return q->shared;
}

/* Tries FD's lock until it has it; flock itself has no time-out, and a process that was
 * stopped would keep it forever. PAUSE waits between two attempts. */
static apr_status_t try_lock(int fd, void (*pause)(void *), void *baton)
{
    apr_time_t until = chat_clock_steady() + apr_time_from_sec(QUEUE_SECONDS);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return errno;
        if (chat_clock_steady() > until)
            return CHAT_BUSY;
        pause(baton);
    }
    return APR_SUCCESS;
}

static void short_pause(void *baton)
{
    struct timespec time = {0, LOCK_STEP};
    (void)baton;
    nanosleep(&time, NULL);
}

apr_status_t chat_writer_lock(int fd)
{
    return try_lock(fd, short_pause, NULL);
}

typedef struct turn_t {
    chat_shared_t *shared;
    unsigned bell; /* as it was before the last try */
} turn_t;

static void await_turn(void *baton)
{
    turn_t *turn = baton;
    chat_shared_await(turn->shared, turn->bell, BELL_MSEC);
    turn->bell = chat_shared_bell(turn->shared);
}

static apr_status_t lock_queue(chat_writer_queue_t *q)
{
    turn_t turn = {q->shared, chat_shared_bell(q->shared)};
    return try_lock(q->lock_fd, await_turn, &turn);
}

static void unlock_queue(chat_writer_queue_t *q)
{
    flock(q->lock_fd, LOCK_UN);
    chat_shared_ring(q->shared);
}

/* Threads may share the look: none of them can have it while a writer has the lock. */
int chat_writer_idle(chat_writer_queue_t *q)
{
    if (flock(q->look_fd, LOCK_SH | LOCK_NB) != 0)
        return 0;
    flock(q->look_fd, LOCK_UN);
    chat_shared_ring(q->shared);
    return 1;
}

/* APR_SUCCESS when the group can go on: the unit did its work, or it failed alone,
 * without having written anything. */
static apr_status_t run_job(chat_tx_t *tx, chat_job_t *job)
{
    chat_tx_t before = *tx;
    apr_int64_t written = chat_sqlite_written(tx->db), now;
    tx->db->error[0] = '\0';
    job->rv = job->work(tx, job->baton);
    now = chat_sqlite_written(tx->db);
    if (job->rv == APR_SUCCESS)
        return now < 0 ? CHAT_BROKEN : APR_SUCCESS;
    *tx = before;
    if (now != written)
        return job->rv;
    if (CHAT_IS_FAILURE(job->rv) && job->rv != CHAT_NOTFOUND)
        chat_store_failed(tx->log, tx->db, job->rv);
    return APR_SUCCESS;
}

/* Runs the jobs of LIST in one transaction. Anything but success means that none of them
 * is in the database; *BEGUN: whether it began. */
static apr_status_t run_group(chat_writer_queue_t *q, chat_db_t *db, chat_job_t *list,
                              int *begun)
{
    chat_tx_t tx = {.log = q->log, .db = db, .writing = 1, .kept = q->kept};
    apr_status_t rv;
    chat_shared_changed(q->shared);
    rv = chat_tx_begin(&tx);
    if (rv == APR_SUCCESS)
        rv = chat_sqlite_mark(&tx);
    if (rv == CHAT_LOST)
        chat_writer_set_moved(q);
    *begun = rv == APR_SUCCESS;
    for (chat_job_t *job = list; rv == APR_SUCCESS && job; job = job->next)
        rv = run_job(&tx, job);
    if (rv == APR_SUCCESS)
        rv = chat_tx_flush(&tx);
    if (rv == APR_SUCCESS)
        rv = chat_tx_commit(&tx);
    if (rv == APR_SUCCESS) {
        chat_shared_move(q->shared, &tx);
        chat_shared_changed(q->shared);
        return rv;
    }
    /* what runs once more has its reason then */
    if (CHAT_IS_FAILURE(rv) && rv != CHAT_NOTFOUND && (!*begun || !list->next))
        chat_store_failed(q->log, db, rv);
    db->engine->reset(db);
    return rv;
}

/* A unit failed after it had written: each gets a transaction of its own, so that the bad
 * ones fail alone. That costs no further sync. Where even beginning fails, it fails for
 * all: each would wait for the lock in turn. */
static void run_singly(chat_writer_queue_t *q, chat_db_t *db, chat_job_t *list)
{
    for (chat_job_t *job = list; job; job = job->next) {
        chat_job_t *next = job->next;
        int begun;
        apr_status_t rv;
        job->next = NULL;
        rv = run_group(q, db, job, &begun);
        job->next = next;
        if (rv == APR_SUCCESS)
            continue;
        if (!begun) {
            chat_job_fail_all(job, rv);
            return;
        }
        job->rv = rv;
    }
}

static void run_list(chat_writer_queue_t *q, chat_db_t *db, chat_job_t *list)
{
    int begun;
    apr_status_t rv = run_group(q, db, list, &begun);
    if (rv != APR_SUCCESS && begun && list->next)
        run_singly(q, db, list);
    else if (rv != APR_SUCCESS)
        chat_job_fail_all(list, rv);
}

/* After a failed sync the log may have a hole on the disk, and frames appended to it
 * would be lost with the hole. So before the next write, everything goes into the
 * database file and the log starts over. */
static apr_status_t repair(chat_writer_queue_t *q, chat_db_t *db)
{
    apr_status_t rv;
    if (!q->damaged)
        return APR_SUCCESS;
    rv = chat_writer_look(q, db) ? CHAT_LOST : chat_sqlite_restart_log(db);
    if (rv == APR_SUCCESS)
        q->damaged = 0;
    else
        chat_store_failed(q->log, db, rv);
    return rv;
}

static int any_done(const chat_job_t *list)
{
    while (list && list->rv != APR_SUCCESS)
        list = list->next;
    return list != NULL;
}

/* The group LIST, which was just committed, becomes durable. */
static void sync_group(chat_writer_queue_t *q, chat_db_t *db, chat_job_t *list)
{
    apr_time_t began = q->metrics ? apr_time_now() : 0;
    apr_status_t rv = chat_sqlite_sync(db);
    CHAT_OBSERVE(q->metrics, database_sync, TIME, 0, apr_time_now() - began);
    if (rv != APR_SUCCESS) {
        chat_store_failed(q->log, db, rv);
        q->damaged = 1;
    }
    else if (chat_writer_look(q, db)) {
        /* durable, but in a file that is no longer at its path */
        rv = CHAT_LOST;
    }
    if (rv != APR_SUCCESS)
        chat_job_fail_done(list, rv);
}

static void end_group(chat_writer_queue_t *q, chat_job_t *list)
{
    chat_queue_pass(&q->jobs);
    chat_job_answer(list);
}

/* Runs what waits as one group on DB, passes the lead on and answers. */
static void write_group(chat_writer_queue_t *q, chat_db_t *db)
{
    apr_status_t rv = lock_queue(q);
    int locked = rv == APR_SUCCESS;
    chat_job_t *list;
    if (locked)
        rv = repair(q, db);
    list = chat_queue_take(&q->jobs);
    CHAT_OBSERVE(q->metrics, write_group, SIZE, 0, chat_job_count(list));
    if (rv == APR_SUCCESS)
        run_list(q, db, list);
    else
        chat_job_fail_all(list, rv);
    if (rv == APR_SUCCESS && db->frames >= LOG_FRAMES && !chat_writer_look(q, db))
        chat_sqlite_checkpoint(&(chat_tx_t){.db = db});
    if (locked)
        unlock_queue(q);
    if (any_done(list))
        sync_group(q, db, list);
    end_group(q, list);
}

static void lead(chat_writer_queue_t *q)
{
    const chat_source_t *source = q->source;
    chat_db_t *db;
    void *lease;
    chat_job_t *list;
    apr_status_t rv = source->acquire(&db, &lease, CONNECTION_WAIT, source->baton);
    if (rv == APR_SUCCESS) {
        write_group(q, db);
        source->release(lease, source->baton);
        return;
    }
    list = chat_queue_take(&q->jobs);
    chat_job_fail_all(list, rv);
    end_group(q, list);
}

apr_status_t chat_writer_run(chat_writer_queue_t *q, chat_work_fn work, void *baton)
{
    chat_job_t job = {.work = work, .baton = baton};
    if (is_moved(q))
        return CHAT_LOST;
    if (chat_queue_join(&q->jobs, &job, apr_time_from_sec(QUEUE_SECONDS)))
        lead(q);
    return chat_job_end(&job);
}
