/* SPDX-License-Identifier: Apache-2.0 */
/* LISTEN and NOTIFY. */
#include "store/notice.h"

#include "base/clock.h"
#include "store/db_pgsql.h"

#include <dlfcn.h>

/* How long the server may be silent. */
#define PATIENCE apr_time_from_msec(2500)

/* libpq's, see db_pgsql.c; only its first part is for others to read. */
typedef struct notify_t {
    char *channel;
    int session;
    char *text;
} notify_t;

struct chat_notices_t {
    chat_db_t *db;
    chat_watchdog_t *dog;
    chat_watch_t watch;
    void *handle; /* PGconn * */
    int (*consume)(void *handle);
    notify_t *(*next)(void *handle);
    void (*free)(void *memory);
    notify_t *current;
};

static apr_status_t run(chat_notices_t *n, const char *sql)
{
    int rows;
    return apr_dbd_query(n->db->driver, n->db->handle, &rows, sql) ? CHAT_LOST
                                                                   : APR_SUCCESS;
}

static apr_status_t guarded(chat_notices_t *n,
                            apr_status_t (*work)(chat_notices_t *n, const char *text),
                            const char *text)
{
    apr_status_t rv;
    chat_watchdog_arm(n->dog, &n->watch, chat_pgsql_socket(n->db),
                      chat_clock_steady() + PATIENCE);
    rv = work(n, text);
    chat_watchdog_disarm(n->dog, &n->watch);
    apr_pool_clear(n->db->scratch);
    return rv;
}

/* A notice that a crash of the server loses is of no use after it. */
static apr_status_t listen_for(chat_notices_t *n, const char *text)
{
    (void)text;
    return run(n, "SET synchronous_commit = off") == APR_SUCCESS
               ? run(n, "LISTEN mod_chat")
               : CHAT_LOST;
}

static apr_status_t say(chat_notices_t *n, const char *text)
{
    return chat_sql_do(NULL, &(chat_tx_t){.db = n->db}, CHAT_SQL_notice_say, "s", text);
}

apr_status_t chat_notices_open(chat_notices_t **out, const char **why,
                               const chat_database_t *database, apr_pool_t *pool)
{
    chat_notices_t *n = apr_pcalloc(pool, sizeof(*n));
    chat_source_t source;
    apr_status_t rv = chat_source_single(&source, database, why, pool);
    if (rv == APR_SUCCESS)
        rv = chat_watchdog_create(&n->dog, pool);
    if (rv != APR_SUCCESS)
        return rv;
    n->db = source.baton;
    n->handle = apr_dbd_native_handle(n->db->driver, n->db->handle);
    *(void **)&n->consume = dlsym(RTLD_DEFAULT, "PQconsumeInput");
    *(void **)&n->next = dlsym(RTLD_DEFAULT, "PQnotifies");
    *(void **)&n->free = dlsym(RTLD_DEFAULT, "PQfreemem");
    *why = "libpq cannot be reached";
    if (!n->consume || !n->next || !n->free)
        return CHAT_BROKEN;
    *why = "LISTEN failed";
    *out = n;
    return guarded(n, listen_for, NULL);
}

int chat_notices_socket(chat_notices_t *n)
{
    return chat_pgsql_socket(n->db);
}

apr_status_t chat_notices_next(const char **text, chat_notices_t *n)
{
    int alive = 1;
    if (n->current)
        n->free(n->current);
    n->current = n->next(n->handle);
    if (!n->current) {
        alive = n->consume(n->handle);
        n->current = n->next(n->handle);
    }
    *text = n->current ? n->current->text : NULL;
    return alive || *text ? APR_SUCCESS : CHAT_LOST;
}

apr_status_t chat_notices_say(chat_notices_t *n, const char *text)
{
    return guarded(n, say, text);
}
