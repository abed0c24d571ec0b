/* SPDX-License-Identifier: Apache-2.0 */
/* What sql/compile.awk makes: rows of any table, and every statement, on each engine. */
#include "store.h"
#include "store/erasure.h"

#include <sqlite3.h>

#define ROWS 1203

static chat_value_t number(apr_int64_t n)
{
    return (chat_value_t){.number = n};
}

static chat_value_t text(const char *s)
{
    return (chat_value_t){s, s ? strlen(s) : 0, 0, 1};
}

static void assert_same(const chat_value_t *a, const chat_value_t *b, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(a[i].is_text, b[i].is_text);
        if (a[i].is_text && a[i].text)
            assert_string_equal(a[i].text, b[i].text);
        else if (a[i].is_text)
            assert_null(b[i].text);
        else
            assert_int_equal(a[i].number, b[i].number);
    }
}

/* Rows of a table, and how many pages they came in. */
static int count(int *pages, fixture_t *f, chat_tx_t *tx, int table, apr_int64_t room)
{
    chat_rows_t walk;
    int n = 0;
    *pages = 0;
    chat_rows_begin(&walk, table, room, f->pool);
    do {
        OK(chat_rows_page(&walk, tx));
        n += walk.n;
        *pages += walk.n > 0;
    } while (walk.n);
    return n;
}

static void every_table_is_read(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t rows, bytes;
    int pages;
    new_account(tx, "ann", f->pool);
    for (int t = 0; t < CHAT_TABLES; t++) {
        int n = count(&pages, f, tx, t, 0);
        assert_int_equal(n, t <= CHAT_TABLE_channel);
        if (!chat_tables[t].scoped)
            continue;
        assert_int_equal(count(&pages, f, tx, t, 1), n);
        assert_int_equal(count(&pages, f, tx, t, 2), 0);
        OK(chat_rows_size(&rows, &bytes, tx, t, 1));
        assert_int_equal(rows, n);
        assert_int_equal(bytes > 0, n > 0);
    }
    commit(f);
}

/* With keys that the engines would put in other orders, and nulls. */
static void rows_come_back_as_they_were(void **state)
{
    static const char *const emoji[] = {"Z", "a", "_", "\xc3\xa4", "b"};
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    const apr_int64_t ann = new_account(tx, "ann", f->pool);
    const apr_int64_t id = CHAT_ROW_ID(1, 7);
    const chat_value_t null = text(NULL);
    const chat_value_t message[] = {
        number(id),  number(1),   null, number(ann),
        text("ann"), text("x y"), null, text("\xf0\x9f\x98\x80'%s"),
        number(9),   null,        null, null,
        null,        null};
    chat_rows_t walk;
    assert_int_equal(COUNT(message), chat_tables[CHAT_TABLE_message].n);
    OK(chat_row_put(tx, CHAT_TABLE_message, message));
    chat_rows_begin(&walk, CHAT_TABLE_message, 1, f->pool);
    OK(chat_rows_page(&walk, tx));
    assert_int_equal(walk.n, 1);
    assert_same(walk.values, message, COUNT(message));
    for (apr_size_t i = 0; i < COUNT(emoji); i++) {
        const chat_value_t r[] = {number(id), text(emoji[i]), number(ann), number(1)};
        OK(chat_row_put(tx, CHAT_TABLE_reaction, r));
    }
    chat_rows_begin(&walk, CHAT_TABLE_reaction, 1, f->pool);
    OK(chat_rows_page(&walk, tx));
    assert_int_equal(walk.n, COUNT(emoji));
    for (int i = 1; i < walk.n; i++)
        assert_true(
            strcmp(walk.values[4 * (i - 1) + 1].text, walk.values[4 * i + 1].text) < 0);
    commit(f);
}

static void long_tables_come_in_pages(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    const apr_int64_t ann = new_account(tx, "ann", f->pool);
    const apr_int64_t bob = new_account(tx, "bob", f->pool);
    int pages;
    for (int i = 0; i < ROWS; i++) {
        const chat_value_t marker[] = {number(i % 2 ? ann : bob), number(i), number(0),
                                       number(i)};
        const chat_value_t session[] = {text(apr_psprintf(f->pool, "%d", i)),
                                        number(ann),
                                        number(1),
                                        number(1),
                                        number(1),
                                        text(NULL)};
        OK(chat_row_put(tx, CHAT_TABLE_read_marker, marker));
        OK(chat_row_put(tx, CHAT_TABLE_session, session));
    }
    assert_int_equal(count(&pages, f, tx, CHAT_TABLE_read_marker, 0), ROWS);
    assert_int_equal(pages, 3);
    assert_int_equal(count(&pages, f, tx, CHAT_TABLE_session, 1), ROWS);
    assert_int_equal(pages, 3);
    commit(f);
}

static void ids_that_were_brought_are_not_given_again(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_rows_t walk;
    chat_value_t row[CHAT_TABLE_COLUMNS];
    apr_int64_t id;
    new_account(tx, "ann", f->pool);
    chat_rows_begin(&walk, CHAT_TABLE_account, 0, f->pool);
    OK(chat_rows_page(&walk, tx));
    memcpy(row, walk.values,
           sizeof(*row) * (apr_size_t)chat_tables[CHAT_TABLE_account].n);
    row[0] = number(500);
    row[2] = text("u");
    row[3] = row[4] = text("other");
    for (int i = 5; i < chat_tables[CHAT_TABLE_account].n; i++)
        if (!strcmp(chat_tables[CHAT_TABLE_account].column[i].name, "skeleton"))
            row[i] = text(NULL);
    OK(chat_row_put(tx, CHAT_TABLE_account, row));
    OK(chat_rows_finish(tx));
    OK(chat_row_next(&id, tx, CHAT_TABLE_account));
    assert_int_equal(id, 501);
    assert_true(new_account(tx, "bob", f->pool) >= 501);
    commit(f);
}

/* Of names that have another's in them, too. */
static void erased_names_leave_lists(void **state)
{
    static const struct {
        const char *recipients, *mentions, *then, *mentioned;
    } cases[] = {
        {"ann", NULL, "gone", NULL},
        {"bob ann carl", "ann\n", "bob gone carl", "gone\n"},
        {"annie bob-ann", "annie\nann\n\n", "annie bob-ann", "annie\ngone\n\n"},
        {"big ann small\nann\n", NULL, "big ann small\ngone\n", NULL},
    };
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    const chat_value_t null = text(NULL);
    chat_identity_t who = {.room = 1, .name = "ann"};
    chat_rows_t walk;
    who.id = new_account(tx, "ann", f->pool);
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        const chat_value_t m[] = {number(CHAT_ROW_ID(1, (apr_int64_t)i + 1)),
                                  number(1),
                                  null,
                                  number(who.id),
                                  text("ann"),
                                  text(cases[i].recipients),
                                  null,
                                  text("x"),
                                  number((apr_int64_t)i + 1),
                                  null,
                                  null,
                                  null,
                                  null,
                                  text(cases[i].mentions)};
        OK(chat_row_put(tx, CHAT_TABLE_message, m));
    }
    OK(chat_erasure(tx, &who, "gone", f->pool));
    chat_rows_begin(&walk, CHAT_TABLE_message, 1, f->pool);
    OK(chat_rows_page(&walk, tx));
    assert_int_equal(walk.n, COUNT(cases));
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        const chat_value_t *row =
            walk.values + i * (apr_size_t)chat_tables[CHAT_TABLE_message].n;
        assert_string_equal(row[4].text, "gone");
        assert_string_equal(row[5].text, cases[i].then);
        if (cases[i].mentions)
            assert_string_equal(row[13].text, cases[i].mentioned);
    }
    commit(f);
}

/* Lets the engine look at a statement without running it. */
static int prepares(const chat_db_t *db, const chat_sql_t *sql)
{
    sqlite3_stmt *stmt = NULL;
    apr_dbd_prepared_t *prepared = NULL;
    int rows, good;
    if (!db->native) /* the server sees it only when it gets a label */
        return !apr_dbd_prepare(db->driver, db->pool, db->handle, sql->pgsql, "looked_at",
                                &prepared) &&
               !apr_dbd_query(db->driver, db->handle, &rows, "DEALLOCATE looked_at");
    good = sqlite3_prepare_v2(db->native, sql->sqlite, -1, &stmt, NULL) == SQLITE_OK;
    sqlite3_finalize(stmt);
    return good;
}

/* The first that the engine refuses; "": none. Transaction control cannot be prepared. */
static const char *refused(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    const char *name = "";
    for (int i = 0; !*name && i < CHAT_SQL_COUNT; i++)
        if (strncmp(chat_sql_table[i].name, "tx_", 3) != 0 &&
            !prepares(tx->db, &chat_sql_table[i]))
            name = chat_sql_table[i].name;
    undo(f);
    return name;
}

static void all_statements(void **state)
{
    fixture_t *f = fixture(state);
    assert_string_equal(refused(f), "");
    OK(tell(f, "DROP TABLE idempotency"));
    close_connections(f);
    assert_memory_equal(refused(f), "once_", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_table_is_read),
        ON_BOTH(rows_come_back_as_they_were),
        ON_BOTH(long_tables_come_in_pages),
        ON_BOTH(erased_names_leave_lists),
        ON_BOTH(ids_that_were_brought_are_not_given_again),
        ON_BOTH(all_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
