/* SPDX-License-Identifier: Apache-2.0 */
#include "core/anonymous.h"

#include "base/name.h"
#include "core/channels.h"

#include <apr_strings.h>
#include <string.h>

#define CHANNELS_MAX 1000

typedef struct look_t {
    chat_call_t *call;
    apr_int64_t id; /* of a channel or an account */
    const char *text;
    int limit;
    chat_version_t *version;
    chat_channels_t *channels;
    chat_messages_t *messages;
    chat_account_t *account;
    chat_accounts_t *accounts;
} look_t;

static apr_status_t list_channels(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    return chat_channel_public(l->channels, tx, l->call->room, CHANNELS_MAX,
                               l->call->pool);
}

apr_status_t chat_anonymous_channels(chat_channels_t *out, chat_call_t *c)
{
    look_t l = {.call = c, .channels = out};
    return chat_store_read(c->site->store, list_channels, &l);
}

/* Cleaning up takes the oldest messages and leaves the counter as it is. */
static apr_status_t read_first(look_t *l, chat_tx_t *tx)
{
    apr_status_t rv;
    if (!l->call->site->retention || !l->version->channel)
        return APR_SUCCESS;
    rv = chat_message_first(&l->version->first, tx, l->id);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t read_version(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    chat_call_t *c = l->call;
    chat_version_t *v = l->version;
    chat_channel_t ch;
    apr_status_t rv;
    *v = (chat_version_t){0};
    rv = chat_channel_find_public(&ch, c, tx, NULL, l->id);
    v->channel = rv == APR_SUCCESS;
    if (rv == CHAT_REFUSED) {
        c->problem.code = CHAT_P_NONE;
        rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS)
        rv = chat_room_counter(&v->number, &v->time, tx, c->room);
    /* a chatroom that is not there has nothing, for ever */
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    return rv == APR_SUCCESS ? read_first(l, tx) : rv;
}

apr_status_t chat_anonymous_version(chat_version_t *out, chat_call_t *c,
                                    apr_int64_t channel)
{
    look_t l = {.call = c, .id = channel, .version = out};
    return chat_store_read(c->site->store, read_version, &l);
}

static apr_status_t read_history(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    apr_status_t rv = read_version(tx, l);
    l->messages->n = 0;
    if (rv != APR_SUCCESS || !l->version->channel)
        return rv;
    return chat_message_history(l->messages, tx, l->id, l->limit, l->call->pool);
}

apr_status_t chat_anonymous_history(chat_messages_t *out, chat_version_t *version,
                                    chat_call_t *c, apr_int64_t channel, int limit)
{
    look_t l = {.call = c, .id = channel, .limit = limit, .version = version};
    l.messages = out;
    return chat_store_read(c->site->store, read_history, &l);
}

static apr_status_t read_account(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    chat_call_t *c = l->call;
    chat_account_t *a = l->account;
    apr_status_t rv;
    if (l->text)
        rv = chat_account_by_name(a, tx, c->room, chat_name_fold(l->text, c->pool),
                                  c->pool);
    else
        rv = chat_account_by_id(a, tx, l->id, c->pool);
    if (rv == APR_SUCCESS && a->who.room == c->room &&
        (a->who.state == CHAT_ACCOUNT_OPEN || a->who.state == CHAT_ACCOUNT_BANNED))
        return APR_SUCCESS;
    if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_NO_ACCOUNT, "username");
    return rv;
}

apr_status_t chat_anonymous_account(chat_account_t *out, chat_call_t *c, apr_int64_t id,
                                    const char *name)
{
    look_t l = {.call = c, .id = id, .text = id ? NULL : name, .account = out};
    return chat_store_read(c->site->store, read_account, &l);
}

static apr_status_t list_accounts(chat_tx_t *tx, void *baton)
{
    look_t *l = baton;
    return chat_account_by_language(l->accounts, tx, l->call->room, l->text, l->limit,
                                    l->call->pool);
}

apr_status_t chat_anonymous_accounts(chat_accounts_t *out, chat_call_t *c,
                                     const char *language, int limit)
{
    look_t l = {.call = c, .text = language, .limit = limit, .accounts = out};
    return chat_store_read(c->site->store, list_accounts, &l);
}
