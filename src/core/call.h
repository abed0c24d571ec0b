/* SPDX-License-Identifier: Apache-2.0
 * call.h - one request as the rules see it: the site, the settings that apply, the
 * client.
 */
#ifndef CHAT_CORE_CALL_H
#define CHAT_CORE_CALL_H

#include "base/problem.h"
#include "base/status.h"
#include "core/site.h"
#include "store/event.h"
#include "store/message.h"

/* One request. Created by the httpd layer, filled by the dialect, freed with its pool. */
typedef struct chat_call_t {
    apr_pool_t *pool;
    const chat_site_t *site;
    const chat_settings_t *settings;
    chat_dialect_id_t dialect;
    apr_int64_t room;   /* the chatroom served: the settings', or the one in the path */
    apr_uint64_t epoch; /* of `room`, from before anything was read; 0: not known */
    chat_problem_t problem; /* filled when a rule returns CHAT_REFUSED */
    const char *client;     /* the address of the client as text, for log lines */
    const char *address;    /* the same as it is counted (chat_limit_address) */
    apr_time_t now;         /* when the request arrived */
    /* A client's key for "create this once", or NULL; endpoint and request hash tell two
     * requests with one key apart. */
    const char *once_key;
    const char *once_endpoint;
    const char *once_hash; /* CHAT_HASH_HEX characters */
    const char *account;   /* its name, once the rules know it; for the access log */
    apr_int64_t guest;     /* the account of its token, when that is a guest's; else 0 */
    unsigned limited;      /* kinds that this call was counted for, a bit for each */
    chat_quota_t counted;  /* ... and where, so that it can be taken back */
} chat_call_t;

/* Shorthands that fill the call's problem and return CHAT_REFUSED. */
apr_status_t chat_call_refuse(chat_call_t *c, chat_problem_code_t code,
                              const char *field);
apr_status_t chat_call_refuse_detail(chat_call_t *c, chat_problem_code_t code,
                                     const char *field, const char *detail);

/* Logs that what a browser added for the page STRANGER does not count. */
void chat_call_refuse_origin(const chat_call_t *c, const char *stranger);

/* Counts a page of messages of KIND (CHAT_READ_..., base/metrics.h) if RV says that it
 * was read; returns RV. */
apr_status_t chat_call_read(const chat_call_t *c, int kind, apr_status_t rv);

/* Begins a read of the site's store, see chat_store_begin(). */
apr_status_t chat_call_begin(chat_tx_t **tx, const chat_call_t *c);

/* Whether an account made at CREATED is a new one, as those of a raid are. */
int chat_call_young(const chat_call_t *c, apr_time_t created);

/* Counts one event of KIND for the call's address, or refuses with CHAT_P_RATE. A kind
 * counts once for a call. Of all machines together, so outside of units. */
apr_status_t chat_call_limit(chat_call_t *c, chat_limit_kind_t kind);
/* The same for ACCOUNT, and with a larger share for the address; BYTES
 * are what a text has (CHAT_LIMIT_KILOBYTES). A unit may run again. */
apr_status_t chat_call_limit_account(chat_call_t *c, chat_limit_kind_t kind,
                                     apr_int64_t account, apr_size_t bytes);
/* Undoes the counting, but not of the request: it created nothing. */
void chat_call_unlimit(chat_call_t *c);

/* Sets id and time of E, which is to be inserted into the log of ROOM. From here on no
 * other unit gets a number there until TX ends: what E says of rows is read after this.
 */
apr_status_t chat_event_number(chat_tx_t *tx, apr_int64_t room, chat_event_t *e);
/* The same, and inserts it. */
apr_status_t chat_event_add(chat_tx_t *tx, apr_int64_t room, chat_event_t *e);

/* Instead of a chatroom: look at the outbox. */
#define CHAT_HINT_OUTBOX 0

/* After the commit: notifies followers that ROOM has news. */
void chat_event_hint(const chat_call_t *c, apr_int64_t room);

#endif
