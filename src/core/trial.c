/* SPDX-License-Identifier: Apache-2.0 */
/* What a site is tried with. */
#include "core/trial.h"

#include "base/name.h"
#include "core/accounts.h"
#include "core/auth.h"
#include "store/approval.h"
#include "store/trial.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Old enough for every rule about new accounts. */
#define AGE apr_time_from_sec(30 * 24 * 3600)
/* No trial lasts so long: its process id is another program's. */
#define LONGEST 600
#define LETTERS "abcdefghijkmnopqrstuvwxyz"

typedef struct trial_work_t {
    chat_call_t *call;
    chat_trial_t *trial;
    int open;
    apr_int64_t number; /* the chatroom's last one before */
    const char *visitor;
} trial_work_t;

static const char *random_text(const char *before, apr_size_t n, apr_pool_t *pool)
{
    char *text = apr_pcalloc(pool, n + 1);
    chat_random_text(text, n, LETTERS);
    return apr_pstrcat(pool, before, text, NULL);
}

/* Machines that share a database have their own processes, and so have containers. */
static const char *host_of(apr_pool_t *pool)
{
    char *name = apr_pcalloc(pool, APRMAXHOSTLEN + 1);
    return apr_gethostname(name, APRMAXHOSTLEN, pool) == APR_SUCCESS ? name : "";
}

/* "check:WHICH:PROCESS:NUMBER:SECONDS:HOST" */
static const char *mark_of(const trial_work_t *w, const char *which)
{
    return apr_psprintf(
        w->call->pool,
        CHAT_TRIAL_MARK "%s:%ld:%" APR_INT64_T_FMT ":%" APR_INT64_T_FMT ":%s", which,
        (long)getpid(), w->number, apr_time_sec(w->call->now), host_of(w->call->pool));
}

static apr_status_t put_account(trial_work_t *w, chat_tx_t *tx, chat_account_t *a,
                                const char *which)
{
    apr_int64_t id;
    apr_status_t rv = chat_account_insert(&id, tx, a, NULL);
    a->who.id = id;
    if (rv == APR_SUCCESS)
        rv = chat_external_set(tx, a, mark_of(w, which), w->call->pool);
    if (rv == APR_SUCCESS)
        rv = chat_account_hide(tx, id);
    return rv == APR_SUCCESS ? chat_account_set_hidden(tx, id, 1) : rv;
}

/* Generations are above all that an account reaches by itself: a later account with that
 * id gets other tokens. */
static apr_status_t put_token(trial_work_t *w, chat_tx_t *tx)
{
    chat_call_t *c = w->call;
    apr_int64_t generation = apr_time_sec(c->now), id = w->trial->reader.who.id;
    chat_auth_t auth;
    chat_uuid_token(w->trial->token, &c->site->secret, id, generation);
    chat_auth_token(&auth, c, w->trial->token);
    return chat_account_set_token(tx, id, generation, auth.hash);
}

static apr_status_t put_channel(trial_work_t *w, chat_tx_t *tx, chat_channel_t *ch)
{
    const chat_trial_t *trial = w->trial;
    /* who keeps order is free of slow mode */
    chat_membership_t m = {.channel = ch->id, .permissions = 7, .joined = 1};
    const chat_account_t *members[] = {&trial->sender, &trial->reader};
    apr_status_t rv = chat_trial_channel(ch, tx, ch->name, trial->sender.who.id);
    for (int i = 0; rv == APR_SUCCESS && i < 2; i++) {
        m.account = members[i]->who.id;
        rv = chat_membership_put(tx, &m, w->call->now);
    }
    return rv;
}

static apr_status_t put_all(chat_tx_t *tx, void *baton)
{
    trial_work_t *w = baton;
    chat_trial_t *trial = w->trial;
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, w->call->room, w->call->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(w->call, CHAT_P_NO_ROOM, "room");
    if (rv != APR_SUCCESS)
        return rv;
    trial->room_uuid = room.uuid;
    w->number = room.last_number;
    /* the first goes first: its list has the other */
    rv = put_account(w, tx, &trial->reader, "a");
    if (rv == APR_SUCCESS)
        rv = put_account(w, tx, &trial->sender, "b");
    if (rv == APR_SUCCESS)
        rv = put_token(w, tx);
    /* for ChatApprovedLists */
    if (rv == APR_SUCCESS)
        rv = chat_approval_insert(tx, trial->reader.who.id, trial->sender.who.id,
                                  w->call->now);
    if (rv == APR_SUCCESS)
        rv = chat_approval_set(tx, trial->reader.who.id, trial->sender.who.id,
                               CHAT_APPROVAL_APPROVED);
    if (rv == APR_SUCCESS)
        rv = put_channel(w, tx, &trial->channel);
    return rv == APR_SUCCESS && w->open ? put_channel(w, tx, &trial->open) : rv;
}

static void name_channel(chat_channel_t *ch, const trial_work_t *w, int open)
{
    *ch = (chat_channel_t){.id = -w->call->now - open,
                           .room = w->call->room,
                           .uuid = chat_uuid_new(w->call->pool),
                           .name = random_text("check-", 8, w->call->pool),
                           .creator = w->trial->sender.who.name,
                           .public = open,
                           .created = w->call->now};
}

apr_status_t chat_trial_begin(chat_trial_t *out, chat_call_t *c, int open)
{
    trial_work_t w = {.call = c, .trial = out, .open = open};
    chat_account_t *accounts[] = {&out->sender, &out->reader};
    apr_status_t rv = APR_SUCCESS;
    *out = (chat_trial_t){.password = random_text("Aa1!", 12, c->pool)};
    for (int i = 0; rv == APR_SUCCESS && i < 2; i++) {
        rv = chat_account_prepare(accounts[i], c, random_text("check_", 8, c->pool));
        accounts[i]->created = c->now - AGE;
        if (rv == APR_SUCCESS)
            rv = chat_account_hash(&accounts[i]->password_hash, c, accounts[i]->created,
                                   out->password);
    }
    name_channel(&out->channel, &w, 0);
    name_channel(&out->open, &w, 1);
    return rv == APR_SUCCESS ? chat_store_write(c->site->store, put_all, &w) : rv;
}

/* Whether the trial is another program's that still runs; *NUMBER: see mark_of(). */
static int is_running(apr_int64_t *number, const chat_call_t *c, const char *external)
{
    const char *text = external + sizeof(CHAT_TRIAL_MARK "a:") - 1;
    char *end;
    long process = strtol(text, &end, 10);
    apr_int64_t seconds;
    *number = apr_strtoi64(*end ? end + 1 : end, &end, 10);
    seconds = apr_strtoi64(*end ? end + 1 : end, &end, 10);
    if (apr_time_sec(c->now) - seconds >= LONGEST)
        return 0;
    return strcmp(*end ? end + 1 : end, host_of(c->pool)) != 0 ||
           (process != getpid() && (!kill((pid_t)process, 0) || errno != ESRCH));
}

static apr_status_t drop_all(chat_tx_t *tx, void *baton)
{
    trial_work_t *w = baton;
    chat_call_t *c = w->call;
    chat_trial_account_t *list;
    int n;
    apr_status_t rv = chat_trial_list(&list, &n, tx, c->room, c->pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        apr_int64_t number;
        if (!is_running(&number, c, list[i].external))
            rv = chat_trial_drop(tx, c->room, list[i].id, number);
    }
    return rv;
}

apr_status_t chat_trial_end(chat_call_t *c)
{
    trial_work_t w = {.call = c};
    return chat_store_write(c->site->store, drop_all, &w);
}

static apr_status_t forget(chat_tx_t *tx, void *baton)
{
    const trial_work_t *w = baton;
    return chat_trial_drop_visitor(tx, w->visitor);
}

apr_status_t chat_trial_forget(chat_call_t *c, const char *id)
{
    chat_auth_t auth;
    trial_work_t w = {.call = c};
    chat_auth_session(&auth, c, id);
    w.visitor = auth.hash;
    return chat_store_write(c->site->store, forget, &w);
}
