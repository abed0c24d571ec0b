/* SPDX-License-Identifier: Apache-2.0 */
/* The message that a request names. */
#include "core/message_find.h"

#include "core/policy.h"
#include "store/stream.h"

int chat_message_number_valid(apr_int64_t number)
{
    return number > 0 && number < CHAT_NUMBER_MAX;
}

apr_status_t chat_message_find(chat_message_t *out, chat_call_t *c, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t number)
{
    apr_int64_t valid = chat_message_number_valid(number) ? number : 0;
    apr_status_t rv = chat_message_by_id(out, tx, CHAT_ROW_ID(room, valid), c->pool);
    if (rv == CHAT_NOTFOUND || (rv == APR_SUCCESS && out->deleted))
        return chat_call_refuse(c, CHAT_P_NO_MESSAGE, "message_id");
    return rv;
}

apr_status_t chat_message_check_readable(chat_channel_t *ch, chat_call_t *c,
                                         chat_tx_t *tx, const chat_identity_t *who,
                                         const chat_message_t *m)
{
    apr_status_t rv;
    if (m->kind == CHAT_MESSAGE_ANNOUNCEMENT)
        return APR_SUCCESS;
    if (m->channel) {
        rv = chat_channel_by_id(ch, tx, who->id, m->channel, c->pool);
        if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, who, ch, 0))
            rv = CHAT_NOTFOUND;
    }
    else {
        rv = chat_recipient_check(tx, who->id, m->id);
    }
    if (rv == CHAT_NOTFOUND)
        return chat_call_refuse(c, CHAT_P_MESSAGE_FOREIGN, "message_id");
    return rv;
}
