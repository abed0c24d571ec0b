/* SPDX-License-Identifier: Apache-2.0
 * invite.h - rows of invites. An invite's id is a secret; at rest there is only its keyed
 * hash.
 */
#ifndef CHAT_STORE_INVITE_H
#define CHAT_STORE_INVITE_H

#include "store/store.h"

typedef struct chat_invite_t {
    const char *hash; /* not read back */
    apr_int64_t room;
    apr_int64_t creator;         /* account's id; not read back */
    apr_int64_t uses;            /* left */
    apr_time_t expires, created; /* created is not read back */
} chat_invite_t;

/* CHAT_CONFLICT when there is one with that hash. */
apr_status_t chat_invite_insert(chat_tx_t *tx, const chat_invite_t *i);
/* The one of ROOM with that hash, or CHAT_NOTFOUND. */
apr_status_t chat_invite_find(chat_invite_t *out, chat_tx_t *tx, apr_int64_t room,
                              const char *hash);
/* Takes one use; CHAT_NOTFOUND when it has no uses left or has expired. */
apr_status_t chat_invite_use(chat_tx_t *tx, apr_int64_t room, const char *hash,
                             apr_time_t now);

#endif
