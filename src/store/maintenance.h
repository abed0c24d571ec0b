/* SPDX-License-Identifier: Apache-2.0
 * maintenance.h - what a database needs besides requests: cleaning, copies,
 * totals.
 */
#ifndef CHAT_STORE_MAINTENANCE_H
#define CHAT_STORE_MAINTENANCE_H

#include "store/store.h"

/* How long things are kept, in seconds; 0: forever (0 for events: none are kept).
 * Sessions count from their last use. */
#define CHAT_EVENTS_SECONDS 86400 /* that a client may be away and still catch up */
typedef struct chat_terms_t {
    apr_int64_t events, messages, sessions;
} chat_terms_t;

/* Deletes expired rows, according to TERMS and, for idempotency keys among others, to
 * terms of its own; a chatroom's own term for messages goes first. In units of 500 rows,
 * a bounded number of them per call; then, when an eighth of an SQLite file is free, a
 * megabyte goes back to the file system. *MORE: whether there is more. Adds to *MESSAGES,
 * which may be NULL, how many went. */
apr_status_t chat_store_clean(int *more, apr_int64_t *messages, chat_store_t *store,
                              const chat_terms_t *terms);

/* A consistent copy into FILE, an empty one without a link in its path, while others
 * write (SQLite's online backup). */
apr_status_t chat_store_backup(chat_store_t *store, const char *file);

/* Everything in the database. */
typedef struct chat_totals_t {
    apr_int64_t rooms, accounts, channels, messages;
    apr_int64_t bytes; /* of the database */
} chat_totals_t;
apr_status_t chat_totals(chat_totals_t *out, chat_tx_t *tx);

#endif
