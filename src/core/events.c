/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events.h"

apr_status_t chat_event_add(chat_tx_t *tx, apr_int64_t room, chat_event_t *e)
{
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &e->created, tx, room);
    if (rv != APR_SUCCESS)
        return rv;
    e->id = CHAT_ROW_ID(room, number);
    return chat_event_insert(tx, e);
}

void chat_event_hint(const chat_call_t *c, apr_int64_t room)
{
    if (c->site->hint)
        c->site->hint(c->site->hint_baton, room);
}
