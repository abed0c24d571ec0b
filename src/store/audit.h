/* SPDX-License-Identifier: Apache-2.0
 * audit.h - rows of the audit log: what moderators and administrators did.
 */
#ifndef CHAT_STORE_AUDIT_H
#define CHAT_STORE_AUDIT_H

#include "store/store.h"

typedef struct chat_audit_t {
    apr_int64_t id, room;
    apr_time_t at;
    apr_int64_t actor_id;  /* account; 0: the administrator's tool */
    const char *actor;     /* name */
    const char *act;       /* one word */
    const char *target;    /* name of an account, channel or network; or NULL */
    apr_int64_t target_id; /* account, or 0 */
    apr_int64_t message;   /* id, or 0 */
    apr_int64_t channel;   /* id, or 0 */
    const char *reason;    /* and what else belongs to the act; or NULL */
} chat_audit_t;

apr_status_t chat_audit_insert(chat_tx_t *tx, const chat_audit_t *a);
/* At most LIMIT of LIKE's room below the id BEFORE, the newest first; only those about
 * its target_id, unless that is 0. Without room, actor_id, target_id and channel. */
apr_status_t chat_audit_page(chat_audit_t **out, int *n, chat_tx_t *tx,
                             const chat_audit_t *like, apr_int64_t before, int limit,
                             apr_pool_t *pool);
/* APR_SUCCESS when ACTOR's reading of MESSAGE, of the account TARGET, is there. */
apr_status_t chat_audit_seen(chat_tx_t *tx, apr_int64_t room, apr_int64_t target,
                             apr_int64_t message, apr_int64_t actor);
/* How many there are about the account TARGET. */
apr_status_t chat_audit_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t room,
                              apr_int64_t target);

#endif
