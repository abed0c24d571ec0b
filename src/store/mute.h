/* SPDX-License-Identifier: Apache-2.0
 * mute.h - rows of mutes, and the pace of channels in slow mode.
 */
#ifndef CHAT_STORE_MUTE_H
#define CHAT_STORE_MUTE_H

#include "store/store.h"

typedef struct chat_mute_t {
    apr_int64_t account;
    apr_int64_t channel; /* 0: the whole chatroom */
    apr_time_t until;    /* 0: no end */
    apr_int64_t actor;   /* account, or 0 */
    const char *reason;  /* or NULL */
} chat_mute_t;

/* Mutes, or changes the mute there is. */
apr_status_t chat_mute_put(chat_tx_t *tx, const chat_mute_t *m, apr_time_t now);
/* CHAT_NOTFOUND when the account is not muted there. */
apr_status_t chat_mute_delete(chat_tx_t *tx, apr_int64_t account, apr_int64_t channel);
/* The end (0: none) of the mute that keeps ACCOUNT from sending to CHANNEL (0: a direct
 * message); CHAT_NOTFOUND: it may. An account whose `muted` is 0 needs no look. */
apr_status_t chat_mute_find(apr_time_t *until, chat_tx_t *tx, apr_int64_t account,
                            apr_int64_t channel, apr_time_t now);

/* A mute with names. */
typedef struct chat_muted_t {
    const char *name, *channel; /* NULL: the whole chatroom */
    apr_time_t until;           /* 0: no end */
    const char *actor;          /* NULL: the tool */
    const char *reason;         /* or NULL */
    apr_time_t created;
} chat_muted_t;
typedef struct chat_muted_list_t {
    chat_muted_t *list;
    int n;
} chat_muted_list_t;
/* At most LIMIT of ROOM that count at NOW, the newest first. */
apr_status_t chat_mute_list(chat_muted_list_t *out, chat_tx_t *tx, apr_int64_t room,
                            apr_time_t now, int limit, apr_pool_t *pool);

/* Notes that ACCOUNT sends to CHANNEL at NOW unless it did within SPAN: then *WAIT is
 * what is left of it. *WAIT 0: it may send. */
apr_status_t chat_slow_take(apr_interval_time_t *wait, chat_tx_t *tx, apr_int64_t account,
                            apr_int64_t channel, apr_time_t now,
                            apr_interval_time_t span);

#endif
