/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of reports. */
#include "store/report.h"

#include "store/db.h"

static void read_report(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_report_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->message = chat_sql_int(s, 2);
    out->reporter_id = chat_sql_int(s, 3);
    out->reporter = chat_sql_text(s, 4, NULL, pool);
    out->reason = chat_sql_text(s, 5, NULL, pool);
    out->closed = chat_sql_int(s, 6) != 0;
    out->action = chat_sql_text(s, 7, NULL, pool);
    out->closer = chat_sql_text(s, 8, NULL, pool);
    out->closing_reason = chat_sql_text(s, 9, NULL, pool);
    out->created = chat_sql_int(s, 10);
    out->closed_at = chat_sql_int(s, 11);
    out->sent = chat_sql_int(s, 12);
    out->upheld = chat_sql_int(s, 13);
    out->said = chat_sql_text(s, 14, &out->said_len, pool);
}

static const chat_sql_kind_t reports = {read_report, sizeof(chat_report_t)};

apr_status_t chat_report_again(apr_int64_t *id, chat_tx_t *tx, apr_int64_t message,
                               apr_int64_t reporter)
{
    return chat_sql_one(id, tx, CHAT_SQL_report_again, "ii", message, reporter);
}

apr_status_t chat_report_insert(apr_int64_t *id, chat_tx_t *tx, const chat_report_t *r)
{
    apr_status_t rv =
        chat_sql_one(id, tx, CHAT_SQL_report_insert, "iiisii", r->room, r->message,
                     r->reporter_id, r->reason, r->created, r->message);
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_report_open(apr_int64_t *n, chat_tx_t *tx, apr_int64_t reporter)
{
    return chat_sql_one(n, tx, CHAT_SQL_report_open_count, "i", reporter);
}

apr_status_t chat_report_page(chat_report_t **out, int *n, chat_tx_t *tx,
                              const chat_report_t *like, apr_int64_t reader,
                              apr_int64_t before, apr_pool_t *pool)
{
    chat_stmt_t *s = reader ? chat_sql(tx, CHAT_SQL_report_page_of, "idiid", like->room,
                                       like->closed, before, reader, CHAT_REPORTS_PAGE)
                            : chat_sql(tx, CHAT_SQL_report_page, "idid", like->room,
                                       like->closed, before, CHAT_REPORTS_PAGE);
    return chat_sql_list(out, n, &reports, s, pool);
}

apr_status_t chat_report_by_id(chat_report_t *out, chat_tx_t *tx, apr_int64_t id,
                               apr_pool_t *pool)
{
    return chat_sql_first(out, read_report, chat_sql(tx, CHAT_SQL_report_by_id, "i", id),
                          pool);
}

apr_status_t chat_report_same(chat_report_t **out, int *n, chat_tx_t *tx,
                              apr_int64_t message, apr_pool_t *pool)
{
    return chat_sql_list(out, n, &reports,
                         chat_sql(tx, CHAT_SQL_report_same, "i", message), pool);
}

apr_status_t chat_report_close(chat_tx_t *tx, const chat_report_t *r, apr_int64_t closer)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_report_close, "szsii", r->action,
                           closer, r->closing_reason, r->closed_at, r->id);
}

apr_status_t chat_report_forget(chat_tx_t *tx, apr_int64_t message)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_report_forget, "i", message);
}
