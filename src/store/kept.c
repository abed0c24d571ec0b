/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a table of fixed places; a place is found by the hash of statement and values.
 */
#include "store/kept.h"

#include <apr_hash.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Messages have places of their own: a client that reads many drops no rights. */
#define ROWS 2048
#define MESSAGES 512
#define LOCKS 32
/* A statement with longer values, or a row with longer texts, is not kept. */
#define KEY_MAX 144
#define TEXT_MAX 400
#define LIFE apr_time_from_sec(5)

typedef struct column_t {
    apr_int64_t integer;
    apr_uint16_t text, len; /* where the text begins; its length */
    int null;
} column_t;

struct chat_kept_row_t {
    apr_uint64_t counter; /* of what it is kept by; 0: free */
    apr_time_t since;
    unsigned place;
    apr_uint16_t key_len, text_len;
    char key[KEY_MAX];
    column_t columns[CHAT_SQL_KEPT_COLUMNS];
    char text[TEXT_MAX];
};

struct chat_kept_t {
    chat_shared_t *shared; /* NULL: PostgreSQL */
    pthread_mutex_t locks[LOCKS];
    chat_kept_row_t *rows;
};

static apr_status_t destroy(void *data)
{
    chat_kept_t *kept = data;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&kept->locks[i]);
    free(kept->rows);
    return APR_SUCCESS;
}

chat_kept_t *chat_kept_create(chat_shared_t *shared, apr_pool_t *pool)
{
    chat_kept_t *kept = apr_palloc(pool, sizeof(*kept));
    kept->shared = shared;
    /* not of the pool, which would touch all of it */
    kept->rows = calloc(ROWS + MESSAGES, sizeof(*kept->rows));
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&kept->locks[i], NULL);
    apr_pool_cleanup_register(pool, kept, destroy, apr_pool_cleanup_null);
    return kept;
}

void chat_kept_begin(chat_tx_t *tx)
{
    tx->rights = chat_shared_changes(tx->kept->shared, CHAT_SHARED_RIGHTS);
    tx->texts = chat_shared_changes(tx->kept->shared, CHAT_SHARED_TEXTS);
    tx->looked = apr_time_now();
}

void chat_kept_since(chat_tx_t *tx, apr_uint64_t version, apr_time_t now)
{
    tx->rights = 2 + 2 * version;
    tx->looked = now;
}

/* On PostgreSQL, who waited for another transaction means to see what it did; and own
 * changes are not counted before the commit. */
void chat_kept_change(chat_tx_t *tx, const chat_sql_t *sql)
{
    chat_shared_t *shared = tx->kept->shared;
    if (!shared && sql->waits)
        tx->looked = 0;
    if (!shared && sql->changes_kept)
        tx->kept = NULL;
    if (shared && sql->changes_kept) {
        tx->rights = 0;
        chat_shared_change(shared, CHAT_SHARED_RIGHTS);
    }
    if (shared && sql->changes_texts) {
        tx->texts = 0;
        chat_shared_change(shared, CHAT_SHARED_TEXTS);
    }
}

/* Appends LEN bytes at *END of the room of MAX bytes; 0 when they do not fit. */
static int append(char *to, apr_uint16_t *end, apr_size_t max, const void *bytes,
                  apr_size_t len)
{
    if (len > max - *end)
        return 0;
    if (len)
        memcpy(to + *end, bytes, len);
    *end = (apr_uint16_t)(*end + len);
    return 1;
}

static int make_key(chat_kept_row_t *row, chat_sql_id_t id, const chat_value_t *values,
                    int n)
{
    apr_ssize_t len;
    int fits;
    row->key_len = 0;
    fits = append(row->key, &row->key_len, KEY_MAX, &id, sizeof(id));
    for (int i = 0; i < n && fits; i++) {
        const chat_value_t *v = &values[i];
        apr_int64_t number = v->is_text ? (apr_int64_t)v->len : v->number;
        fits = append(row->key, &row->key_len, KEY_MAX, &number, sizeof(number)) &&
               append(row->key, &row->key_len, KEY_MAX, v->text, v->is_text ? v->len : 0);
    }
    len = row->key_len;
    row->place = apr_hashfunc_default(row->key, &len);
    row->place =
        chat_sql_table[id].kept == 1 ? row->place % ROWS : ROWS + row->place % MESSAGES;
    return fits;
}

static int is_same(const chat_kept_row_t *kept, const chat_kept_row_t *wanted)
{
    return kept->counter == wanted->counter && kept->key_len == wanted->key_len &&
           !memcmp(kept->key, wanted->key, kept->key_len) &&
           wanted->since >= kept->since && wanted->since - kept->since < LIFE;
}

int chat_kept_find(chat_tx_t *tx, chat_stmt_t *s, const chat_value_t *values, int n)
{
    chat_kept_t *kept = tx->kept;
    chat_kept_row_t *row = s->row;
    const chat_kept_row_t *at;
    int texts = chat_sql_table[s->id].kept != 1, found;
    apr_uint64_t counter = texts ? tx->texts : tx->rights;
    s->keeper = NULL;
    if (!kept->rows || !counter || counter % 2)
        return 0;
    if (!row)
        row = s->row = apr_palloc(!tx->db       ? tx->pool
                                  : tx->db->own ? tx->db->own
                                                : tx->db->pool,
                                  sizeof(*row));
    row->counter = counter;
    row->since = tx->looked;
    if (!make_key(row, s->id, values, n))
        return 0;
    at = &kept->rows[row->place];
    pthread_mutex_lock(&kept->locks[row->place % LOCKS]);
    found = is_same(at, row);
    if (found)
        memcpy(row, at, sizeof(*row));
    pthread_mutex_unlock(&kept->locks[row->place % LOCKS]);
    /* a new message moves no counter, and what is undone gives its number to another */
    s->keeper = found || (texts && tx->writing) ? NULL : kept;
    return found;
}

void chat_kept_put(chat_stmt_t *s)
{
    chat_kept_t *kept = s->keeper;
    chat_kept_row_t *row = s->row;
    const chat_engine_t *engine = s->db->engine;
    int n = engine->columns(s);
    s->keeper = NULL;
    row->text_len = 0;
    for (int i = 0; i < n; i++) {
        column_t *c = &row->columns[i];
        apr_size_t len;
        const char *text;
        c->null = engine->is_null(s, i);
        c->integer = engine->integer(s, i);
        text = engine->text(s, i, &len);
        c->text = row->text_len;
        c->len = (apr_uint16_t)len;
        if (!append(row->text, &row->text_len, TEXT_MAX, text, len))
            return;
    }
    pthread_mutex_lock(&kept->locks[row->place % LOCKS]);
    memcpy(&kept->rows[row->place], row, sizeof(*row));
    pthread_mutex_unlock(&kept->locks[row->place % LOCKS]);
}

int chat_kept_null(const chat_stmt_t *s, int column)
{
    return s->row->columns[column].null;
}

apr_int64_t chat_kept_integer(const chat_stmt_t *s, int column)
{
    return s->row->columns[column].integer;
}

const char *chat_kept_text(const chat_stmt_t *s, int column, apr_size_t *len)
{
    const column_t *c = &s->row->columns[column];
    *len = c->len;
    return c->null ? NULL : s->row->text + c->text;
}
