/* SPDX-License-Identifier: Apache-2.0 */
/* Mutes, bans and the emergency that hold. */
#include "core/sanctions.h"

apr_status_t chat_sanctions(chat_sanctions_t *out, chat_act_t *a)
{
    chat_call_t *c = a->call;
    chat_tx_t *tx;
    apr_status_t rv = chat_act_look(a, &tx);
    if (rv == APR_SUCCESS)
        rv = chat_act_may(a, CHAT_MAY_MODERATE);
    if (rv == APR_SUCCESS)
        rv =
            chat_mute_list(&out->mutes, tx, a->who.room, c->now, CHAT_SANCTIONS, c->pool);
    if (rv == APR_SUCCESS)
        rv = chat_account_banned(&out->bans, tx, a->who.room, c->now, CHAT_SANCTIONS,
                                 c->pool);
    if (rv == APR_SUCCESS)
        rv = chat_emergency_find(&out->emergency, tx, a->who.room, c->pool);
    return chat_store_end(tx, rv);
}
