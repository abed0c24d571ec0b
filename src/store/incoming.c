/* SPDX-License-Identifier: Apache-2.0 */
/* A chatroom whose rows come from elsewhere. */
#include "store/incoming.h"

#include "store/db.h"

apr_status_t chat_incoming_place(chat_tx_t *tx, apr_int64_t room)
{
    static const chat_sql_id_t parts[] = {
        CHAT_SQL_incoming_drop_channels, CHAT_SQL_incoming_drop_audit,
        CHAT_SQL_incoming_drop_emergency, CHAT_SQL_incoming_drop_search,
        CHAT_SQL_incoming_drop_room};
    const apr_int64_t low = CHAT_ROW_ID(room, 0), high = CHAT_ROW_ID(room + 1, 0);
    apr_int64_t used;
    apr_status_t rv = chat_sql_one(&used, tx, CHAT_SQL_incoming_room_used, "iiii", room,
                                   low, high, room);
    if (rv == APR_SUCCESS && used)
        return CHAT_CONFLICT;
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_incoming_drop_events, "ii", low, high);
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(parts) / sizeof(*parts); i++)
        rv = chat_sql_do(NULL, tx, parts[i], "i", room);
    return rv;
}

apr_status_t chat_incoming_finish(chat_tx_t *tx, apr_int64_t room, apr_time_t recent)
{
    const apr_int64_t low = CHAT_ROW_ID(room, 0), high = CHAT_ROW_ID(room + 1, 0);
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_incoming_roots, "ii", low, high);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_incoming_replies, "ii", low, high);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_incoming_recipients, "iiii", low, high, low,
                         high);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_incoming_events, "iii", low, high, recent);
    return rv;
}
