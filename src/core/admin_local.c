/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of accounts; chatrooms, channels and the outbox are in admin_room.c. */
#include "core/admin_local.h"

#include "base/name.h"
#include "core/accounts.h"
#include "core/bans.h"
#include "core/email.h"
#include "core/profiles.h"
#include "store/erasure.h"
#include "store/skeleton.h"

#include <apr_strings.h>
#include <string.h>

apr_status_t chat_admin_check_room(chat_call_t *c, chat_tx_t *tx)
{
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, tx, c->room, c->pool);
    return rv == CHAT_NOTFOUND ? chat_call_refuse(c, CHAT_P_NO_ROOM, "room") : rv;
}

apr_status_t chat_admin_begin(chat_tx_t **tx, chat_call_t *c)
{
    apr_status_t rv = chat_call_begin(tx, c);
    return rv == APR_SUCCESS ? chat_admin_check_room(c, *tx) : rv;
}

static apr_status_t find_account(chat_account_t *out, chat_call_t *c, chat_tx_t *tx,
                                 const char *name)
{
    apr_status_t rv = chat_admin_check_room(c, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_by_name(out, tx, c->room, chat_name_fold(name, c->pool), c->pool);
    return rv == CHAT_NOTFOUND
               ? chat_call_refuse_detail(c, CHAT_P_NO_ACCOUNT, "username", name)
               : rv;
}

typedef struct account_work_t {
    chat_call_t *call;
    const char *name;
    chat_account_t *account;
    const chat_admin_edit_t *edit;
    const char *hash; /* of a new password; of an erased account its new name */
} account_work_t;

static apr_status_t add(chat_tx_t *tx, void *baton)
{
    account_work_t *w = baton;
    chat_account_t *a = w->account;
    chat_identity_t other;
    const char *email_key = a->email ? chat_email_key(a->email, w->call->pool) : NULL;
    apr_status_t rv = chat_admin_check_room(w->call, tx);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_account_insert(&a->who.id, tx, a, email_key);
    if (rv != CHAT_CONFLICT)
        return rv;
    rv = chat_identity_by_name(&other, tx, w->call->room, a->name_key, w->call->pool);
    if (rv == CHAT_NOTFOUND)
        rv = chat_skeleton_account(tx, w->call->room, a->who.name, w->call->pool);
    return chat_call_refuse(
        w->call, rv == APR_SUCCESS ? CHAT_P_NAME_TAKEN : CHAT_P_EMAIL_TAKEN, NULL);
}

apr_status_t chat_admin_account_add(chat_account_t *a, chat_call_t *c,
                                    const char *password)
{
    account_work_t w = {.call = c, .account = a};
    apr_status_t rv = chat_account_prepare(a, c, a->who.name);
    if (rv == APR_SUCCESS && a->email && !chat_email_valid(a->email))
        rv = chat_call_refuse_detail(c, CHAT_P_EMAIL_RULE, "email", a->email);
    if (rv == APR_SUCCESS && password)
        rv = chat_account_hash(&a->password_hash, c, a->created, password);
    return rv == APR_SUCCESS ? chat_store_write(c->site->store, add, &w) : rv;
}

apr_status_t chat_admin_account_show(chat_account_t *out, chat_call_t *c,
                                     const char *name)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = find_account(out, c, tx, name);
    return chat_store_end(tx, rv);
}

apr_status_t chat_admin_account_list(chat_account_t **out, int *n, chat_call_t *c,
                                     apr_int64_t after, int limit)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_admin_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_account_page(out, n, tx, c->room, after, limit, c->pool);
    return chat_store_end(tx, rv);
}

static apr_status_t set_email(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a,
                              const char *email)
{
    apr_status_t rv;
    if (email && !chat_email_valid(email))
        return chat_call_refuse_detail(c, CHAT_P_EMAIL_RULE, "email", email);
    rv = chat_account_set_email(tx, a->who.id, email,
                                email ? chat_email_key(email, c->pool) : NULL);
    return rv == CHAT_CONFLICT ? chat_call_refuse(c, CHAT_P_EMAIL_TAKEN, "email") : rv;
}

static apr_status_t set_external(chat_call_t *c, chat_tx_t *tx, const chat_account_t *a,
                                 const char *text)
{
    apr_status_t rv;
    if (text && !chat_external_valid(text))
        return chat_call_refuse(c, CHAT_P_INVALID, "external");
    rv = chat_external_set(tx, a, text, c->pool);
    return rv == CHAT_CONFLICT ? chat_call_refuse(c, CHAT_P_NAME_FOREIGN, "external")
                               : rv;
}

static apr_status_t set_profile(account_work_t *w, chat_tx_t *tx)
{
    chat_call_t *c = w->call;
    chat_account_t a = *w->account;
    const char *field = w->edit->field;
    const char *text = *w->edit->text ? w->edit->text : NULL;
    apr_status_t rv = APR_SUCCESS;
    if (!strcmp(field, "email"))
        return set_email(c, tx, &a, text);
    if (!strcmp(field, "external"))
        return set_external(c, tx, &a, text);
    if (!strcmp(field, "description"))
        a.description = text;
    else if (!strcmp(field, "languages"))
        a.languages = text;
    else if (!strcmp(field, "location"))
        a.location = text;
    else if (!strcmp(field, "icon"))
        a.icon = text;
    else if (!strcmp(field, "color"))
        rv = chat_profile_color(&a, c, w->edit->text);
    else
        rv = chat_call_refuse(c, CHAT_P_INVALID, field);
    return rv == APR_SUCCESS ? chat_account_set_profile(tx, &a) : rv;
}

apr_status_t chat_admin_account_judge(chat_act_t *a, chat_tx_t *tx,
                                      const chat_admin_edit_t *edit)
{
    switch (edit->change) {
    case CHAT_ADMIN_BAN:
        return chat_ban_target(a, tx);
    case CHAT_ADMIN_UNBAN:
        return chat_unban_target(a, tx);
    case CHAT_ADMIN_RANK:
        if (a->target.rank == CHAT_RANK_GUEST || edit->number < CHAT_RANK_MEMBER ||
            edit->number > CHAT_RANK_ADMIN)
            return chat_call_refuse(a->call, CHAT_P_INVALID, "rank");
        return chat_rank_target(a, tx, (int)edit->number);
    default:
        return APR_EINVAL;
    }
}

static apr_status_t judge(account_work_t *w, chat_tx_t *tx)
{
    chat_act_t a = {
        .call = w->call, .seconds = w->edit->seconds, .reason = w->edit->reason};
    apr_status_t rv = chat_act_begin(&a, tx);
    a.target = w->account->who;
    return rv == APR_SUCCESS ? chat_admin_account_judge(&a, tx, w->edit) : rv;
}

static apr_status_t change(account_work_t *w, chat_tx_t *tx)
{
    const chat_admin_edit_t *edit = w->edit;
    const chat_identity_t *who = &w->account->who;
    apr_status_t rv;
    switch (edit->change) {
    case CHAT_ADMIN_BAN:
    case CHAT_ADMIN_UNBAN:
    case CHAT_ADMIN_RANK:
        return judge(w, tx);
    case CHAT_ADMIN_PASSWORD:
        rv = chat_account_set_password(tx, who->id, w->hash);
        return rv == APR_SUCCESS ? chat_account_revoke(tx, who) : rv;
    case CHAT_ADMIN_REVOKE:
        rv = chat_account_drop_token(tx, who->id);
        return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
    case CHAT_ADMIN_DELETE:
        rv = chat_account_erase(tx, who->id);
        return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
    default:
        rv = set_profile(w, tx);
        return rv == APR_SUCCESS ? chat_account_changed(tx, who) : rv;
    }
}

static apr_status_t edit_account(chat_tx_t *tx, void *baton)
{
    account_work_t *w = baton;
    apr_status_t rv = find_account(w->account, w->call, tx, w->name);
    if (rv != APR_SUCCESS)
        return rv;
    if (w->account->who.state == CHAT_ACCOUNT_CLOSED)
        return chat_call_refuse_detail(w->call, CHAT_P_NO_ACCOUNT, "username", w->name);
    return change(w, tx);
}

apr_status_t chat_admin_account_edit(chat_account_t *out, chat_call_t *c,
                                     const char *name, const chat_admin_edit_t *edit)
{
    account_work_t w = {.call = c, .name = name, .account = out, .edit = edit};
    apr_status_t rv = APR_SUCCESS;
    if (edit->change == CHAT_ADMIN_PASSWORD)
        rv = chat_account_hash(&w.hash, c, 0, edit->text);
    if (rv == APR_SUCCESS)
        rv = chat_store_write(c->site->store, edit_account, &w);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, c->room);
    return rv;
}

static apr_status_t find_any(chat_tx_t *tx, void *baton)
{
    account_work_t *w = baton;
    return find_account(w->account, w->call, tx, w->name);
}

static apr_status_t erase_account(chat_tx_t *tx, void *baton)
{
    account_work_t *w = baton;
    apr_status_t rv = find_account(w->account, w->call, tx, w->name);
    if (rv == APR_SUCCESS)
        rv = chat_erasure(tx, &w->account->who, w->hash, w->call->pool);
    if (rv == CHAT_CONFLICT)
        return chat_call_refuse(w->call, CHAT_P_NAME_TAKEN, "username");
    return rv == APR_SUCCESS ? chat_account_changed(tx, &w->account->who) : rv;
}

apr_status_t chat_admin_account_erase(const char **erased, chat_call_t *c,
                                      const char *name, int texts)
{
    chat_account_t a;
    account_work_t w = {.call = c, .name = name, .account = &a};
    apr_int64_t before = 0, n;
    apr_status_t rv = chat_store_read(c->site->store, find_any, &w);
    while (rv == APR_SUCCESS && texts) {
        rv = chat_messages_erase(&before, &n, c, &a.who);
        texts = before != 0;
    }
    if (rv != APR_SUCCESS)
        return rv;
    *erased = w.hash = apr_psprintf(c->pool, "erased-%.8s", a.who.uuid);
    rv = chat_store_write(c->site->store, erase_account, &w);
    if (rv == APR_SUCCESS)
        chat_event_hint(c, c->room);
    return rv;
}
