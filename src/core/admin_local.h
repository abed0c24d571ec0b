/* SPDX-License-Identifier: Apache-2.0
 * admin_local.h - an administrator's actions from the command line: the same rules,
 * without authentication.
 *
 * All functions work in the chatroom c->room; CHAT_P_NO_ROOM for an unknown number,
 * CHAT_P_NO_ACCOUNT and CHAT_P_NO_CHANNEL for unknown names.
 */
#ifndef CHAT_CORE_ADMIN_LOCAL_H
#define CHAT_CORE_ADMIN_LOCAL_H

#include "core/act.h"
#include "core/messages.h"
#include "store/account.h"
#include "store/channel.h"
#include "store/discord.h"
#include "store/maintenance.h"
#include "store/outbox.h"

/* Creates an account with A's name, e-mail, rank and state; PASSWORD NULL: no login until
 * one is set. CHAT_P_NAME_RULE, CHAT_P_EMAIL_RULE, CHAT_P_NAME_TAKEN (field username or
 * email). */
apr_status_t chat_admin_account_add(chat_account_t *a, chat_call_t *c,
                                    const char *password);
apr_status_t chat_admin_account_show(chat_account_t *out, chat_call_t *c,
                                     const char *name);
/* Up to LIMIT accounts with an id above AFTER. */
apr_status_t chat_admin_account_list(chat_account_t **out, int *n, chat_call_t *c,
                                     apr_int64_t after, int limit);

typedef enum chat_admin_change_t {
    CHAT_ADMIN_BAN,
    CHAT_ADMIN_UNBAN,
    CHAT_ADMIN_RANK,     /* number */
    CHAT_ADMIN_PASSWORD, /* text: the new password; ends sessions, tokens and sockets */
    CHAT_ADMIN_PROFILE,  /* field and text: description, languages, location, icon, email,
                            color (RRGGBB); an empty text clears it */
    CHAT_ADMIN_REVOKE,   /* the Button token */
    CHAT_ADMIN_DELETE
} chat_admin_change_t;

typedef struct chat_admin_edit_t {
    chat_admin_change_t change;
    const char *field, *text;
    apr_int64_t number;
    apr_int64_t seconds; /* how long a ban lasts; 0: without an end */
    const char *reason;  /* of a ban, or NULL */
} chat_admin_edit_t;

/* Changes the account NAME; *OUT gets its state before the change. CHAT_P_INVALID (field)
 * for an unknown field or an invalid value, CHAT_P_EMAIL_RULE. */
apr_status_t chat_admin_account_edit(chat_account_t *out, chat_call_t *c,
                                     const char *name, const chat_admin_edit_t *edit);

/* The part of it that is BAN, UNBAN or RANK, of A's target by its actor, in the unit TX.
 */
apr_status_t chat_admin_account_judge(chat_act_t *a, chat_tx_t *tx,
                                      const chat_admin_edit_t *edit);

/* Deletes the account NAME, also one that was deleted before, and all that names it
 * (store/erasure.h); with TEXTS also what it wrote. *ERASED is the name that it has now.
 * Old bytes stay in the database until chat_store_compact(). */
apr_status_t chat_admin_account_erase(const char **erased, chat_call_t *c,
                                      const char *name, int texts);

typedef struct chat_admin_channel_t {
    const char *name, *description;
    const char *creator; /* an account that joins; or NULL */
    int public;
} chat_admin_channel_t;
apr_status_t chat_admin_channel_add(chat_channel_t *out, chat_call_t *c,
                                    const chat_admin_channel_t *wanted);
apr_status_t chat_admin_channel_list(chat_channels_t *out, chat_call_t *c);
apr_status_t chat_admin_channel_delete(chat_call_t *c, const char *name);
/* Adds RIGHTS to (GRANT) or removes them from the rights of ACCOUNT in CHANNEL. *NOW gets
 * the resulting rights. */
apr_status_t chat_admin_channel_rights(int *now, chat_call_t *c, const char *channel,
                                       const char *account, int rights, int grant);

typedef chat_room_listed_t chat_admin_room_t;
/* A chatroom with its channel `default` and no owner. */
apr_status_t chat_admin_room_add(chat_admin_room_t *out, chat_call_t *c,
                                 const char *name);
/* Up to LIMIT chatrooms with an id above AFTER; messages are not counted. */
apr_status_t chat_admin_room_list(chat_admin_room_t **out, int *n, chat_call_t *c,
                                  apr_int64_t after, int limit);
apr_status_t chat_admin_room_show(chat_admin_room_t *out, chat_call_t *c);
apr_status_t chat_admin_room_owner(chat_call_t *c, const char *name);
/* How long messages are kept, as in chat_room_t. */
apr_status_t chat_admin_room_keep(chat_call_t *c, apr_int64_t seconds);

/* Links and unlinks names that ACCOUNT uses for Discord targets. */
apr_status_t chat_admin_discord_link(chat_call_t *c, const char *account,
                                     const chat_link_t *link);
apr_status_t chat_admin_discord_unlink(chat_call_t *c, const char *account,
                                       const char *name);
apr_status_t chat_admin_discord_list(chat_link_t **out, int *n, chat_call_t *c);

apr_status_t chat_admin_outbox_list(chat_outbox_item_t **out, int *n, chat_call_t *c,
                                    apr_int64_t after, int limit);
/* CHAT_P_NO_MESSAGE when no undelivered item has that number. */
apr_status_t chat_admin_outbox_retry(chat_call_t *c, apr_int64_t id);

typedef struct chat_admin_stats_t {
    chat_totals_t all;
    apr_int64_t outbox[CHAT_OUTBOX_STATES];
} chat_admin_stats_t;
apr_status_t chat_admin_stats(chat_admin_stats_t *out, chat_call_t *c);
/* CHAT_P_NO_ROOM when the call's chatroom does not exist. */
apr_status_t chat_admin_check_room(chat_call_t *c, chat_tx_t *tx);
/* Begins a read (chat_call_begin) of that chatroom. */
apr_status_t chat_admin_begin(chat_tx_t **tx, chat_call_t *c);
/* The same as chat_admin_stats() in the unit TX. */
apr_status_t chat_admin_count(chat_admin_stats_t *out, chat_tx_t *tx);

#endif
