/* SPDX-License-Identifier: Apache-2.0
 * worker.h - delivers the outbox of one database, in a thread: a commit waits for the
 * disk, and the realtime loop must not.
 *
 * Each kind of item has a sender. The worker finds the first waiting item of each account
 * for each target, claims it (durably, before anything leaves), gives it to its sender,
 * and writes the result. A failure is retried after 1, 2, 4 ... 300 seconds, each with
 * jitter, until CHAT_WORKER_GIVE_UP after the item was created (or revived); then it is
 * given up. Order is kept per account and target; a target gets one item at a time, from
 * its accounts in turn. On SQLite a lock file allows one worker per database, which
 * immediately takes over the items of a killed one; on PostgreSQL such an item waits for
 * its lease to end.
 */
#ifndef CHAT_OUTBOX_WORKER_H
#define CHAT_OUTBOX_WORKER_H

#include "core/call.h"
#include "outbox/http.h"
#include "store/outbox.h"

#define CHAT_WORKER_GIVE_UP apr_time_from_sec(24 * 3600)

typedef struct chat_worker_t chat_worker_t;

/* One attempt. */
typedef struct chat_delivery_t {
    chat_outbox_item_t item; /* attempts counts this one */
    apr_int64_t claim;       /* the number under which it was claimed */
    apr_pool_t *pool;
    chat_worker_t *worker;
    struct chat_delivery_t *next; /* under way, then ended */
} chat_delivery_t;

typedef enum chat_outcome_t {
    CHAT_OUTCOME_DELIVERED,
    CHAT_OUTCOME_FAILED, /* may succeed later */
    CHAT_OUTCOME_HELD,   /* a rate limit; not counted as an attempt */
    CHAT_OUTCOME_REFUSED /* cannot succeed */
} chat_outcome_t;

#define CHAT_SENDER_MOST 8

typedef struct chat_sender_t {
    chat_outbox_kind_t kind;
    int most; /* attempts at a time, at most CHAT_SENDER_MOST */
    /* From when on the item's target accepts it; in the past: now. NULL: always now. */
    apr_time_t (*free_at)(void *baton, const chat_outbox_item_t *item);
    /* Begins; chat_delivery_end is called once, in here or later. Must not wait. */
    void (*start)(void *baton, chat_delivery_t *d);
    /* Advances running deliveries, where that is not chat_http_t's work; NULL. Returns
     * after how many milliseconds it is to be called again, 0: any time. */
    int (*turn)(void *baton);
    void *baton;
} chat_sender_t;

typedef struct chat_worker_config_t {
    const char *name; /* of the site, for the log */
    const chat_database_t *database;
    chat_metrics_t *metrics; /* NULL: nothing is counted */
    chat_log_t log;
} chat_worker_config_t;

/* Opens a connection of its own. *WHY is the failure, as text. */
apr_status_t chat_worker_create(chat_worker_t **out, const char **why,
                                const chat_worker_config_t *config);
/* What lives as long as the worker; for its senders only, before it runs and then in its
 * thread. */
apr_pool_t *chat_worker_pool(chat_worker_t *w);
chat_http_t *chat_worker_http(chat_worker_t *w);

/* Before chat_worker_run; SENDER is copied. */
void chat_worker_add(chat_worker_t *w, const chat_sender_t *sender);
apr_status_t chat_worker_run(chat_worker_t *w);
/* There may be something new. From any thread. */
void chat_worker_wake(chat_worker_t *w);
/* Claims nothing more; running deliveries have two seconds to end. */
void chat_worker_halt(chat_worker_t *w);
/* Halts it, waits until it has stopped, and frees it. */
void chat_worker_stop(chat_worker_t *w);

/* NOT_BEFORE: when the next attempt may be at the earliest, or 0. REASON, in words for
 * the administrator, is copied. */
void chat_delivery_end(chat_delivery_t *d, chat_outcome_t outcome, apr_time_t not_before,
                       const char *reason);

/* Time until attempt number ATTEMPT + 1; RANDOM is any number. */
apr_interval_time_t chat_worker_backoff(apr_int64_t attempt, unsigned random);

#endif
