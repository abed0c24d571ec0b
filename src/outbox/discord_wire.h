/* SPDX-License-Identifier: Apache-2.0
 * discord_wire.h - requests to Discord's API and the meaning of its answers. Pure.
 */
#ifndef CHAT_OUTBOX_DISCORD_WIRE_H
#define CHAT_OUTBOX_DISCORD_WIRE_H

#include "base/crypt.h"
#include "outbox/worker.h"

#define CHAT_NONCE_SIZE 25 /* Discord accepts 25 characters */

typedef struct chat_verdict_t {
    chat_outcome_t outcome;
    apr_interval_time_t wait; /* before the next attempt; 0: as the worker thinks */
    int everywhere;           /* ... of any target */
    int unauthorized;
    int bucket_empty;                /* this was the last one that the limit allows ... */
    apr_interval_time_t bucket_wait; /* ... until then */
    const char *reason;
    const char *id; /* of the created message: the answer's "id", digits; or NULL */
} chat_verdict_t;

/* Execute Webhook; USERNAME may be NULL. */
const char *chat_discord_webhook_body(const char *text, const char *username,
                                      apr_pool_t *pool);
/* Create Message: with a nonce that Discord enforces. */
const char *chat_discord_message_body(const char *text, const char *nonce,
                                      apr_pool_t *pool);
/* Create DM. */
const char *chat_discord_dm_body(const char *user, apr_pool_t *pool);

/* The same for the same item at every attempt, different for each item of all sites. */
void chat_discord_nonce(char out[CHAT_NONCE_SIZE], const chat_secret_t *secret,
                        apr_int64_t item);

/* The webhook's URL, extended so that the answer shows whether it was posted. */
const char *chat_discord_webhook_url(const char *url, apr_pool_t *pool);

/* REPEATABLE: the request may be repeated without harm, so an answer that is not
 * understood is a failure. */
void chat_discord_judge(chat_verdict_t *out, const chat_http_answer_t *a, int repeatable,
                        apr_pool_t *pool);

#endif
