#include "store/store.h"

#include <apr_strings.h>

#include "store/db.h"
#include "store/store_private.h"
#include "store/writer.h"

struct chat_store_t {
    chat_database_t database;
    chat_source_t source;
    const chat_log_t *log;
    chat_writer_queue_t *queue; /* SQLite only */
};

const chat_source_t *chat_store_source(chat_store_t *store)
{
    return &store->source;
}

void chat_store_failed(chat_store_t *store, chat_db_t *db, apr_status_t rv)
{
    chat_log_level_t level = rv == CHAT_BUSY ? CHAT_LOG_WARNING : CHAT_LOG_ERROR;
    if (!store || rv == CHAT_CONFLICT)
        return;
    chat_log(store->log, level, 201, APR_SUCCESS, "database: %s",
             db->error[0] ? db->error : "no reason given");
    db->error[0] = '\0';
}

apr_status_t chat_store_create(chat_store_t **out, const chat_database_t *database,
                               const chat_source_t *source, const chat_log_t *log,
                               apr_pool_t *pool)
{
    chat_store_t *store = apr_pcalloc(pool, sizeof *store);

    store->database = *database;
    store->source = *source;
    store->log = log;
    *out = store;
    if (!database->file)
        return APR_SUCCESS;
    return chat_writer_create(&store->queue, store, database->file, pool);
}

static apr_status_t run_unit(chat_store_t *store, chat_tx_t *tx, chat_sql_id_t begin,
                             chat_work_fn work, void *baton)
{
    chat_db_t *db = tx->db;
    apr_status_t rv = chat_sql_do(NULL, tx, begin, "");
    apr_status_t end;

    if (rv == APR_SUCCESS)
        rv = work(tx, baton);
    if (rv == APR_SUCCESS)
        rv = chat_tx_flush(tx);
    /* a unit that was refused read what it needed: only writes have to be undone */
    if (!tx->writing && rv == CHAT_REFUSED)
        end = chat_sql_do(NULL, tx, CHAT_SQL_tx_commit, "");
    else if (rv == APR_SUCCESS)
        end = rv = chat_sql_do(NULL, tx, CHAT_SQL_tx_commit, "");
    else
        end = CHAT_BUG;
    if (end != APR_SUCCESS)
        db->engine->reset(db);
    if (CHAT_IS_FAILURE(rv) && rv != CHAT_NOTFOUND)
        chat_store_failed(store, db, rv);
    if (db->scratch)
        apr_pool_clear(db->scratch);
    return rv;
}

static apr_status_t with_connection(chat_store_t *store, int writing, chat_work_fn work,
                                    void *baton)
{
    chat_tx_t tx = {.store = store, .writing = writing};
    void *lease;
    apr_status_t rv = store->source.acquire(&tx.db, &lease, store->source.baton);

    if (rv != APR_SUCCESS)
        return rv;
    rv =
        run_unit(store, &tx, writing ? CHAT_SQL_tx_write : CHAT_SQL_tx_read, work, baton);
    store->source.release(lease, store->source.baton);
    return rv;
}

apr_status_t chat_store_read(chat_store_t *store, chat_work_fn work, void *baton)
{
    return with_connection(store, 0, work, baton);
}

apr_status_t chat_store_write(chat_store_t *store, chat_work_fn work, void *baton)
{
    if (store->queue)
        return chat_writer_run(store->queue, work, baton);
    return with_connection(store, 1, work, baton);
}

/* Nothing is written, so there is nothing to commit. */
static apr_status_t settle(chat_tx_t *tx, void *baton)
{
    apr_int64_t ignored;
    apr_status_t rv = APR_SUCCESS;

    if (tx->db->engine == &chat_engine_pgsql)
        rv = chat_sql_one(&ignored, tx, CHAT_SQL_room_settle, "s", (const char *)baton);
    return rv == APR_SUCCESS || rv == CHAT_NOTFOUND ? CHAT_REFUSED : rv;
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
