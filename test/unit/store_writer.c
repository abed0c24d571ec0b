/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of writes to a SQLite database: groups, syncs, locks of other programs. */
#include "store.h"
#include "store/check.h"
#include "store/maintenance.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define THREADS 12

/* SQLite's calls come here: this program's symbol goes before libc's. */
static int syncs, fail_syncs, block_syncs;

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&block_syncs, __ATOMIC_SEQ_CST))
        usleep(500);
    if (__atomic_load_n(&fail_syncs, __ATOMIC_SEQ_CST)) {
        errno = EIO;
        return -1;
    }
    return fsync(fd);
}

/* Who waits in the queue comes here: all but the leader. */
static int waiting;

int sem_timedwait(sem_t *told, const struct timespec *until)
{
    int rv;
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    while ((rv = sem_trywait(told)) != 0 &&
           apr_time_now() / APR_USEC_PER_SEC < until->tv_sec)
        usleep(500);
    __atomic_sub_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    errno = ETIMEDOUT;
    return rv;
}

static void await_waiting(int n)
{
    while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) < n)
        usleep(500);
}

static void set(int *flag, int value)
{
    __atomic_store_n(flag, value, __ATOMIC_SEQ_CST);
}

static int get(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

typedef struct job_t {
    fixture_t *f;
    apr_int64_t author, id;
    apr_status_t end, result;
    int begun, runs, done, undo_all;
    int writes_not;
    pthread_t thread;
} job_t;

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_status_t rv = APR_SUCCESS;
    j->runs++;
    if (!j->writes_not)
        rv = put_message(&j->id, tx, j->author, 1, "hello");
    if (j->undo_all)
        sqlite3_exec(tx->db->native, "ROLLBACK", NULL, NULL, NULL);
    return rv == APR_SUCCESS ? j->end : rv;
}

static void *run(void *baton)
{
    job_t *j = baton;
    set(&j->begun, 1);
    j->result = chat_store_write(j->f->store, post, j);
    set(&j->done, 1);
    return NULL;
}

static apr_int64_t author(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    commit(f);
    return id;
}

static void start(job_t *j, fixture_t *f, apr_int64_t who)
{
    j->f = f;
    j->author = who;
    j->begun = 0;
    pthread_create(&j->thread, NULL, run, j);
}

/* The writer lock, as another program would hold it. */
static int hold_lock(fixture_t *f)
{
    int fd = open(apr_psprintf(f->pool, "%s.lock", f->database.file), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    return fd;
}

/* Runs N jobs as one group: they queue while somebody else writes, and one leads. */
static void run_together(fixture_t *f, job_t *jobs, int n, apr_int64_t who)
{
    int fd = hold_lock(f);
    for (int i = 0; i < n; i++)
        start(&jobs[i], f, who);
    await_waiting(n - 1);
    set(&syncs, 0);
    close(fd);
    for (int i = 0; i < n; i++)
        pthread_join(jobs[i].thread, NULL);
}

static void one_sync_for_a_group(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS] = {{0}};
    apr_int64_t who = author(f);
    run_together(f, jobs, THREADS, who);
    for (int i = 0; i < THREADS; i++) {
        OK(jobs[i].result);
        assert_int_equal(jobs[i].runs, 1);
    }
    assert_int_equal(syncs, 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), THREADS);
}

/* Refused and failed units take nothing of their neighbours along. */
static void bad_ones_in_a_group(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS] = {{0}};
    apr_int64_t who = author(f), good = 0;
    for (int i = 0; i < THREADS; i++)
        jobs[i].end = i % 3 == 1 ? CHAT_REFUSED : i % 3 == 2 ? CHAT_BUG : APR_SUCCESS;
    run_together(f, jobs, THREADS, who);
    for (int i = 0; i < THREADS; i++) {
        IS(jobs[i].result, jobs[i].end);
        assert_in_range(jobs[i].runs, 1, 2);
        good += jobs[i].end == APR_SUCCESS;
    }
    assert_int_equal(syncs, 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), good);
    assert_int_equal(ask(f, "SELECT count(*) FROM event"), good);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), good);
}

/* Most refusals come before anything is written: the group goes on. */
static void refused_before_they_write(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS] = {{0}};
    apr_int64_t who = author(f);
    for (int i = 0; i < THREADS; i += 3) {
        jobs[i].end = i % 2 ? CHAT_REFUSED : CHAT_NOTFOUND;
        jobs[i].writes_not = 1;
    }
    run_together(f, jobs, THREADS, who);
    for (int i = 0; i < THREADS; i++) {
        IS(jobs[i].result, jobs[i].end);
        assert_int_equal(jobs[i].runs, 1);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 8);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 8);
}

/* A number that a refused unit took is given again. */
static apr_status_t only_number(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_time_t time;
    apr_status_t rv = chat_tx_number(&j->id, &time, tx, 1);
    return rv == APR_SUCCESS ? CHAT_REFUSED : rv;
}

static void a_number_is_given_back(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    IS(chat_store_write(f->store, only_number, &j), CHAT_REFUSED);
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(CHAT_ROW_NUMBER(j.id), 1);
}

/* A group of which nothing is left costs no sync. */
static void all_refused(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[3] = {{.end = CHAT_REFUSED}, {.end = CHAT_REFUSED}, {.end = CHAT_REFUSED}};
    run_together(f, jobs, 3, author(f));
    assert_int_equal(syncs, 0);
}

/* SQLite undid everything by itself, as on a full disk: the others run again, alone. */
static void transaction_gone(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[5] = {{0}};
    jobs[2].undo_all = 1;
    jobs[2].end = CHAT_FULL;
    run_together(f, jobs, 5, author(f));
    for (int i = 0; i < 5; i++)
        IS(jobs[i].result, i == 2 ? CHAT_FULL : APR_SUCCESS);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 4);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 4);
}

static void no_answer_before_the_sync(void **state)
{
    fixture_t *f = fixture(state);
    job_t first = {0}, later[6] = {{0}};
    apr_int64_t who = author(f);
    set(&block_syncs, 1);
    start(&first, f, who);
    while (ask(f, "SELECT count(*) FROM message") < 1)
        usleep(10000);
    /* others gather while the first waits for the disk */
    for (int i = 0; i < 6; i++)
        start(&later[i], f, who);
    await_waiting(6);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    assert_false(get(&first.done));
    for (int i = 0; i < 6; i++)
        assert_false(get(&later[i].done));
    set(&syncs, 0);
    set(&block_syncs, 0);
    pthread_join(first.thread, NULL);
    for (int i = 0; i < 6; i++)
        pthread_join(later[i].thread, NULL);
    assert_int_equal(syncs, 1); /* those that wait share one */
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 7);
}

/* Nothing is appended to a log of which a part may be missing on the disk. */
static void failed_sync(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    const char *findings, *log = apr_pstrcat(f->pool, f->database.file, "-wal", NULL);
    apr_finfo_t info;
    OK(chat_store_write(f->store, post, &j));
    set(&fail_syncs, 1);
    IS(chat_store_write(f->store, post, &j), CHAT_BROKEN);
    assert_non_null(strstr(f->last, "cannot be synced"));
    IS(chat_store_write(f->store, post, &j), CHAT_BROKEN);
    assert_int_equal(j.runs, 2);
    set(&fail_syncs, 0);
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(j.runs, 3);
    /* the log began anew: header and this one transaction */
    OK(apr_stat(&info, log, APR_FINFO_SIZE, f->pool));
    assert_true(info.size < 20 * 4096);
    OK(chat_store_check(&findings, f->store, 1, f->pool));
    assert_string_equal(findings, "");
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), 3);
}

static void memory_is_not_counted(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    OK(chat_store_write(f->store, post, &j));
    assert_int_equal(sqlite3_memory_used(), 0);
    /* as in a process where another module uses SQLite already */
    chat_database_init();
    OK(chat_store_write(f->store, post, &j));
}

static void one_connection(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS] = {{0}};
    apr_int64_t who = author(f);
    f->max_connections = 1;
    f->wait = 2000;
    for (int i = 0; i < THREADS; i++)
        start(&jobs[i], f, who);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(jobs[i].thread, NULL);
        OK(jobs[i].result);
    }
    assert_int_equal(f->connections, 1);
}

/* A program that knows nothing of our lock holds SQLite's. */
static void foreign_writer(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[4] = {{0}};
    apr_int64_t who = author(f);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(f->database.file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    run_together(f, jobs, 4, who);
    for (int i = 0; i < 4; i++) {
        IS(jobs[i].result, CHAT_BUSY);
        assert_int_equal(jobs[i].runs, 0);
    }
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    run_together(f, jobs, 4, who);
    for (int i = 0; i < 4; i++)
        OK(jobs[i].result);
    sqlite3_close(other);
}

/* A stopped program keeps the writer lock: nobody waits for ever. */
static void lock_not_given_back(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[3] = {{0}};
    apr_int64_t who = author(f);
    int fd = hold_lock(f);
    for (int i = 0; i < 3; i++)
        start(&jobs[i], f, who);
    for (int i = 0; i < 3; i++) {
        pthread_join(jobs[i].thread, NULL);
        IS(jobs[i].result, CHAT_BUSY);
    }
    close(fd);
    OK(chat_store_write(f->store, post, &jobs[0]));
}

static apr_status_t post_and_stay(chat_tx_t *tx, void *baton)
{
    job_t *j = baton;
    apr_status_t rv = post(tx, j);
    set(&j->done, 1); /* in shared memory */
    while (rv == APR_SUCCESS)
        pause();
    return rv;
}

/* Killed in the middle of its transaction, with both locks held. */
static void killed_writer(void **state)
{
    fixture_t *f = fixture(state);
    job_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    job_t mine = {0};
    apr_int64_t who = author(f);
    int status;
    pid_t child;
    shared->author = who;
    close_connections(f);
    child = fork();
    if (!child) {
        if (!chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool))
            chat_store_write(f->store, post_and_stay, shared);
        _exit(1);
    }
    while (!get(&shared->done))
        usleep(1000);
    start(&mine, f, who);
    usleep(100000);
    assert_false(get(&mine.done));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    pthread_join(mine.thread, NULL);
    OK(mine.result);
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), 1);
    munmap(shared, sizeof(*shared));
}

/* Who keeps answers sees at once, in any process, that they may be wrong. */
static void epochs(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f), .end = CHAT_REFUSED};
    apr_uint64_t before = chat_store_epoch(f->store, 1);
    apr_uint64_t elsewhere = chat_store_epoch(f->store, 2);
    struct stat st;
    int status;
    assert_true(before != 0);
    IS(chat_store_write(f->store, post, &j), CHAT_REFUSED);
    assert_true(chat_store_epoch(f->store, 1) == before);
    j.end = APR_SUCCESS;
    close_connections(f);
    if (!fork())
        _exit(chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool) ||
              chat_store_write(f->store, post, &j));
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    assert_true(chat_store_epoch(f->store, 1) != before);
    assert_true(chat_store_epoch(f->store, 2) == elsewhere);
    /* a hole in the file would be touched on a full disk some day */
    assert_int_equal(stat(apr_pstrcat(f->pool, f->database.file, ".lock", NULL), &st), 0);
    assert_true((apr_int64_t)st.st_blocks * 512 >= (apr_int64_t)st.st_size);
}

/* Followers are woken once for what was written together, and only while there are any.
 */
static void news(void **state)
{
    fixture_t *f = fixture(state);
    job_t j = {.f = f, .author = author(f)};
    chat_store_t *other;
    OK(chat_store_create(&other, &f->database, &f->source, &f->log, f->pool));
    OK(chat_store_write(f->store, post, &j));
    assert_false(chat_store_news(f->store, 1));
    chat_store_listen(other, 1);
    assert_false(chat_store_news(f->store, 2));
    assert_true(chat_store_news(f->store, 1));
    assert_false(chat_store_news(f->store, 1));
    OK(chat_store_write(f->store, post, &j));
    assert_true(chat_store_news(f->store, 1));
    /* another process may have other followers */
    assert_true(chat_store_news(other, 1));
    /* a chatroom with the same place in the table */
    OK(chat_store_write(f->store, post, &j));
    assert_true(chat_store_news(f->store, 1 + 4096));
    assert_true(chat_store_news(f->store, 1));
}

/* Everything at once, for ThreadSanitizer: good and bad units, few connections, readers.
 */
static void *many(void *baton)
{
    job_t *j = baton, mine = *j;
    for (int i = 0; i < 100; i++) {
        mine.end = i % 7 == 3 ? CHAT_REFUSED : APR_SUCCESS;
        mine.undo_all = i % 50 == 49;
        if (mine.undo_all)
            mine.end = CHAT_FULL;
        j->result = chat_store_write(j->f->store, post, &mine);
        if (j->result != mine.end)
            return j;
        j->runs += mine.end == APR_SUCCESS;
    }
    return NULL;
}

static void stress(void **state)
{
    fixture_t *f = fixture(state);
    job_t jobs[THREADS] = {{0}};
    apr_int64_t who = author(f), good = 0;
    void *bad;
    f->max_connections = 5;
    f->wait = 10000;
    for (int i = 0; i < THREADS; i++) {
        jobs[i].f = f;
        jobs[i].author = who;
        pthread_create(&jobs[i].thread, NULL, many, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(jobs[i].thread, &bad);
        assert_null(bad);
        good += jobs[i].runs;
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM message"), good);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(one_sync_for_a_group),
        ON_SQLITE(bad_ones_in_a_group),
        ON_SQLITE(refused_before_they_write),
        ON_SQLITE(a_number_is_given_back),
        ON_SQLITE(all_refused),
        ON_SQLITE(transaction_gone),
        ON_SQLITE(no_answer_before_the_sync),
        ON_SQLITE(failed_sync),
        ON_SQLITE(memory_is_not_counted),
        ON_SQLITE(one_connection),
        ON_SQLITE(foreign_writer),
        ON_SQLITE(lock_not_given_back),
        ON_SQLITE(killed_writer),
        ON_SQLITE(epochs),
        ON_SQLITE(news),
        ON_SQLITE(stress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
