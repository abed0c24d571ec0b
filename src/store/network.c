/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of refused networks. */
#include "store/network.h"

#include "store/db.h"

apr_status_t chat_network_put(chat_tx_t *tx, const chat_refused_t *n)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_network_put, "szssiii", n->network, n->until,
                       n->actor, n->reason, n->created, n->created, n->created);
}

apr_status_t chat_network_end(chat_tx_t *tx, const char *network, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_network_end, "isi", now, network,
                           now);
}

apr_status_t chat_network_version(apr_int64_t *version, chat_tx_t *tx)
{
    return chat_sql_one(version, tx, CHAT_SQL_network_version, "");
}

static void read_network(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_refused_t *out = row;
    out->network = chat_sql_text(s, 0, NULL, pool);
    out->until = chat_sql_int(s, 1);
    out->actor = chat_sql_text(s, 2, NULL, pool);
    out->reason = chat_sql_text(s, 3, NULL, pool);
    out->created = chat_sql_int(s, 4);
}

apr_status_t chat_network_list(chat_refused_t **out, int *n, chat_tx_t *tx,
                               apr_time_t now, apr_pool_t *pool)
{
    static const chat_sql_kind_t networks = {read_network, sizeof(chat_refused_t)};
    return chat_sql_list(out, n, &networks, chat_sql(tx, CHAT_SQL_network_list, "i", now),
                         pool);
}
