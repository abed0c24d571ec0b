/* SPDX-License-Identifier: Apache-2.0 */
/* Reads for clients without an account: the teendevops API. */
#include "core/anonymous.h"

#include "base/name.h"
#include "core/channels.h"
#include "store/chatroom_counter.h"

#include <apr_strings.h>
#include <string.h>

#define CHANNELS_MAX 1000

apr_status_t chat_anonymous_channels(chat_channels_t *out, chat_call_t *c)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_channel_public(out, tx, c->room, CHANNELS_MAX, c->pool);
    return chat_store_end(tx, rv);
}

/* Cleaning up deletes the oldest messages and leaves the counter as it is. */
static apr_status_t read_first(chat_version_t *v, chat_call_t *c, chat_tx_t *tx,
                               apr_int64_t channel, apr_int64_t keep)
{
    apr_status_t rv;
    if (!(keep < 0 ? c->site->retention : keep) || !v->channel)
        return APR_SUCCESS;
    rv = chat_message_first(&v->first, tx, channel);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t read_version(chat_version_t *v, chat_call_t *c, chat_tx_t *tx,
                                 apr_int64_t channel)
{
    chat_room_counter_t n = {0};
    chat_channel_t ch;
    apr_status_t rv = chat_channel_find_public(&ch, c, tx, NULL, channel);
    *v = (chat_version_t){.channel = rv == APR_SUCCESS};
    if (rv == CHAT_REFUSED) {
        c->problem.code = CHAT_P_NONE;
        rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS)
        rv = chat_room_counter(&n, tx, c->room);
    /* an unknown chatroom has nothing, and never will */
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    v->number = n.number;
    v->time = n.time;
    return rv == APR_SUCCESS ? read_first(v, c, tx, channel, n.keep) : rv;
}

apr_status_t chat_anonymous_version(chat_version_t *out, chat_call_t *c,
                                    apr_int64_t channel)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = read_version(out, c, tx, channel);
    return chat_store_end(tx, rv);
}

apr_status_t chat_anonymous_history(chat_messages_t *out, chat_version_t *version,
                                    chat_call_t *c, apr_int64_t channel, int limit)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = read_version(version, c, tx, channel);
    out->n = 0;
    if (rv == APR_SUCCESS && version->channel)
        rv = chat_message_history(out, tx, channel, limit, c->pool);
    return chat_call_read(c, CHAT_READ_CHANNEL, chat_store_end(tx, rv));
}

static apr_status_t read_account(chat_account_t *a, chat_call_t *c, chat_tx_t *tx,
                                 apr_int64_t id, const char *name)
{
    apr_status_t rv = id || !name
                          ? chat_account_by_id(a, tx, id, c->pool)
                          : chat_account_by_name(a, tx, c->room,
                                                 chat_name_fold(name, c->pool), c->pool);
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
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = read_account(out, c, tx, id, name);
    return chat_store_end(tx, rv);
}

apr_status_t chat_anonymous_accounts(chat_accounts_t *out, chat_call_t *c,
                                     const char *language, int limit)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_call_begin(&tx, c);
    if (rv == APR_SUCCESS)
        rv = chat_account_by_language(out, tx, c->room, language, limit, c->pool);
    return chat_store_end(tx, rv);
}
