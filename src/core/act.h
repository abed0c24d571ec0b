/* SPDX-License-Identifier: Apache-2.0
 * act.h - acts of moderation: what all of them share, and their log.
 *
 * An act is done for an account that authenticates, or for the administrator's tool. Its
 * unit finds the actor, the account and the channel it is about, asks core/policy.h, does
 * the work, and ends with chat_act_record: an act without an entry in the audit log does
 * not happen. Functions that take a chat_act_t open their own unit where they are in
 * mutes.h, bans.h, ...; those here run inside it.
 */
#ifndef CHAT_CORE_ACT_H
#define CHAT_CORE_ACT_H

#include "core/auth.h"
#include "core/policy.h"
#include "store/audit.h"
#include "store/channel.h"
#include "store/message.h"

typedef struct chat_act_t {
    chat_call_t *call;
    const chat_auth_t *auth; /* NULL: the tool, which may everything */
    /* what was asked, as typed; NULL and 0: not said */
    const char *username, *channel_name, *reason;
    apr_int64_t seconds; /* how long; 0: without an end */
    /* found in the unit */
    chat_identity_t who, target;
    chat_channel_t channel; /* with the rights of WHO */
    apr_int64_t owner;      /* of the chatroom */
    apr_time_t until;       /* from SECONDS; 0: no end */
    chat_audit_t entry;     /* what chat_act_record adds to: message, target */
} chat_act_t;

/* The actor; counts it as a change. CHAT_P_NOT_LOGGED_IN, CHAT_P_NO_ROOM. */
apr_status_t chat_act_begin(chat_act_t *a, chat_tx_t *tx);
/* The same for a read, which it begins. */
apr_status_t chat_act_look(chat_act_t *a, chat_tx_t **tx);
/* The channel, or CHAT_P_NO_CHANNEL; without a name there is none. */
apr_status_t chat_act_channel(chat_act_t *a, chat_tx_t *tx);
/* The target, an account that is not closed: CHAT_P_NO_ACCOUNT, CHAT_P_SELF,
 * CHAT_P_ABOVE (in the channel, if there is one). */
apr_status_t chat_act_target(chat_act_t *a, chat_tx_t *tx);
/* CHAT_P_NOT_AUTHOR unless the actor may do ACTION to M, whose channel it finds. */
apr_status_t chat_act_message(chat_act_t *a, chat_tx_t *tx, chat_action_t action,
                              const chat_message_t *m);
/* M's author as the target, with the refusals of chat_act_target; none when there is no
 * such account any more. */
apr_status_t chat_act_author(chat_act_t *a, chat_tx_t *tx, const chat_message_t *m);
/* CHAT_P_NOT_OWNER unless the actor may do ACTION (in the channel, if there is one). */
apr_status_t chat_act_may(chat_act_t *a, chat_action_t action);
/* Adds the entry to the audit log: the word ACT and all that was found. */
apr_status_t chat_act_record(chat_act_t *a, chat_tx_t *tx, const char *act);
/* The actor's rank; an owner counts as an administrator. Not inside a unit. */
apr_status_t chat_act_rank(int *rank, chat_act_t *a);
/* Runs FN with BATON as a write and hints at what happened. */
apr_status_t chat_act_run(chat_act_t *a, chat_work_fn fn, void *baton);

typedef struct chat_audit_list_t {
    chat_audit_t *list;
    int n;
} chat_audit_list_t;
/* The audit log of the chatroom, for moderators: at most COUNT entries with an id below
 * BEFORE (0: from the newest); of a->username alone when it is given. */
apr_status_t chat_audit_read(chat_audit_list_t *out, chat_act_t *a, apr_int64_t before,
                             int count);

#endif
