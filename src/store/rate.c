/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of rates. */
#include "store/rate.h"

#include "base/buffer.h"
#include "store/db.h"

#include <stdlib.h>

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

/* ---- told by each machine ---- */

/* A line for each row, its fields separated by spaces, those of `parts` by commas. */
static const char *lines_of(const chat_rate_told_t *rows, int n, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 1024, APR_INT32_MAX, pool);
    for (int i = 0; i < n; i++) {
        const chat_rate_told_t *r = &rows[i];
        int used = CHAT_RATE_PARTS;
        while (used > 1 && !r->part[used - 1])
            used--;
        chat_buffer_printf(
            &out, "%s%" APR_INT64_T_FMT " %" APR_INT64_T_FMT " %" APR_INT64_T_FMT " ",
            i ? "\n" : "", r->key, r->length, r->count);
        for (int k = 0; k < used; k++)
            chat_buffer_printf(&out, k ? ",%u" : "%u", (unsigned)r->part[k]);
    }
    return chat_buffer_text(&out);
}

apr_status_t chat_rate_tell(chat_tx_t *tx, apr_int64_t node, const chat_rate_told_t *rows,
                            int n, apr_pool_t *pool)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_rate_tell, "is", node, lines_of(rows, n, pool));
}

/* Adds PARTS, which were told AGE parts ago, as if each were a part newer: parts of two
 * machines do not begin together, and no window may be shorter for that. */
static void add_parts(chat_rate_told_t *r, const char *parts, apr_int64_t age)
{
    for (apr_int64_t i = (age < 0 ? 0 : age) - 1; parts && i < CHAT_RATE_PARTS; i++) {
        char *end;
        apr_uint16_t *part = &r->part[i < 0 ? 0 : i];
        unsigned long sum = strtoul(parts, &end, 10) + *part;
        *part = (apr_uint16_t)(sum < 0xffff ? sum : 0xffff);
        parts = *end == ',' ? end + 1 : NULL;
    }
}

/* The rows of one key come one after another. */
apr_status_t chat_rate_hear(chat_rate_heard_t *heard, chat_tx_t *tx, apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 0, sizeof(chat_rate_told_t));
    chat_rate_told_t *last = NULL;
    chat_stmt_t *s =
        chat_sql(tx, CHAT_SQL_rate_hear, "iii", heard->node, heard->since, heard->node);
    apr_int64_t latest = heard->since;
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        const apr_int64_t key = chat_sql_int(s, 0), told = chat_sql_int(s, 5);
        if (!last || last->key != key) {
            last = apr_array_push(all);
            *last = (chat_rate_told_t){key, chat_sql_int(s, 1), chat_sql_int(s, 2), {0}};
        }
        add_parts(last, chat_sql_text(s, 3, NULL, pool), chat_sql_int(s, 4));
        latest = told > latest ? told : latest;
    }
    if (rv != CHAT_NOTFOUND)
        return rv;
    heard->rows = (chat_rate_told_t *)all->elts;
    heard->n = all->nelts;
    heard->since = latest;
    return APR_SUCCESS;
}
