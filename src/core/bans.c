/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of bans; a raid. */
#include "core/bans.h"

#include "base/bounds.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/messages.h"
#include "core/reactions.h"

#include <apr_strings.h>

apr_status_t chat_ban_may(chat_act_t *a)
{
    int brief = a->seconds && a->seconds <= CHAT_MODERATOR_BAN_SECONDS;
    return chat_act_may(a, brief ? CHAT_MAY_MODERATE : CHAT_MAY_BAN);
}

static apr_status_t shut_out(chat_act_t *a, chat_tx_t *tx)
{
    apr_status_t rv =
        chat_account_set_state(tx, a->target.id, CHAT_ACCOUNT_BANNED, a->until);
    return rv == APR_SUCCESS ? chat_account_revoke(tx, &a->target) : rv;
}

apr_status_t chat_ban_target(chat_act_t *a, chat_tx_t *tx)
{
    apr_status_t rv;
    /* Lifting the ban would open the account without the proof of its address. */
    if (a->target.state == CHAT_ACCOUNT_PENDING)
        return chat_call_refuse(a->call, CHAT_P_INVALID, "banned");
    rv = shut_out(a, tx);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "ban") : rv;
}

apr_status_t chat_unban_target(chat_act_t *a, chat_tx_t *tx)
{
    apr_status_t rv = chat_account_set_state(tx, a->target.id, CHAT_ACCOUNT_OPEN, 0);
    if (rv == APR_SUCCESS)
        rv = chat_account_changed(tx, &a->target);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "unban") : rv;
}

apr_status_t chat_rank_target(chat_act_t *a, chat_tx_t *tx, int rank)
{
    apr_status_t rv = chat_account_set_rank(tx, a->target.id, rank);
    if (rv == APR_SUCCESS)
        rv = chat_account_changed(tx, &a->target);
    a->reason = apr_psprintf(a->call->pool, "rank %d, was %d", rank, a->target.rank);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "rank") : rv;
}

static apr_status_t ban(chat_tx_t *tx, void *baton)
{
    chat_act_t *a = baton;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_ban_may(a);
    if (rv == APR_SUCCESS)
        rv = chat_act_target(a, tx);
    return rv == APR_SUCCESS ? chat_ban_target(a, tx) : rv;
}

static apr_status_t unban(chat_tx_t *tx, void *baton)
{
    chat_act_t *a = baton;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, CHAT_MAY_BAN);
    if (rv == APR_SUCCESS)
        rv = chat_act_target(a, tx);
    if (rv == APR_SUCCESS && a->target.state == CHAT_ACCOUNT_BANNED)
        rv = chat_unban_target(a, tx);
    return rv;
}

apr_status_t chat_ban(chat_act_t *a)
{
    return chat_act_run(a, ban, a);
}

apr_status_t chat_unban(chat_act_t *a)
{
    return chat_act_run(a, unban, a);
}

/* ---- a raid ---- */

#define RAIDERS_AT_ONCE 100

typedef struct raid_t {
    chat_act_t *act;
    apr_time_t since;
    apr_int64_t after; /* the account that was dealt with last */
    chat_accounts_t found;
    apr_int64_t accounts, messages;
} raid_t;

static apr_status_t shut_out_some(chat_tx_t *tx, void *baton)
{
    raid_t *r = baton;
    chat_act_t *a = r->act;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_account_since(&r->found, tx, a->who.room, r->since, r->after,
                                RAIDERS_AT_ONCE, a->call->pool);
    for (int i = 0; rv == APR_SUCCESS && i < r->found.n; i++) {
        a->target = r->found.list[i].who;
        if (a->target.id == a->owner)
            continue;
        rv = shut_out(a, tx);
        if (rv == APR_SUCCESS)
            rv = chat_account_hide(tx, a->target.id);
    }
    a->target.id = 0;
    return rv;
}

/* The last one's channels go with it: a name can be abuse, too. */
static apr_status_t drop_channels(chat_tx_t *tx, void *baton)
{
    raid_t *r = baton;
    chat_act_t *a = r->act;
    chat_channels_t made;
    apr_status_t rv = chat_act_begin(a, tx);
    if (rv == APR_SUCCESS)
        rv = chat_channel_made_by(&made, tx, a->who.room, r->after, a->call->pool);
    for (int i = 0; rv == APR_SUCCESS && i < made.n; i++)
        rv = chat_channel_drop(a->call, tx, a->who.room, made.list[i].id);
    return rv;
}

static apr_status_t delete_said(raid_t *r, const chat_identity_t *who)
{
    apr_int64_t before = 0, n;
    apr_status_t rv;
    int more = 1;
    do {
        rv = chat_messages_erase(&before, &n, r->act->call, who);
        r->messages += n;
    } while (rv == APR_SUCCESS && before);
    while (rv == APR_SUCCESS && more)
        rv = chat_reactions_erase(&more, r->act->call, who);
    return rv;
}

static apr_status_t record_raid(chat_tx_t *tx, void *baton)
{
    raid_t *r = baton;
    chat_act_t *a = r->act;
    apr_status_t rv = chat_act_begin(a, tx);
    a->reason = apr_psprintf(a->call->pool,
                             "%" APR_INT64_T_FMT " accounts banned, %" APR_INT64_T_FMT
                             " messages deleted",
                             r->accounts, r->messages);
    return rv == APR_SUCCESS ? chat_act_record(a, tx, "raid undo") : rv;
}

apr_status_t chat_raid_undo(apr_int64_t *accounts, apr_int64_t *messages, chat_act_t *a,
                            apr_time_t since)
{
    raid_t r = {.act = a, .since = since};
    apr_status_t rv = APR_SUCCESS;
    r.found.n = RAIDERS_AT_ONCE;
    while (rv == APR_SUCCESS && r.found.n == RAIDERS_AT_ONCE) {
        rv = chat_act_run(a, shut_out_some, &r);
        for (int i = 0; rv == APR_SUCCESS && i < r.found.n; i++) {
            const chat_identity_t *who = &r.found.list[i].who;
            r.after = who->id;
            if (who->id == a->owner)
                continue;
            r.accounts++;
            rv = chat_act_run(a, drop_channels, &r);
            if (rv == APR_SUCCESS)
                rv = delete_said(&r, who);
        }
    }
    if (rv == APR_SUCCESS)
        rv = chat_act_run(a, record_raid, &r);
    *accounts = r.accounts;
    *messages = r.messages;
    return rv;
}
