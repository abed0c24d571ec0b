/*
 * writer.h - the queue of writes to one SQLite database. Private to the store.
 */
#ifndef CHAT_STORE_WRITER_H
#define CHAT_STORE_WRITER_H

#include "store/db.h"

typedef struct chat_writer_queue_t chat_writer_queue_t;

/* FILE is the database; its lock file is made beside it when it is missing, with the
 * database's owner and mode. */
apr_status_t chat_writer_create(chat_writer_queue_t **out, chat_store_t *store,
                                const char *file, apr_pool_t *pool);

/* Queues WORK and returns when its group is committed or it was undone. Unless a leader
 * has taken the unit, gives up after 10 s with CHAT_BUSY. */
apr_status_t chat_writer_run(chat_writer_queue_t *q, chat_work_fn work, void *baton);

/* Whether nobody, in any program, is writing at this moment. */
int chat_writer_idle(chat_writer_queue_t *q);

/* The writer lock alone, for work that must not meet a writer (backup, check). */
apr_status_t chat_writer_lock(chat_writer_queue_t *q);
void chat_writer_unlock(chat_writer_queue_t *q);

#endif
