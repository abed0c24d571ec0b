/* SPDX-License-Identifier: Apache-2.0
 * account.h - rows of accounts.
 *
 * All functions run inside a unit of work. Rows are copied into the given pool;
 * CHAT_NOTFOUND when there is no such row.
 */
#ifndef CHAT_STORE_ACCOUNT_H
#define CHAT_STORE_ACCOUNT_H

#include "store/store.h"

typedef enum chat_account_state_t {
    CHAT_ACCOUNT_PENDING,
    CHAT_ACCOUNT_OPEN,
    CHAT_ACCOUNT_BANNED,
    CHAT_ACCOUNT_CLOSED
} chat_account_state_t;

enum { CHAT_RANK_GUEST = -1, CHAT_RANK_MEMBER, CHAT_RANK_MODERATOR, CHAT_RANK_ADMIN };
/* Above all accounts: the administrator's tool. */
#define CHAT_RANK_TOOL 3

/* An account as every request needs it. */
typedef struct chat_identity_t {
    apr_int64_t id;
    apr_int64_t room;
    const char *uuid;
    const char *name; /* as typed at registration */
    chat_account_state_t state;
    int rank;
    int hidden; /* not shown as online; not read with the whole account */
    int muted;  /* chat_mute_find knows more */
    apr_time_t created;
    apr_time_t emergency; /* since when the chatroom is in one; 0: it is not */
} chat_identity_t;

typedef struct chat_account_t {
    chat_identity_t who;
    const char *name_key;
    const char *email;                                     /* or NULL */
    const char *password_hash;                             /* NULL: no login */
    apr_int64_t color;                                     /* 0xRRGGBB */
    const char *description, *languages, *location, *icon; /* each may be NULL */
    apr_int64_t token_generation;                          /* tokens created so far */
    const char *token_hash;                                /* NULL: no valid token */
    apr_time_t created;
    const char *external;    /* the site's own id of its user, or NULL */
    apr_time_t banned_until; /* 0: no end, or not banned */
} chat_account_t;

/* Whether others may write to the account: it is open and no guest's. */
static inline int chat_identity_reachable(const chat_identity_t *who)
{
    return who->state == CHAT_ACCOUNT_OPEN && who->rank >= CHAT_RANK_MEMBER;
}

/* By the keyed hash of a Button token. */
apr_status_t chat_identity_by_token(chat_identity_t *out, chat_tx_t *tx, const char *hash,
                                    apr_pool_t *pool);
apr_status_t chat_identity_by_id(chat_identity_t *out, chat_tx_t *tx, apr_int64_t id,
                                 apr_pool_t *pool);
apr_status_t chat_identity_by_uuid(chat_identity_t *out, chat_tx_t *tx, const char *uuid,
                                   apr_pool_t *pool);
/* By the normalised name. */
apr_status_t chat_identity_by_name(chat_identity_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool);

apr_status_t chat_account_by_name(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                  const char *key, apr_pool_t *pool);
apr_status_t chat_account_by_id(chat_account_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool);
apr_status_t chat_account_by_email(chat_account_t *out, chat_tx_t *tx, apr_int64_t room,
                                   const char *key, apr_pool_t *pool);
/* By the site's own id of its user, see core/signon.h. */
apr_status_t chat_account_by_external(chat_account_t *out, chat_tx_t *tx,
                                      apr_int64_t room, const char *external,
                                      apr_pool_t *pool);
/* Whether TEXT may be the site's id of a user: user:NAME or sub:ID. */
int chat_external_valid(const char *text);
/* CHAT_CONFLICT when another account of the chatroom has EXTERNAL. NULL: no user of the
 * site. */
apr_status_t chat_external_set(chat_tx_t *tx, const chat_account_t *a,
                               const char *external, apr_pool_t *pool);
typedef struct chat_accounts_t {
    chat_account_t *list;
    int n;
} chat_accounts_t;
/* Open accounts whose language is LANGUAGE, to the letter, by id; an account without a
 * language counts as "None". */
apr_status_t chat_account_by_language(chat_accounts_t *out, chat_tx_t *tx,
                                      apr_int64_t room, const char *language, int limit,
                                      apr_pool_t *pool);
/* Accounts of a chatroom with an id above AFTER, at most LIMIT. */
apr_status_t chat_account_page(chat_account_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool);
/* Which accounts of a chatroom a page has: those that are not closed, with an id above
 * AFTER and, unless PREFIX is NULL, a normalised name with that prefix. */
typedef struct chat_account_range_t {
    apr_int64_t room, after;
    const char *prefix;
    int limit;
} chat_account_range_t;
apr_status_t chat_account_range(chat_accounts_t *out, chat_tx_t *tx,
                                const chat_account_range_t *range, apr_pool_t *pool);
/* No other unit changes A or B while this one runs. */
apr_status_t chat_account_hold(chat_tx_t *tx, apr_int64_t a, apr_int64_t b);

/* What an account shows of itself. */
typedef struct chat_profile_t {
    apr_int64_t id;
    const char *uuid, *name;
    apr_int64_t color; /* 0xRRGGBB */
} chat_profile_t;
typedef struct chat_profiles_t {
    chat_profile_t *list;
    int n;
} chat_profiles_t;
/* The open accounts of a chatroom, and the banned ones with a message that is not
 * deleted; the oldest first. */
apr_status_t chat_profile_all(chat_profiles_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool);

/* Inserts A (its id is ignored) and sets *ID. CHAT_CONFLICT when name or e-mail is in
 * use, or another name looks the same. */
apr_status_t chat_account_insert(apr_int64_t *id, chat_tx_t *tx, const chat_account_t *a,
                                 const char *email_key);
apr_status_t chat_account_set_token(chat_tx_t *tx, apr_int64_t id, apr_int64_t generation,
                                    const char *hash);
/* Revokes the token. */
apr_status_t chat_account_drop_token(chat_tx_t *tx, apr_int64_t id);
apr_status_t chat_account_set_password(chat_tx_t *tx, apr_int64_t id, const char *hash);
/* UNTIL: when a ban ends by itself; 0: never. Shows a hidden account again. */
apr_status_t chat_account_set_state(chat_tx_t *tx, apr_int64_t id,
                                    chat_account_state_t state, apr_time_t until);
/* Takes it out of the lists of users. */
apr_status_t chat_account_hide(chat_tx_t *tx, apr_int64_t id);
/* Ids of the chatroom's owner, administrators, and moderators that may read CHANNEL (0: a
 * direct message, all of them), up to a hundred, as an event's audience. */
apr_status_t chat_account_moderators(const char **ids, chat_tx_t *tx, apr_int64_t room,
                                     apr_int64_t channel, apr_pool_t *pool);
/* Accounts of ROOM that were created at SINCE or later and have no rank, with an id above
 * AFTER, at most LIMIT. */
apr_status_t chat_account_since(chat_accounts_t *out, chat_tx_t *tx, apr_int64_t room,
                                apr_time_t since, apr_int64_t after, int limit,
                                apr_pool_t *pool);
/* At most LIMIT of ROOM that are banned at NOW, the youngest first. */
apr_status_t chat_account_banned(chat_accounts_t *out, chat_tx_t *tx, apr_int64_t room,
                                 apr_time_t now, int limit, apr_pool_t *pool);
apr_status_t chat_account_set_rank(chat_tx_t *tx, apr_int64_t id, int rank);
apr_status_t chat_account_set_hidden(chat_tx_t *tx, apr_int64_t id, int hidden);
/* Description, languages, location, icon and colour of A. */
apr_status_t chat_account_set_profile(chat_tx_t *tx, const chat_account_t *a);
/* CHAT_CONFLICT when another account has the address. */
apr_status_t chat_account_set_email(chat_tx_t *tx, apr_int64_t id, const char *email,
                                    const char *key);
/* Deletes everything of the account but its name, which stays reserved. */
apr_status_t chat_account_erase(chat_tx_t *tx, apr_int64_t id);

#endif
