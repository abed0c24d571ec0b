/* SPDX-License-Identifier: Apache-2.0
 * writer.h - the queue of writes to one SQLite database. Private to the store.
 */
#ifndef CHAT_STORE_WRITER_H
#define CHAT_STORE_WRITER_H

#include "store/db.h"
#include "store/kept.h"

typedef struct chat_writer_queue_t chat_writer_queue_t;

/* FILE is the database; its lock file is created beside it when it is missing, with the
 * database's owner and mode. A process creates its own writer after the fork: an
 * inherited one would lock nothing. SOURCE and LOG stay the caller's. */
apr_status_t chat_writer_create(chat_writer_queue_t **out, const char *file,
                                const chat_source_t *source, chat_store_log_t *log,
                                apr_pool_t *pool);

/* As chat_store_count(). */
void chat_writer_count(chat_writer_queue_t *q, chat_metrics_t *metrics);

/* Queues WORK and returns when its group is durable or it was undone. Unless a leader has
 * taken the unit, gives up after 10 s with CHAT_BUSY; a leader waits as long for the lock
 * of another process. CHAT_BROKEN when the disk could not be synced: the unit may be in
 * the database or not; CHAT_LOST when the database was deleted or replaced. */
apr_status_t chat_writer_run(chat_writer_queue_t *q, chat_work_fn work, void *baton);

/* Whether no program is writing now. */
int chat_writer_idle(chat_writer_queue_t *q);

/* Whether the database was deleted or replaced: the lock file is no longer the one at its
 * path, a write found so, or it was set. From then on nothing is written. */
int chat_writer_moved(chat_writer_queue_t *q);
void chat_writer_set_moved(chat_writer_queue_t *q);

/* The same, and sets it when the files that DB has open are no longer the database's or
 * hold other content. */
int chat_writer_look(chat_writer_queue_t *q, chat_db_t *db);

/* What the processes that write to the database share. */
chat_shared_t *chat_writer_shared(const chat_writer_queue_t *q);
/* What this process keeps of it. */
chat_kept_t *chat_writer_kept(const chat_writer_queue_t *q);
/* Only the lock between programs, for callers without a queue: the file's descriptor (-1
 * with errno); closing it releases the lock. CHAT_BUSY after 10 s. */
int chat_writer_open_lock(const char *file, apr_pool_t *pool);
apr_status_t chat_writer_lock(int fd);

#endif
