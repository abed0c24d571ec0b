/* SPDX-License-Identifier: Apache-2.0 */
#include "store/account.h"

#include "base/crypt.h"
#include "store/channel.h"
#include "store/db.h"
#include "store/discord.h"
#include "store/signup.h"
#include "store/store_private.h"

#include <apr_strings.h>

/* Reads a row into *ROW, whose type it knows. */
typedef void (*reader_fn)(void *row, chat_stmt_t *s, apr_pool_t *pool);

/* The only row of S, which was started with RV. */
static apr_status_t one(void *row, reader_fn read, chat_stmt_t *s, apr_status_t rv,
                        apr_pool_t *pool)
{
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read(row, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

static void read_room(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->uuid = chat_sql_text(s, 1, NULL, pool);
    out->name = chat_sql_text(s, 2, NULL, pool);
    out->owner = chat_sql_int(s, 3);
    out->min_password = chat_sql_int(s, 4);
    out->created = chat_sql_int(s, 5);
    out->last_number = chat_sql_int(s, 6);
}

apr_status_t chat_room_by_id(chat_room_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_room_by_id, "i", id);
    return one(out, read_room, s, rv, pool);
}

apr_status_t chat_room_by_uuid(chat_room_t *out, chat_tx_t *tx, const char *uuid,
                               apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_room_by_uuid, "s", uuid);
    return one(out, read_room, s, rv, pool);
}

apr_status_t chat_room_all(chat_room_t **out, int *n, chat_tx_t *tx, apr_pool_t *pool)
{
    apr_array_header_t *rooms = apr_array_make(pool, 8, sizeof(chat_room_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_room_list, "");
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_room(apr_array_push(rooms), s, pool);
    *out = (chat_room_t *)rooms->elts;
    *n = rooms->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_room_insert(apr_int64_t *id, chat_tx_t *tx, const char *uuid,
                              const char *name, apr_time_t now)
{
    apr_status_t rv =
        chat_sql_one(id, tx, CHAT_SQL_room_insert, "ssi", uuid, name, (apr_int64_t)now);
    if (rv == APR_SUCCESS && *id >= CHAT_ROOM_MAX)
        return CHAT_FULL;
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_room_set_owner(chat_tx_t *tx, apr_int64_t room, apr_int64_t owner)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_set_owner, "zi", owner, room);
}

apr_status_t chat_room_counter(apr_int64_t *number, apr_time_t *time, chat_tx_t *tx,
                               apr_int64_t room)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_room_counter, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *number = chat_sql_int(s, 0);
    *time = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_room_count(chat_room_counts_t *out, chat_tx_t *tx, apr_int64_t room)
{
    apr_status_t rv = chat_sql_one(&out->accounts, tx, CHAT_SQL_room_accounts, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&out->channels, tx, CHAT_SQL_room_channels, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&out->messages, tx, CHAT_SQL_room_messages, "ii",
                          CHAT_ROW_ID(room, 0), CHAT_ROW_ID(room + 1, 0));
    return rv;
}

apr_status_t chat_room_page(chat_room_listed_t **out, int *n, chat_tx_t *tx,
                            apr_int64_t after, int limit, apr_pool_t *pool)
{
    apr_array_header_t *rooms = apr_array_make(pool, 16, sizeof(chat_room_listed_t));
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_room_page, "ii", after, (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_room_listed_t *r = apr_array_push(rooms);
        read_room(&r->room, s, pool);
        r->owner = chat_sql_text(s, 7, NULL, pool);
        r->counts.accounts = chat_sql_int(s, 8);
        r->counts.channels = chat_sql_int(s, 9);
        r->counts.messages = 0;
    }
    *out = (chat_room_listed_t *)rooms->elts;
    *n = rooms->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_totals(chat_totals_t *out, chat_tx_t *tx)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_site_totals, "");
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    out->rooms = chat_sql_int(s, 0);
    out->accounts = chat_sql_int(s, 1);
    out->channels = chat_sql_int(s, 2);
    out->messages = chat_sql_int(s, 3);
    chat_sql_end(s);
    return chat_sql_one(&out->bytes, tx, CHAT_SQL_database_bytes, "");
}

apr_status_t chat_store_first_room(chat_tx_t *tx, apr_pool_t *pool)
{
    char uuid[CHAT_UUID_SIZE];
    chat_channel_t channel = {.name = "default", .public = 1};
    apr_status_t rv;
    chat_uuid_random(uuid);
    channel.created = apr_time_now();
    rv = chat_room_insert(&channel.room, tx, uuid, "default", channel.created);
    if (rv != APR_SUCCESS)
        return rv;
    chat_uuid_random(uuid);
    channel.uuid = apr_pstrdup(pool, uuid);
    return chat_channel_insert(&channel.id, tx, &channel, "default", 0);
}

static void read_identity(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_identity_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->uuid = chat_sql_text(s, 2, NULL, pool);
    out->name = chat_sql_text(s, 3, NULL, pool);
    out->state = (chat_account_state_t)chat_sql_int(s, 4);
    out->rank = (int)chat_sql_int(s, 5);
}

apr_status_t chat_identity_by_token(chat_identity_t *out, chat_tx_t *tx, const char *hash,
                                    apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_identity_by_token, "s", hash);
    return one(out, read_identity, s, rv, pool);
}

apr_status_t chat_identity_by_id(chat_identity_t *out, chat_tx_t *tx, apr_int64_t id,
                                 apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_identity_by_id, "i", id);
    return one(out, read_identity, s, rv, pool);
}

apr_status_t chat_identity_by_uuid(chat_identity_t *out, chat_tx_t *tx, const char *uuid,
                                   apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_identity_by_uuid, "s", uuid);
    return one(out, read_identity, s, rv, pool);
}

apr_status_t chat_identity_by_name(chat_identity_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_identity_by_name, "is", room, key);
    return one(out, read_identity, s, rv, pool);
}

static void read_account(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_account_t *out = row;
    out->who.id = chat_sql_int(s, 0);
    out->who.room = chat_sql_int(s, 1);
    out->who.uuid = chat_sql_text(s, 2, NULL, pool);
    out->who.name = chat_sql_text(s, 3, NULL, pool);
    out->name_key = chat_sql_text(s, 4, NULL, pool);
    out->email = chat_sql_text(s, 5, NULL, pool);
    out->password_hash = chat_sql_text(s, 6, NULL, pool);
    out->who.state = (chat_account_state_t)chat_sql_int(s, 7);
    out->who.rank = (int)chat_sql_int(s, 8);
    out->color = chat_sql_int(s, 9);
    out->description = chat_sql_text(s, 10, NULL, pool);
    out->languages = chat_sql_text(s, 11, NULL, pool);
    out->location = chat_sql_text(s, 12, NULL, pool);
    out->icon = chat_sql_text(s, 13, NULL, pool);
    out->token_generation = chat_sql_int(s, 14);
    out->token_hash = chat_sql_text(s, 15, NULL, pool);
    out->created = chat_sql_int(s, 16);
}

apr_status_t chat_account_by_name(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                  const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_account_by_name, "is", room, key);
    return one(out, read_account, s, rv, pool);
}

apr_status_t chat_account_by_id(chat_account_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_account_by_id, "i", id);
    return one(out, read_account, s, rv, pool);
}

apr_status_t chat_account_by_email(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_account_by_email, "is", room, key);
    return one(out, read_account, s, rv, pool);
}

apr_status_t chat_account_by_uuid(chat_account_t *out, chat_tx_t *tx, const char *uuid,
                                  apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_account_by_uuid, "s", uuid);
    return one(out, read_account, s, rv, pool);
}

static apr_status_t all(chat_accounts_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_account_t));
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_account(apr_array_push(list), s, pool);
    out->list = (chat_account_t *)list->elts;
    out->n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_account_page(chat_account_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool)
{
    chat_accounts_t found = {NULL, 0};
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_account_list, "iii", room, after, (apr_int64_t)limit);
    if (rv == APR_SUCCESS)
        rv = all(&found, s, pool);
    *out = found.list;
    *n = found.n;
    return rv;
}

/* Above every character that a name may have. */
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

apr_status_t chat_account_range(chat_accounts_t *out, chat_tx_t *tx,
                                const chat_account_range_t *range, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv;
    if (range->prefix)
        rv = chat_sql(&s, tx, CHAT_SQL_account_page_named, "issii", range->room,
                      range->prefix,
                      apr_pstrcat(pool, range->prefix, LAST_CHARACTER, NULL),
                      range->after, (apr_int64_t)range->limit);
    else
        rv = chat_sql(&s, tx, CHAT_SQL_account_page, "iii", range->room, range->after,
                      (apr_int64_t)range->limit);
    return rv == APR_SUCCESS ? all(out, s, pool) : rv;
}

apr_status_t chat_account_hold(chat_tx_t *tx, apr_int64_t a, apr_int64_t b)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_hold_two, "ii", a, b);
}

apr_status_t chat_account_by_language(chat_accounts_t *out, chat_tx_t *tx,
                                      apr_int64_t room, const char *language, int limit,
                                      apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_account_by_language, "isi", room,
                               language, (apr_int64_t)limit);
    return rv == APR_SUCCESS ? all(out, s, pool) : rv;
}

apr_status_t chat_profile_all(chat_profiles_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_profile_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_profile_list, "i", room);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_profile_t *p = apr_array_push(list);
        p->id = chat_sql_int(s, 0);
        p->uuid = chat_sql_text(s, 1, NULL, pool);
        p->name = chat_sql_text(s, 2, NULL, pool);
        p->color = chat_sql_int(s, 3);
    }
    out->list = (chat_profile_t *)list->elts;
    out->n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_account_insert(apr_int64_t *id, chat_tx_t *tx, const chat_account_t *a,
                                 const char *email_key)
{
    apr_status_t rv =
        chat_sql_one(id, tx, CHAT_SQL_account_insert, "issssssiiii", a->who.room,
                     a->who.uuid, a->who.name, a->name_key, a->email, email_key,
                     a->password_hash, (apr_int64_t)a->who.state,
                     (apr_int64_t)a->who.rank, a->color, (apr_int64_t)a->created);
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_account_set_token(chat_tx_t *tx, apr_int64_t id, apr_int64_t generation,
                                    const char *hash)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_token, "isi", generation, hash, id);
}

apr_status_t chat_account_drop_token(chat_tx_t *tx, apr_int64_t id)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_drop_token, "i", id);
}

apr_status_t chat_account_set_password(chat_tx_t *tx, apr_int64_t id, const char *hash)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_password, "si", hash, id);
}

apr_status_t chat_account_set_state(chat_tx_t *tx, apr_int64_t id,
                                    chat_account_state_t state)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_state, "ii", (apr_int64_t)state,
                       id);
}

apr_status_t chat_account_set_rank(chat_tx_t *tx, apr_int64_t id, int rank)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_rank, "ii", (apr_int64_t)rank, id);
}

apr_status_t chat_account_set_profile(chat_tx_t *tx, const chat_account_t *a)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_profile, "ssssii", a->description,
                       a->languages, a->location, a->icon, a->color, a->who.id);
}

apr_status_t chat_account_set_email(chat_tx_t *tx, apr_int64_t id, const char *email,
                                    const char *key)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_email, "ssi", email, key, id);
}

apr_status_t chat_account_erase(chat_tx_t *tx, apr_int64_t id)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_account_close, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_membership_delete_account, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_activation_delete_account, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_second_delete(tx, id);
    if (rv == APR_SUCCESS)
        rv = chat_discord_forget(tx, id);
    return rv == APR_SUCCESS ? chat_account_end_sessions(tx, id) : rv;
}

apr_status_t chat_account_end_sessions(chat_tx_t *tx, apr_int64_t id)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_delete_account, "i", id);
}
