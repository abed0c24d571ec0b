/* SPDX-License-Identifier: Apache-2.0
 * admin_remote.h - an administrator's view of the whole database, for a client: the work
 * of admin_local.h for a client that authenticates.
 *
 * Every function asks for an open account of the call's chatroom with the rank of an
 * administrator: CHAT_P_NOT_LOGGED_IN, CHAT_P_NOT_ADMIN. That account reaches every
 * chatroom of the database. Changes are logged with the account that made them.
 */
#ifndef CHAT_CORE_ADMIN_REMOTE_H
#define CHAT_CORE_ADMIN_REMOTE_H

#include "core/admin_local.h"
#include "core/auth.h"

/* Longest page. */
#define CHAT_ADMIN_PAGE_MAX 100

/* The question alone. */
apr_status_t chat_admin_remote_check(chat_call_t *c, const chat_auth_t *auth);

typedef struct chat_admin_remote_overview_t {
    chat_admin_stats_t stats;
    chat_sockets_t sockets;
    int running; /* the daemon was asked; without it `sockets` has nothing but 0 */
    apr_int64_t account; /* the account that asks */
} chat_admin_remote_overview_t;
apr_status_t chat_admin_remote_overview(chat_admin_remote_overview_t *out, chat_call_t *c,
                                        const chat_auth_t *auth);

typedef struct chat_admin_remote_rooms_t {
    chat_room_listed_t *list;
    int n, more;                /* more: there are others behind these */
    const apr_int64_t *sockets; /* of each; NULL: not known */
} chat_admin_remote_rooms_t;
/* Chatrooms with an id above AFTER, at most COUNT. */
apr_status_t chat_admin_remote_rooms(chat_admin_remote_rooms_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t after,
                                     int count);

typedef struct chat_admin_remote_accounts_t {
    chat_account_t *list;
    int n, more;
    const apr_int64_t *sockets;
} chat_admin_remote_accounts_t;
/* RANGE: its room 0 means the call's, its prefix may have any spelling. CHAT_P_NO_ROOM.
 */
apr_status_t chat_admin_remote_accounts(chat_admin_remote_accounts_t *out, chat_call_t *c,
                                        const chat_auth_t *auth,
                                        const chat_account_range_t *range);

/* What an account is to become; -1: as it is. */
typedef struct chat_admin_remote_edit_t {
    apr_int64_t id;
    int rank;
    int banned; /* 0 opens a banned account and leaves others as they are */
} chat_admin_remote_edit_t;
/* Changes an account of any chatroom: OUT gets it, a page of one, as it is then.
 * CHAT_P_NO_ACCOUNT, CHAT_P_SELF for the caller's own. */
apr_status_t chat_admin_remote_edit(chat_admin_remote_accounts_t *out, chat_call_t *c,
                                    const chat_auth_t *auth,
                                    const chat_admin_remote_edit_t *edit);

typedef struct chat_admin_remote_outbox_t {
    chat_outbox_item_t *list;
    int n, more;
} chat_admin_remote_outbox_t;
/* Without account, target and payload. */
apr_status_t chat_admin_remote_outbox(chat_admin_remote_outbox_t *out, chat_call_t *c,
                                      const chat_auth_t *auth,
                                      const chat_outbox_range_t *range);

/* Has an item that was given up, or had no target, delivered from now on. CHAT_P_NO_ITEM,
 * CHAT_P_ITEM_STATE for others. */
apr_status_t chat_admin_remote_retry(chat_outbox_item_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t id);

#endif
