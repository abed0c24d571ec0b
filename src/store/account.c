/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of accounts: identities, accounts, profiles. */
#include "store/account.h"

#include "base/skeleton.h"
#include "store/activation.h"
#include "store/channel.h"
#include "store/db.h"
#include "store/discord.h"
#include "store/read_marker.h"
#include "store/session.h"

#include <string.h>

#define EXTERNAL_MAX 260 /* 255 bytes of the site's behind the prefix */

/* A ban that is over counts no more, also before the janitor has seen it. */
static chat_account_state_t state_now(chat_account_state_t state, apr_time_t until)
{
    return state == CHAT_ACCOUNT_BANNED && until && until <= apr_time_now()
               ? CHAT_ACCOUNT_OPEN
               : state;
}

static void read_identity(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_identity_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->uuid = chat_sql_text(s, 2, NULL, pool);
    out->name = chat_sql_text(s, 3, NULL, pool);
    out->state = state_now((chat_account_state_t)chat_sql_int(s, 4), chat_sql_int(s, 6));
    out->rank = (int)chat_sql_int(s, 5);
    out->muted = chat_sql_int(s, 7) != 0;
    out->created = chat_sql_int(s, 8);
    out->emergency = chat_sql_int(s, 9);
    out->hidden = chat_sql_int(s, 10) != 0;
}

apr_status_t chat_identity_by_token(chat_identity_t *out, chat_tx_t *tx, const char *hash,
                                    apr_pool_t *pool)
{
    return chat_sql_first(out, read_identity,
                          chat_sql(tx, CHAT_SQL_identity_by_token, "s", hash), pool);
}

apr_status_t chat_identity_by_id(chat_identity_t *out, chat_tx_t *tx, apr_int64_t id,
                                 apr_pool_t *pool)
{
    return chat_sql_first(out, read_identity,
                          chat_sql(tx, CHAT_SQL_identity_by_id, "i", id), pool);
}

apr_status_t chat_identity_by_uuid(chat_identity_t *out, chat_tx_t *tx, const char *uuid,
                                   apr_pool_t *pool)
{
    return chat_sql_first(out, read_identity,
                          chat_sql(tx, CHAT_SQL_identity_by_uuid, "s", uuid), pool);
}

apr_status_t chat_identity_by_name(chat_identity_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool)
{
    return chat_sql_first(out, read_identity,
                          chat_sql(tx, CHAT_SQL_identity_by_name, "is", room, key), pool);
}

static void read_account(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_account_t *out = row;
    memset(out, 0, sizeof(*out));
    out->who.id = chat_sql_int(s, 0);
    out->who.room = chat_sql_int(s, 1);
    out->who.uuid = chat_sql_text(s, 2, NULL, pool);
    out->who.name = chat_sql_text(s, 3, NULL, pool);
    out->name_key = chat_sql_text(s, 4, NULL, pool);
    out->email = chat_sql_text(s, 5, NULL, pool);
    out->password_hash = chat_sql_text(s, 6, NULL, pool);
    out->banned_until = chat_sql_int(s, 18);
    out->who.state =
        state_now((chat_account_state_t)chat_sql_int(s, 7), out->banned_until);
    out->who.rank = (int)chat_sql_int(s, 8);
    out->color = chat_sql_int(s, 9);
    out->description = chat_sql_text(s, 10, NULL, pool);
    out->languages = chat_sql_text(s, 11, NULL, pool);
    out->location = chat_sql_text(s, 12, NULL, pool);
    out->icon = chat_sql_text(s, 13, NULL, pool);
    out->token_generation = chat_sql_int(s, 14);
    out->token_hash = chat_sql_text(s, 15, NULL, pool);
    out->created = out->who.created = chat_sql_int(s, 16);
    out->external = chat_sql_text(s, 17, NULL, pool);
}

apr_status_t chat_account_by_name(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                  const char *key, apr_pool_t *pool)
{
    return chat_sql_first(out, read_account,
                          chat_sql(tx, CHAT_SQL_account_by_name, "is", room, key), pool);
}

apr_status_t chat_account_by_id(chat_account_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool)
{
    return chat_sql_first(out, read_account,
                          chat_sql(tx, CHAT_SQL_account_by_id, "i", id), pool);
}

apr_status_t chat_account_by_email(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool)
{
    return chat_sql_first(out, read_account,
                          chat_sql(tx, CHAT_SQL_account_by_email, "is", room, key), pool);
}

apr_status_t chat_account_by_external(chat_account_t *out, chat_tx_t *tx,
                                      apr_int64_t room, const char *external,
                                      apr_pool_t *pool)
{
    return chat_sql_first(
        out, read_account,
        chat_sql(tx, CHAT_SQL_account_by_external, "is", room, external), pool);
}

int chat_external_valid(const char *text)
{
    return (!strncmp(text, "user:", 5) || !strncmp(text, "sub:", 4)) &&
           strlen(text) <= EXTERNAL_MAX;
}

apr_status_t chat_external_set(chat_tx_t *tx, const chat_account_t *a,
                               const char *external, apr_pool_t *pool)
{
    chat_account_t other;
    apr_status_t rv = CHAT_NOTFOUND;
    if (external)
        rv = chat_account_by_external(&other, tx, a->who.room, external, pool);
    if (rv == APR_SUCCESS)
        return other.who.id == a->who.id ? APR_SUCCESS : CHAT_CONFLICT;
    return rv == CHAT_NOTFOUND ? chat_sql_do(NULL, tx, CHAT_SQL_account_set_external,
                                             "si", external, a->who.id)
                               : rv;
}

static apr_status_t all(chat_accounts_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    static const chat_sql_kind_t accounts = {read_account, sizeof(chat_account_t)};
    return chat_sql_list(&out->list, &out->n, &accounts, s, pool);
}

apr_status_t chat_account_page(chat_account_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool)
{
    chat_accounts_t found = {NULL, 0};
    apr_status_t rv =
        all(&found, chat_sql(tx, CHAT_SQL_account_list, "iid", room, after, limit), pool);
    *out = found.list;
    *n = found.n;
    return rv;
}

/* Above every character that a name may have. */
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

apr_status_t chat_account_range(chat_accounts_t *out, chat_tx_t *tx,
                                const chat_account_range_t *r, apr_pool_t *pool)
{
    if (!r->prefix)
        return all(
            out, chat_sql(tx, CHAT_SQL_account_page, "iid", r->room, r->after, r->limit),
            pool);
    return all(out,
               chat_sql(tx, CHAT_SQL_account_page_named, "issid", r->room, r->prefix,
                        apr_pstrcat(pool, r->prefix, LAST_CHARACTER, NULL), r->after,
                        r->limit),
               pool);
}

apr_status_t chat_account_hold(chat_tx_t *tx, apr_int64_t a, apr_int64_t b)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_hold_two, "ii", a, b);
}

apr_status_t chat_account_by_language(chat_accounts_t *out, chat_tx_t *tx,
                                      apr_int64_t room, const char *language, int limit,
                                      apr_pool_t *pool)
{
    return all(out,
               chat_sql(tx, CHAT_SQL_account_by_language, "isd", room, language, limit),
               pool);
}

static void read_profile(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_profile_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->uuid = chat_sql_text(s, 1, NULL, pool);
    out->name = chat_sql_text(s, 2, NULL, pool);
    out->color = chat_sql_int(s, 3);
}

apr_status_t chat_profile_all(chat_profiles_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool)
{
    static const chat_sql_kind_t profiles = {read_profile, sizeof(chat_profile_t)};
    return chat_sql_list(&out->list, &out->n, &profiles,
                         chat_sql(tx, CHAT_SQL_profile_list, "i", room), pool);
}

apr_status_t chat_account_insert(apr_int64_t *id, chat_tx_t *tx, const chat_account_t *a,
                                 const char *email_key)
{
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create(&pool, NULL);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_sql_one(id, tx, CHAT_SQL_account_insert, "issssssddiis", a->who.room,
                      a->who.uuid, a->who.name, a->name_key, a->email, email_key,
                      a->password_hash, a->who.state, a->who.rank, a->color, a->created,
                      chat_name_skeleton(a->who.name, pool));
    apr_pool_destroy(pool);
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
                                    chat_account_state_t state, apr_time_t until)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_state, "dzi", state, until, id);
}

apr_status_t chat_account_hide(chat_tx_t *tx, apr_int64_t id)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_hide, "i", id);
}

apr_status_t chat_account_moderators(const char **ids, chat_tx_t *tx, apr_int64_t room,
                                     apr_int64_t channel, apr_pool_t *pool)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_account_moderators, "iiiii", room, channel,
                              channel, channel, room);
    const char *list = "";
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        list = apr_psprintf(pool, "%s%s%" APR_INT64_T_FMT, list, *list ? " " : "",
                            chat_sql_int(s, 0));
    *ids = list;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_account_since(chat_accounts_t *out, chat_tx_t *tx, apr_int64_t room,
                                apr_time_t since, apr_int64_t after, int limit,
                                apr_pool_t *pool)
{
    return all(out,
               chat_sql(tx, CHAT_SQL_account_since, "iiid", room, since, after, limit),
               pool);
}

apr_status_t chat_account_banned(chat_accounts_t *out, chat_tx_t *tx, apr_int64_t room,
                                 apr_time_t now, int limit, apr_pool_t *pool)
{
    return all(out, chat_sql(tx, CHAT_SQL_account_banned, "iid", room, now, limit), pool);
}

apr_status_t chat_account_set_rank(chat_tx_t *tx, apr_int64_t id, int rank)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_rank, "di", rank, id);
}

apr_status_t chat_account_set_hidden(chat_tx_t *tx, apr_int64_t id, int hidden)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_account_set_hidden, "di", hidden, id);
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
        rv = chat_membership_delete_all(tx, id);
    if (rv == APR_SUCCESS)
        rv = chat_activation_delete(tx, id);
    if (rv == APR_SUCCESS)
        rv = chat_second_delete(tx, id);
    if (rv == APR_SUCCESS)
        rv = chat_discord_forget(tx, id);
    if (rv == APR_SUCCESS)
        rv = chat_read_marker_delete(tx, id);
    return rv == APR_SUCCESS ? chat_session_end_all(tx, id) : rv;
}
