/* SPDX-License-Identifier: Apache-2.0 */
/* Backups of a PostgreSQL database. */
#include "backup_rows.h"

#include "lines.h"
#include "print.h"
#include "store/check.h"
#include "store/incoming.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The schema that rows are of: this program's own. */
static int find_schema(apr_int64_t *out, const chatctl_site_t *s)
{
    int version, latest;
    const char *why;
    if (chat_store_look(&version, &latest, &s->database, &why, s->ctl->pool) !=
        APR_SUCCESS)
        return chatctl_fail("%s", why);
    *out = latest;
    return 0;
}

static apr_status_t put_page(chatctl_lines_t *l, const chat_rows_t *rows)
{
    const int n = chat_tables[rows->table].n;
    chat_record_t r = {.table = rows->table};
    for (int i = 0; i < rows->n; i++) {
        memcpy(r.value, rows->values + i * n, (apr_size_t)n * sizeof(*r.value));
        if (!chatctl_lines_put(l, &r))
            return CHAT_FULL;
    }
    return APR_SUCCESS;
}

static apr_status_t put_tables(chatctl_lines_t *l, chat_tx_t *tx, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;
    for (int t = 0; rv == APR_SUCCESS && t < CHAT_TABLES; t++) {
        chat_rows_t rows;
        apr_pool_t *scratch;
        apr_pool_create(&scratch, pool);
        chat_rows_begin(&rows, t, 0, scratch);
        do {
            rv = chat_rows_page(&rows, tx);
            if (rv == APR_SUCCESS)
                rv = put_page(l, &rows);
        } while (rv == APR_SUCCESS && rows.n);
        apr_pool_destroy(scratch);
    }
    return rv;
}

int chatctl_backup_rows(chatctl_site_t *s, int fd, const char *name)
{
    chatctl_lines_t l = {.name = name, .kind = CHATCTL_BACKUP};
    chat_tx_t *tx;
    apr_status_t rv;
    int rc = find_schema(&l.schema, s);
    if (rc)
        return rc;
    l.file = fdopen(dup(fd), "w");
    apr_pool_create(&l.pool, s->ctl->pool);
    rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS && !chatctl_lines_begin(&l))
        rv = CHAT_FULL;
    if (rv == APR_SUCCESS)
        rv = put_tables(&l, tx, s->ctl->pool);
    rv = chat_store_end(tx, rv);
    if (rv == APR_SUCCESS && (!chatctl_lines_end(&l) || fsync(fd)))
        rv = CHAT_FULL;
    rc = rv == CHAT_FULL ? chatctl_fail("cannot write %s: %s", name, strerror(errno))
                         : chatctl_result(s, rv);
    fclose(l.file);
    return rc;
}

typedef struct take_t {
    chatctl_lines_t lines;
    apr_int64_t schema;
    const char *why;
    apr_pool_t *pool;
} take_t;

static apr_status_t refuse(take_t *k, const char *why)
{
    k->why = why;
    return CHAT_REFUSED;
}

/* The chatroom that a new database has makes place; nothing else may be there. */
static apr_status_t make_place(take_t *k, chat_tx_t *tx)
{
    apr_status_t rv = chat_incoming_place(tx, 1);
    if (rv == CHAT_CONFLICT)
        return refuse(k, "the database is not empty: restore into a new one");
    for (int t = 0; rv == APR_SUCCESS && t < CHAT_TABLES; t++) {
        chat_rows_t rows;
        chat_rows_begin(&rows, t, 0, k->pool);
        rv = chat_rows_page(&rows, tx);
        if (rv == APR_SUCCESS && rows.n)
            rv = refuse(k, apr_pstrcat(k->pool, "the database has rows in ",
                                       chat_tables[t].name, ": restore into a new one",
                                       NULL));
    }
    return rv;
}

static apr_status_t put_row(take_t *k, chat_tx_t *tx, const chat_record_t *r)
{
    apr_status_t rv;
    for (int i = 0; i < chat_tables[r->table].n; i++) {
        const chat_table_column_t *c = &chat_tables[r->table].column[i];
        const chat_value_t *v = &r->value[i];
        int none = v->is_text && !v->text;
        if (none ? c->needed : v->is_text != c->text)
            return refuse(k, apr_pstrcat(k->pool, c->name,
                                         c->text ? " has to be a text"
                                                 : " has to be a whole number",
                                         NULL));
    }
    rv = chat_row_put(tx, r->table, r->value);
    return rv == CHAT_CONFLICT ? refuse(k, "there is such a row already") : rv;
}

static apr_status_t take(chat_tx_t *tx, void *baton)
{
    take_t *k = baton;
    chat_record_t r;
    apr_status_t rv;
    apr_pool_clear(k->pool);
    if ((k->why = chatctl_lines_open(&k->lines, k->pool)))
        return CHAT_REFUSED;
    if (k->lines.kind != CHATCTL_BACKUP)
        return refuse(k, "this is an export; use `chatctl import`");
    if (k->lines.schema != k->schema)
        return refuse(k, apr_psprintf(k->pool,
                                      "this is of schema %" APR_INT64_T_FMT
                                      ", and this chatctl has %" APR_INT64_T_FMT
                                      ": restore it with the release that wrote it, "
                                      "then upgrade",
                                      k->lines.schema, k->schema));
    rv = make_place(k, tx);
    while (rv == APR_SUCCESS &&
           (rv = chatctl_lines_next(&k->lines, &r, &k->why)) == APR_SUCCESS)
        rv = put_row(k, tx, &r);
    return rv == APR_EOF ? chat_rows_finish(tx) : rv;
}

int chatctl_restore_rows(chatctl_site_t *s, int fd, const char *name)
{
    take_t k = {.lines = {.name = name, .file = fdopen(fd, "r")}};
    const char *findings = "";
    apr_status_t rv;
    int rc = chatctl_site_connect(s, CHATCTL_WRITES, s->ctl->pool);
    if (!rc)
        rc = find_schema(&k.schema, s);
    if (rc)
        return rc;
    apr_pool_create(&k.pool, s->ctl->pool);
    rv = chat_store_write(s->site.store, take, &k);
    fclose(k.lines.file);
    if (rv == CHAT_REFUSED)
        return chatctl_fail("not restored, %s, line %" APR_INT64_T_FMT ": %s", name,
                            k.lines.line, k.why);
    if (rv == APR_SUCCESS)
        rv = chat_store_check(&findings, s->site.store, 0, s->ctl->pool);
    return *findings ? chatctl_fail("restored, but it was damaged before: %.*s",
                                    (int)strcspn(findings, "\n"), findings)
                     : chatctl_result(s, rv);
}
