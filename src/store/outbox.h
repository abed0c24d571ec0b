/* SPDX-License-Identifier: Apache-2.0
 * outbox.h - rows of the outbox: items to deliver outside.
 */
#ifndef CHAT_STORE_OUTBOX_H
#define CHAT_STORE_OUTBOX_H

#include "store/store.h"

typedef enum chat_outbox_kind_t {
    CHAT_OUTBOX_DISCORD_WEBHOOK = 1, /* target: none; payload: the text */
    CHAT_OUTBOX_DISCORD_CHANNEL = 2, /* target: Discord's channel id */
    CHAT_OUTBOX_DISCORD_PERSON = 3,  /* target: Discord's user id */
    CHAT_OUTBOX_MAIL = 4
} chat_outbox_kind_t;

typedef enum chat_outbox_state_t {
    CHAT_OUTBOX_WAITING,
    CHAT_OUTBOX_DELIVERED,
    CHAT_OUTBOX_GIVEN_UP,
    CHAT_OUTBOX_NO_TARGET,
    CHAT_OUTBOX_STATES
} chat_outbox_state_t;

typedef struct chat_outbox_item_t {
    apr_int64_t id, room;
    chat_outbox_kind_t kind;
    apr_int64_t account;      /* the sender, or 0 */
    const char *account_name; /* only when read */
    const char *target;       /* or NULL */
    const char *payload;
    chat_outbox_state_t state;
    apr_int64_t attempts;
    apr_time_t next;          /* not before */
    const char *reason;       /* of the last failure, or NULL */
    apr_time_t created, done; /* done 0: not yet */
} chat_outbox_item_t;

apr_status_t chat_outbox_insert(apr_int64_t *id, chat_tx_t *tx,
                                const chat_outbox_item_t *o);
/* Items with an id above AFTER, at most LIMIT. */
apr_status_t chat_outbox_page(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                              apr_int64_t after, int limit, apr_pool_t *pool);
/* Makes an undelivered item start again; CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_outbox_revive(chat_tx_t *tx, apr_int64_t id, apr_time_t now);
/* How many items are in each state. */
/* How many items wait, and since when the oldest does, or 0. */
apr_status_t chat_outbox_waiting(apr_int64_t *n, apr_time_t *since, chat_tx_t *tx);
/* How many there are of each state. */
apr_status_t chat_outbox_count(apr_int64_t counts[CHAT_OUTBOX_STATES], chat_tx_t *tx);
/* Items with an id below BEFORE, the newest first, at most LIMIT; of STATE, or of all
 * when it is CHAT_OUTBOX_STATES. Without account, target and payload. */
typedef struct chat_outbox_range_t {
    apr_int64_t before;
    chat_outbox_state_t state;
    int limit;
} chat_outbox_range_t;
apr_status_t chat_outbox_range(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                               const chat_outbox_range_t *range, apr_pool_t *pool);
/* Without account, target and payload, too. */
apr_status_t chat_outbox_by_id(chat_outbox_item_t *out, chat_tx_t *tx, apr_int64_t id,
                               apr_pool_t *pool);

/* ---- delivery ----
 * An item is claimed before it is sent and finished afterwards; between the two no other
 * worker may claim it until its lease ends. The number of the attempt distinguishes
 * one claim from the next, so that a worker that was thought dead cannot finish an item
 * that another has taken over. */

/* The first waiting item of each account for each target of KIND, where it is due, the
 * most overdue first, at most LIMIT; `created` is when its time to be delivered began. */
apr_status_t chat_outbox_heads(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                               chat_outbox_kind_t kind, apr_time_t now, int limit,
                               apr_pool_t *pool);

/* Claims O until LEASE and counts the attempt. CHAT_NOTFOUND when another worker was
 * faster. O is left as it is: this may run twice. */
apr_status_t chat_outbox_claim(chat_tx_t *tx, const chat_outbox_item_t *o, apr_time_t now,
                               apr_time_t lease);

/* Writes O's state, attempts, next, reason and done, when claim number ATTEMPT still
 * holds; otherwise nothing. A delivered item loses its payload: it is not needed again,
 * and a password can be derived from a mail's. */
apr_status_t chat_outbox_finish(chat_tx_t *tx, const chat_outbox_item_t *o,
                                apr_int64_t attempt);

/* Makes all claimed items due: for a worker that is the only one. */
apr_status_t chat_outbox_release(chat_tx_t *tx, apr_time_t now);

#endif
