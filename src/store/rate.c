/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of rates. */
#include "store/rate.h"

#include "store/db.h"

apr_status_t chat_rate_ask(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *r)
{
    apr_status_t rv = chat_sql_one(wait, tx, CHAT_SQL_rate_wait, "iiiiii", r->length,
                                   r->key, r->weight, r->count, r->weight, r->count);
    if (rv == CHAT_NOTFOUND)
        *wait = 0;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_rate_take(apr_int64_t *wait, chat_tx_t *tx, const chat_rate_t *r)
{
    apr_int64_t taken = 0;
    apr_status_t rv = chat_sql_do(&taken, tx, CHAT_SQL_rate_take, "iiiii", r->length,
                                  r->key, r->weight, r->weight, r->count);
    *wait = 0;
    if (rv != APR_SUCCESS || taken)
        return rv;
    rv = chat_rate_ask(wait, tx, r);
    /* room came between the two statements */
    *wait = *wait ? *wait : 1;
    return rv;
}

apr_status_t chat_rate_return(chat_tx_t *tx, const chat_rate_t *r)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_rate_return, "i", r->key);
}

apr_status_t chat_rate_clear(chat_tx_t *tx, const chat_rate_t *r)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_rate_clear, "i", r->key);
}
