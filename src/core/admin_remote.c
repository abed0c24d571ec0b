/* SPDX-License-Identifier: Apache-2.0 */
/* Administration by clients: the rules of admin_local for an account with rank 2. */
#include "core/admin_remote.h"

#include "base/name.h"
#include "core/policy.h"

#include <apr_strings.h>

typedef struct work_t {
    chat_call_t *call;
    const chat_auth_t *auth;
    chat_identity_t admin;
    apr_int64_t id;
    const chat_admin_remote_edit_t *edit;
    chat_admin_remote_accounts_t *accounts;
    chat_outbox_item_t *item;
    chat_account_t before; /* what the edited account was */
} work_t;

static apr_status_t enter(chat_identity_t *admin, chat_call_t *c, chat_tx_t *tx,
                          const chat_auth_t *auth)
{
    chat_room_t room;
    apr_status_t rv = chat_auth_resolve(admin, c, tx, auth);
    if (rv == APR_SUCCESS)
        rv = chat_room_by_id(&room, tx, admin->room, c->pool);
    return rv != APR_SUCCESS ||
                   chat_policy_allows(CHAT_MAY_GOVERN, admin, NULL, room.owner)
               ? rv
               : chat_call_refuse(c, CHAT_P_NOT_ADMIN, NULL);
}

static apr_status_t begin(chat_identity_t *admin, chat_tx_t **tx, chat_call_t *c,
                          const chat_auth_t *auth)
{
    apr_status_t rv = chat_call_begin(tx, c);
    return rv == APR_SUCCESS ? enter(admin, c, *tx, auth) : rv;
}

apr_status_t chat_admin_remote_check(chat_call_t *c, const chat_auth_t *auth)
{
    chat_identity_t admin;
    chat_tx_t *tx;
    apr_status_t rv = begin(&admin, &tx, c, auth);
    return chat_store_end(tx, rv);
}

/* One row more than was asked for shows that there are more. */
static void cut(int *n, int *more, int count)
{
    *more = *n > count;
    if (*more)
        *n = count;
}

/* ---- sockets ---- */

/* Never with a transaction open: the daemon is waited for. */
static int ask_daemon(chat_sockets_t *s, chat_call_t *c)
{
    const chat_site_t *site = c->site;
    return site->sockets && site->sockets(site->sockets_baton, s, c->pool) == APR_SUCCESS;
}

static const apr_int64_t *count_sockets(chat_call_t *c, apr_int64_t room,
                                        const apr_int64_t *ids, int n)
{
    chat_sockets_t s = {.room = room, .ids = ids, .n = n};
    return n && ask_daemon(&s, c) ? s.of : NULL;
}

static void count_accounts(chat_admin_remote_accounts_t *out, chat_call_t *c,
                           apr_int64_t room)
{
    apr_int64_t *ids = apr_palloc(c->pool, (out->n + 1) * sizeof(*ids));
    for (int i = 0; i < out->n; i++)
        ids[i] = out->list[i].who.id;
    out->sockets = count_sockets(c, room, ids, out->n);
}

/* ---- looking ---- */

apr_status_t chat_admin_remote_overview(chat_admin_remote_overview_t *out, chat_call_t *c,
                                        const chat_auth_t *auth)
{
    chat_identity_t admin = {0};
    chat_tx_t *tx;
    apr_status_t rv = begin(&admin, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_admin_count(&out->stats, tx);
    rv = chat_store_end(tx, rv);
    out->account = admin.id;
    out->sockets = (chat_sockets_t){.n = 0};
    out->running = rv == APR_SUCCESS && ask_daemon(&out->sockets, c);
    if (!out->running)
        out->sockets = (chat_sockets_t){.n = 0};
    return rv;
}

apr_status_t chat_admin_remote_rooms(chat_admin_remote_rooms_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t after,
                                     int count)
{
    chat_identity_t admin;
    chat_tx_t *tx;
    apr_int64_t *ids;
    apr_status_t rv = begin(&admin, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_room_page(&out->list, &out->n, tx, after, count + 1, c->pool);
    rv = chat_store_end(tx, rv);
    if (rv != APR_SUCCESS)
        return rv;
    cut(&out->n, &out->more, count);
    ids = apr_palloc(c->pool, (out->n + 1) * sizeof(*ids));
    for (int i = 0; i < out->n; i++)
        ids[i] = out->list[i].room.id;
    out->sockets = count_sockets(c, 0, ids, out->n);
    return APR_SUCCESS;
}

static apr_status_t list_accounts(chat_accounts_t *out, chat_call_t *c,
                                  const chat_auth_t *auth,
                                  const chat_account_range_t *range)
{
    chat_identity_t admin;
    chat_room_t room;
    chat_tx_t *tx;
    apr_status_t rv = begin(&admin, &tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = chat_room_by_id(&room, tx, range->room, c->pool);
    if (rv == CHAT_NOTFOUND)
        rv = chat_call_refuse(c, CHAT_P_NO_ROOM, "room");
    if (rv == APR_SUCCESS)
        rv = chat_account_range(out, tx, range, c->pool);
    return chat_store_end(tx, rv);
}

apr_status_t chat_admin_remote_accounts(chat_admin_remote_accounts_t *out, chat_call_t *c,
                                        const chat_auth_t *auth,
                                        const chat_account_range_t *range)
{
    chat_account_range_t wider = *range;
    chat_accounts_t found;
    apr_status_t rv;
    wider.limit++;
    if (!wider.room)
        wider.room = c->room;
    if (wider.prefix)
        wider.prefix = chat_name_fold(wider.prefix, c->pool);
    if (wider.prefix && !*wider.prefix)
        wider.prefix = NULL;
    rv = list_accounts(&found, c, auth, &wider);
    if (rv != APR_SUCCESS)
        return rv;
    out->list = found.list;
    out->n = found.n;
    cut(&out->n, &out->more, range->limit);
    count_accounts(out, c, wider.room);
    return APR_SUCCESS;
}

apr_status_t chat_admin_remote_outbox(chat_admin_remote_outbox_t *out, chat_call_t *c,
                                      const chat_auth_t *auth,
                                      const chat_outbox_range_t *range)
{
    chat_outbox_range_t wider = *range;
    chat_identity_t admin;
    chat_tx_t *tx;
    apr_status_t rv = begin(&admin, &tx, c, auth);
    wider.limit++;
    if (rv == APR_SUCCESS)
        rv = chat_outbox_range(&out->list, &out->n, tx, &wider, c->pool);
    rv = chat_store_end(tx, rv);
    if (rv == APR_SUCCESS)
        cut(&out->n, &out->more, range->limit);
    return rv;
}

/* ---- changing ---- */

/* Of two administrators who remove each other's rank at the same time, the second has
 * lost the right to. */
static apr_status_t enter_alone(work_t *w, chat_tx_t *tx, apr_int64_t other)
{
    apr_status_t rv = enter(&w->admin, w->call, tx, w->auth);
    if (rv == APR_SUCCESS)
        rv = chat_account_hold(tx, w->admin.id, other);
    return rv == APR_SUCCESS ? enter(&w->admin, w->call, tx, w->auth) : rv;
}

static apr_status_t apply(work_t *w, chat_tx_t *tx, chat_admin_change_t change)
{
    const chat_admin_edit_t edit = {.change = change, .number = w->edit->rank};
    chat_act_t a = {.call = w->call, .who = w->admin, .target = w->before.who};
    a.who.room = a.target.room; /* whose audit log it belongs to */
    return chat_admin_account_judge(&a, tx, &edit);
}

static apr_status_t edit_account(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    const chat_admin_remote_edit_t *edit = w->edit;
    chat_call_t *c = w->call;
    int banned;
    apr_status_t rv = enter_alone(w, tx, edit->id);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_id(&w->before, tx, edit->id, c->pool);
    if (rv == CHAT_NOTFOUND ||
        (rv == APR_SUCCESS && w->before.who.state == CHAT_ACCOUNT_CLOSED))
        return chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "id");
    if (rv == APR_SUCCESS && w->admin.id == edit->id)
        return chat_call_refuse(c, CHAT_P_SELF, "id");
    banned = w->before.who.state == CHAT_ACCOUNT_BANNED;
    if (rv == APR_SUCCESS && edit->rank >= 0 && edit->rank != w->before.who.rank)
        rv = apply(w, tx, CHAT_ADMIN_RANK);
    if (rv == APR_SUCCESS && edit->banned >= 0 && edit->banned != banned)
        rv = apply(w, tx, edit->banned ? CHAT_ADMIN_BAN : CHAT_ADMIN_UNBAN);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_id(w->accounts->list, tx, edit->id, c->pool);
    return rv;
}

static void log_edit(const work_t *w)
{
    static const char *const states[] = {"pending", "open", "banned", "closed"};
    const chat_identity_t *was = &w->before.who, *is = &w->accounts->list->who;
    if (was->rank == is->rank && was->state == is->state)
        return;
    chat_log(&w->call->site->log, CHAT_LOG_NOTICE, 210, APR_SUCCESS,
             "administrator %s (account %" APR_INT64_T_FMT ") at %s changed %s (account "
             "%" APR_INT64_T_FMT ", chatroom %" APR_INT64_T_FMT
             "): rank %d, was %d; %s, was %s",
             w->admin.name, w->admin.id, w->call->address, was->name, was->id, was->room,
             is->rank, was->rank, states[is->state], states[was->state]);
}

apr_status_t chat_admin_remote_edit(chat_admin_remote_accounts_t *out, chat_call_t *c,
                                    const chat_auth_t *auth,
                                    const chat_admin_remote_edit_t *edit)
{
    work_t w = {.call = c, .auth = auth, .accounts = out, .edit = edit};
    apr_status_t rv;
    out->list = apr_pcalloc(c->pool, sizeof(*out->list));
    out->n = 1;
    out->more = 0;
    rv = chat_store_write(c->site->store, edit_account, &w);
    if (rv != APR_SUCCESS)
        return rv;
    log_edit(&w);
    chat_event_hint(c, w.before.who.room);
    count_accounts(out, c, w.before.who.room);
    return APR_SUCCESS;
}

static apr_status_t retry(chat_tx_t *tx, void *baton)
{
    work_t *w = baton;
    chat_call_t *c = w->call;
    apr_int64_t id = w->id;
    apr_status_t rv = enter(&w->admin, c, tx, w->auth);
    if (rv == APR_SUCCESS)
        rv = chat_outbox_by_id(w->item, tx, id, c->pool);
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_ITEM, "id");
    if (rv == APR_SUCCESS && w->item->state != CHAT_OUTBOX_GIVEN_UP &&
        w->item->state != CHAT_OUTBOX_NO_TARGET)
        return chat_call_refuse(c, CHAT_P_ITEM_STATE, "id");
    if (rv == APR_SUCCESS)
        rv = chat_outbox_revive(tx, id, c->now);
    return rv == APR_SUCCESS ? chat_outbox_by_id(w->item, tx, id, c->pool) : rv;
}

apr_status_t chat_admin_remote_retry(chat_outbox_item_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t id)
{
    work_t w = {.call = c, .auth = auth, .item = out, .id = id};
    apr_status_t rv = chat_store_write(c->site->store, retry, &w);
    if (rv != APR_SUCCESS)
        return rv;
    chat_log(&c->site->log, CHAT_LOG_NOTICE, 211, APR_SUCCESS,
             "administrator %s (account %" APR_INT64_T_FMT
             ") at %s retried outbox item %" APR_INT64_T_FMT,
             w.admin.name, w.admin.id, c->address, id);
    chat_event_hint(c, CHAT_HINT_OUTBOX);
    return APR_SUCCESS;
}
