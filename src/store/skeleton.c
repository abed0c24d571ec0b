/* SPDX-License-Identifier: Apache-2.0 */
/* Skeletons of the names in the database. */
#include "store/skeleton.h"

#include "base/skeleton.h"
#include "store/db.h"
#include "store/store_log.h"

#include <string.h>

#define PIECE 500

typedef struct named_t {
    apr_int64_t id, room;
    const char *name;
    const char *like; /* the other one's name; NULL: there is none */
} named_t;

static const struct kind_t {
    const char *noun;
    chat_sql_id_t missing, like, set, alike;
} kinds[] = {
    {"account", CHAT_SQL_account_unlike, CHAT_SQL_account_like,
     CHAT_SQL_account_set_skeleton, CHAT_SQL_account_alike},
    {"channel", CHAT_SQL_channel_unlike, CHAT_SQL_channel_like,
     CHAT_SQL_channel_set_skeleton, CHAT_SQL_channel_alike},
};

static void read_named(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    named_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->name = chat_sql_text(s, 2, NULL, pool);
    out->like = NULL;
}

static const chat_sql_kind_t named = {read_named, sizeof(named_t)};

static apr_status_t find_like(named_t *out, chat_tx_t *tx, chat_sql_id_t id,
                              apr_int64_t room, const char *name, apr_pool_t *pool)
{
    return chat_sql_first(out, read_named,
                          chat_sql(tx, id, "is", room, chat_name_skeleton(name, pool)),
                          pool);
}

/* The same among the rows that have no skeleton yet. */
static apr_status_t find_bare(named_t *out, chat_tx_t *tx, chat_sql_id_t missing,
                              apr_int64_t room, const char *name, apr_pool_t *pool)
{
    const char *skeleton = chat_name_skeleton(name, pool);
    apr_pool_t *piece;
    named_t *list;
    apr_int64_t after = 0;
    int n = PIECE;
    apr_status_t rv = APR_SUCCESS;
    apr_pool_create(&piece, pool);
    while (rv == APR_SUCCESS && n == PIECE) {
        apr_pool_clear(piece);
        rv = chat_sql_list(&list, &n, &named, chat_sql(tx, missing, "id", after, PIECE),
                           piece);
        for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
            after = list[i].id;
            if (list[i].room != room ||
                strcmp(chat_name_skeleton(list[i].name, piece), skeleton) != 0)
                continue;
            out->id = after;
            apr_pool_destroy(piece);
            return APR_SUCCESS;
        }
    }
    apr_pool_destroy(piece);
    return rv == APR_SUCCESS ? CHAT_NOTFOUND : rv;
}

static apr_status_t find(apr_int64_t *id, chat_tx_t *tx, const struct kind_t *kind,
                         apr_int64_t room, const char *name, apr_pool_t *pool)
{
    named_t other = {0};
    apr_status_t rv = find_like(&other, tx, kind->like, room, name, pool);
    if (rv == CHAT_NOTFOUND)
        rv = find_bare(&other, tx, kind->missing, room, name, pool);
    *id = other.id;
    return rv;
}

apr_status_t chat_skeleton_account(chat_tx_t *tx, apr_int64_t room, const char *name,
                                   apr_pool_t *pool)
{
    apr_int64_t id;
    return find(&id, tx, &kinds[0], room, name, pool);
}

apr_status_t chat_skeleton_channel(apr_int64_t *id, chat_tx_t *tx, apr_int64_t room,
                                   const char *name, apr_pool_t *pool)
{
    return find(id, tx, &kinds[1], room, name, pool);
}

/* Rows of one kind, read before and written in a unit. */
typedef struct piece_t {
    const struct kind_t *kind;
    named_t *list;
    int n;
    const chat_store_log_t *log;
    apr_pool_t *pool;
} piece_t;

static apr_status_t read_missing(chat_tx_t *tx, void *baton)
{
    piece_t *p = baton;
    return chat_sql_list(&p->list, &p->n, &named,
                         chat_sql(tx, p->kind->missing, "id", APR_INT64_C(0), PIECE),
                         p->pool);
}

/* A blank and the id: no skeleton begins so. */
static apr_status_t fill_one(piece_t *p, chat_tx_t *tx, named_t *row)
{
    named_t other;
    const char *skeleton = chat_name_skeleton(row->name, p->pool);
    apr_status_t rv = find_like(&other, tx, p->kind->like, row->room, row->name, p->pool);
    row->like = rv == APR_SUCCESS ? other.name : NULL;
    if (row->like)
        skeleton = apr_psprintf(p->pool, " %" APR_INT64_T_FMT, row->id);
    if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
        rv = chat_sql_do(NULL, tx, p->kind->set, "si", skeleton, row->id);
    return rv;
}

static apr_status_t fill_piece(chat_tx_t *tx, void *baton)
{
    piece_t *p = baton;
    apr_status_t rv = APR_SUCCESS;
    p->log = tx->log;
    for (int i = 0; rv == APR_SUCCESS && i < p->n; i++)
        rv = fill_one(p, tx, &p->list[i]);
    return rv;
}

static apr_status_t fill_kind(piece_t *p, chat_store_t *store)
{
    apr_status_t rv = chat_store_read(store, read_missing, p);
    if (rv == APR_SUCCESS && p->n)
        rv = chat_store_write(store, fill_piece, p);
    for (int i = 0; rv == APR_SUCCESS && i < p->n; i++) {
        if (p->list[i].like)
            chat_store_alike(p->log, p->kind->noun, p->list[i].name, p->list[i].like);
    }
    return rv;
}

apr_status_t chat_skeleton_fill(int *more, chat_store_t *store)
{
    apr_status_t rv = APR_SUCCESS;
    *more = 0;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(kinds) / sizeof(*kinds); i++) {
        piece_t p = {.kind = &kinds[i]};
        apr_pool_create(&p.pool, NULL);
        rv = fill_kind(&p, store);
        *more |= p.n == PIECE;
        apr_pool_destroy(p.pool);
    }
    return rv;
}

typedef struct alike_t {
    const char *lines;
    apr_pool_t *pool;
} alike_t;

static apr_status_t list_alike(chat_tx_t *tx, void *baton)
{
    alike_t *a = baton;
    apr_status_t rv = APR_SUCCESS;
    a->lines = "";
    for (apr_size_t k = 0; rv == APR_SUCCESS && k < sizeof(kinds) / sizeof(*kinds); k++) {
        named_t *list, other;
        int n;
        rv = chat_sql_list(&list, &n, &named, chat_sql(tx, kinds[k].alike, ""), a->pool);
        for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
            rv =
                find_like(&other, tx, kinds[k].like, list[i].room, list[i].name, a->pool);
            if (rv == APR_SUCCESS)
                a->lines = apr_psprintf(
                    a->pool, "%s%s %s of chatroom %" APR_INT64_T_FMT " looks like %s\n",
                    a->lines, kinds[k].noun, list[i].name, list[i].room, other.name);
            rv = rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
        }
    }
    return rv;
}

apr_status_t chat_skeleton_alike(const char **lines, chat_store_t *store,
                                 apr_pool_t *pool)
{
    alike_t a = {"", pool};
    apr_status_t rv = chat_store_read(store, list_alike, &a);
    *lines = a.lines;
    return rv;
}
