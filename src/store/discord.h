/* SPDX-License-Identifier: Apache-2.0
 * discord.h - rows of Discord codes, Discord persons, and links to Discord targets.
 */
#ifndef CHAT_STORE_DISCORD_H
#define CHAT_STORE_DISCORD_H

#include "store/store.h"

/* An account has one code at a time. */
apr_status_t chat_discord_code_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                                   apr_time_t expires);
/* Uses the code up. CHAT_NOTFOUND when it is unknown or expired. */
apr_status_t chat_discord_code_take(apr_int64_t *account, chat_tx_t *tx, const char *hash,
                                    apr_time_t now);

/* A Discord person is one account per chatroom; the latest counts. */
apr_status_t chat_discord_person_put(chat_tx_t *tx, apr_int64_t room,
                                     const char *discord_id, apr_int64_t account,
                                     apr_time_t now);
apr_status_t chat_discord_person_find(apr_int64_t *account, chat_tx_t *tx,
                                      apr_int64_t room, const char *discord_id);
/* The person that ACCOUNT's link KEY leads to no longer is ACCOUNT. */
apr_status_t chat_discord_person_drop(chat_tx_t *tx, apr_int64_t room,
                                      apr_int64_t account, const char *key);

/* What ACCOUNT calls the Discord channel, the first by name. CHAT_NOTFOUND. */
apr_status_t chat_discord_channel_name(const char **name, chat_tx_t *tx,
                                       apr_int64_t account, const char *discord_id,
                                       apr_pool_t *pool);

/* Nothing on Discord is ACCOUNT's any more: codes, persons, links. */
apr_status_t chat_discord_forget(chat_tx_t *tx, apr_int64_t account);

typedef struct chat_link_t {
    apr_int64_t account;
    const char *account_name; /* only when read */
    const char *name;         /* what the account calls the target */
    const char *name_key;
    int person; /* a person, else a channel */
    const char *discord_id;
} chat_link_t;

apr_status_t chat_link_find(chat_link_t *out, chat_tx_t *tx, apr_int64_t account,
                            const char *key, apr_pool_t *pool);
apr_status_t chat_link_put(chat_tx_t *tx, const chat_link_t *link, apr_time_t now);
/* CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_link_delete(chat_tx_t *tx, apr_int64_t account, const char *key);
apr_status_t chat_link_all(chat_link_t **out, int *n, chat_tx_t *tx, apr_int64_t room,
                           apr_pool_t *pool);

#endif
