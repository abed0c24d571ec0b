/* SPDX-License-Identifier: Apache-2.0
 * outbox.h - rows of the outbox, of Discord links, and of requests that are done once.
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
    apr_int64_t account;      /* who caused it; 0: nobody */
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
/* Puts an undelivered item back to the start; CHAT_NOTFOUND when there is none. */
apr_status_t chat_outbox_revive(chat_tx_t *tx, apr_int64_t id, apr_time_t now);
/* How many items are in each state. */
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

/* Waiting items of KIND whose time has come, the most overdue first, at most LIMIT. */
apr_status_t chat_outbox_due(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                             chat_outbox_kind_t kind, apr_time_t now, int limit,
                             apr_pool_t *pool);
/* Counts an attempt and takes ITEM until UNTIL: no other deliverer gets it before. 0 in
 * *TAKEN when another one was faster. */
apr_status_t chat_outbox_take(int *taken, chat_tx_t *tx, const chat_outbox_item_t *item,
                              apr_time_t until);
/* How the attempt ended: O's state, next, reason and, when it is over, done and payload.
 */
apr_status_t chat_outbox_settle(chat_tx_t *tx, const chat_outbox_item_t *o);

typedef struct chat_link_t {
    apr_int64_t account;
    const char *account_name; /* only when read */
    const char *name;         /* what the account calls the target */
    const char *name_key;
    int person; /* a person, else a channel */
    const char *discord_id;
} chat_link_t;

apr_status_t chat_link_find(chat_link_t *out, chat_tx_t *tx, apr_int64_t account,
                            const char *key, apr_pool_t *pool);
apr_status_t chat_link_put(chat_tx_t *tx, const chat_link_t *link, apr_time_t now);
/* CHAT_NOTFOUND when there is none. */
apr_status_t chat_link_delete(chat_tx_t *tx, apr_int64_t account, const char *key);
apr_status_t chat_link_all(chat_link_t **out, int *n, chat_tx_t *tx, apr_int64_t room,
                           apr_pool_t *pool);

/* A creating request with an Idempotency-Key: KEY is the keyed hash of who, where and the
 * client's key; REQUEST_HASH that of the request. */
apr_status_t chat_once_find(const char **request_hash, apr_int64_t *result, chat_tx_t *tx,
                            const char *key, apr_pool_t *pool);
/* CHAT_CONFLICT when the key is known. */
apr_status_t chat_once_insert(chat_tx_t *tx, const char *key, const char *request_hash,
                              apr_int64_t result, apr_time_t now);

#endif
