/* SPDX-License-Identifier: Apache-2.0
 * database.h - naming, opening and migrating databases.
 */
#ifndef CHAT_STORE_DATABASE_H
#define CHAT_STORE_DATABASE_H

#include "base/log.h"

#include <apr_dbd.h>
#include <apr_pools.h>

typedef struct chat_db_t chat_db_t; /* one open connection */
struct chat_tx_t;                   /* store.h */

/* Where connections come from. */
typedef struct chat_source_t {
    /* An open connection, set up by chat_db_setup, waited for at most WAIT; CHAT_BUSY
     * when none became free, CHAT_LOST or CHAT_BROKEN when none can be opened. */
    apr_status_t (*acquire)(chat_db_t **db, void **lease, apr_interval_time_t wait,
                            void *baton);
    void (*release)(void *lease, void *baton);
    void *baton;
} chat_source_t;

/* Before the first connection of the process: SQLite then keeps no statistics of its
 * memory, which cost every allocation a lock. Without effect when another module uses
 * SQLite already. */
void chat_database_init(void);

/* A database as DBDriver and DBDParams name it. */
typedef struct chat_database_t {
    const char *driver; /* "sqlite3" or "pgsql" */
    const char *params;
    const char *file; /* SQLite: the file's absolute path; else NULL */
} chat_database_t;

/* Fills OUT. CHAT_MALFORMED for an unknown driver, or a SQLite name that is not a file
 * (":memory:", empty, relative); *WHY is the reason as text. */
apr_status_t chat_database_parse(chat_database_t *out, const char **why,
                                 const char *driver, const char *params,
                                 apr_pool_t *pool);
/* Whether A and B name one database: the same file, whatever its path, or the same
 * driver and parameters. A file that does not exist yet is compared by its folder. */
int chat_database_same(const chat_database_t *a, const chat_database_t *b);

#define CHAT_DATABASE_MARK_SIZE 5
/* A text that two names of one database have in common, and two databases hardly. Too
 * short to tell anything of a password in the parameters. */
void chat_database_mark(char out[CHAT_DATABASE_MARK_SIZE], const chat_database_t *d);

/* Creates the database and its schema or brings it to today's version; run by the parent
 * before any child opens it. A new SQLite file gets UID:GID (unless -1) and mode 0640.
 * CHAT_TOOBIG when the database is newer than this program; *WHY is the failure, as text.
 */
apr_status_t chat_store_migrate(const chat_database_t *database, long uid, long gid,
                                const char **why, apr_pool_t *pool);

/* Writes the database again without the bytes of rows that are gone, and gives their room
 * back. SQLite: the file and its log, while others read; writes wait. PostgreSQL: table
 * by table, each locked meanwhile. CHAT_BUSY: a reader holds what was before; *WHY is the
 * failure, as text. */
apr_status_t chat_store_compact(const chat_database_t *database, const char **why,
                                apr_pool_t *pool);

/* Examines DATABASE and writes nothing: *VERSION is its schema's, -1 when it is empty;
 * *LATEST is ours. CHAT_NOTFOUND without a file, CHAT_MALFORMED for a file that is not a
 * database of ours; *WHY is the reason as text. chat_store_migrate refuses such a file,
 * too. */
apr_status_t chat_store_look(int *version, int *latest, const chat_database_t *database,
                             const char **why, apr_pool_t *pool);

/* The same two versions in a unit of work. */
apr_status_t chat_schema_version(int *version, int *latest, struct chat_tx_t *tx);

/* Prepares a fresh apr_dbd connection for our use; its statement cache lives in and dies
 * with CONN_POOL, the pool the connection was opened in. *OUT may be NULL on failure. */
apr_status_t chat_db_setup(chat_db_t **out, const apr_dbd_driver_t *driver,
                           apr_dbd_t *handle, apr_pool_t *conn_pool);
/* The connection that chat_db_setup created for CONN_POOL, or NULL. */
chat_db_t *chat_db_of_pool(apr_pool_t *conn_pool);

/* Opens a single connection of its own (tools, daemon); the source serves that one. */
apr_status_t chat_source_single(chat_source_t *out, const chat_database_t *database,
                                const char **why, apr_pool_t *pool);

#endif
