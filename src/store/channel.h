/* SPDX-License-Identifier: Apache-2.0
 * channel.h - rows of channels and memberships.
 */
#ifndef CHAT_STORE_CHANNEL_H
#define CHAT_STORE_CHANNEL_H

#include "store/store.h"

#define CHAT_READ 1
#define CHAT_WRITE 2
#define CHAT_ADMIN 4

typedef struct chat_channel_t {
    apr_int64_t id;
    apr_int64_t room;
    const char *uuid;
    const char *name;
    const char *description; /* or NULL */
    const char *creator;     /* name, or NULL */
    int public;
    apr_time_t created;
    int slow; /* seconds between two messages of an account; 0: no bound */
    /* of the account that was asked for */
    int permissions; /* CHAT_READ | ...; -1: none set, the channel's own apply */
    int joined;
} chat_channel_t;

/* With the rights of ACCOUNT, or with 0 without rights. Deleted channels are not found.
 */
apr_status_t chat_channel_by_name(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  apr_int64_t room, const char *key, apr_pool_t *pool);
apr_status_t chat_channel_by_id(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                apr_int64_t id, apr_pool_t *pool);
apr_status_t chat_channel_by_uuid(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  const char *uuid, apr_pool_t *pool);

typedef struct chat_channels_t {
    chat_channel_t *list;
    int n;
} chat_channels_t;

/* Those that ACCOUNT has joined, by id. */
apr_status_t chat_channel_joined(chat_channels_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_pool_t *pool);
/* Public ones of the chatroom and those in which ACCOUNT has rights of its own, by id. */
apr_status_t chat_channel_visible(chat_channels_t *out, chat_tx_t *tx,
                                  apr_int64_t account, apr_int64_t room,
                                  apr_pool_t *pool);
/* The first LIMIT public ones of the chatroom, by id, without rights. */
apr_status_t chat_channel_public(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                                 int limit, apr_pool_t *pool);
/* Those that the account CREATOR created. */
apr_status_t chat_channel_made_by(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                                  apr_int64_t creator, apr_pool_t *pool);
/* All of a chatroom, without rights. */
apr_status_t chat_channel_all(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool);

/* How many CREATOR created in the chatroom. */
apr_status_t chat_channel_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t room,
                                apr_int64_t creator);
/* How many channels ACCOUNT has rights of its own in. */
apr_status_t chat_membership_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t account);

/* CHAT_CONFLICT when the name is in use. CREATOR is an account's id or 0. */
apr_status_t chat_channel_insert(apr_int64_t *id, chat_tx_t *tx, const chat_channel_t *c,
                                 const char *key, apr_int64_t creator);
/* A public one called `default`; IO has chatroom, creator's name and time. */
apr_status_t chat_channel_insert_default(chat_channel_t *io, chat_tx_t *tx,
                                         apr_int64_t creator, apr_pool_t *pool);
/* CHAT_NOTFOUND when no account that is not closed has the right to read the channel. */
apr_status_t chat_channel_reached(chat_tx_t *tx, apr_int64_t id);
/* Name, description, `public` and `slow` of C. CHAT_CONFLICT when another channel has the
 * name, or one that looks like it. */
apr_status_t chat_channel_set(chat_tx_t *tx, const chat_channel_t *c, const char *key,
                              apr_pool_t *pool);
apr_status_t chat_channel_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now);
/* Names of the open accounts that have joined, the longest there first. */
apr_status_t chat_channel_member_names(const char ***out, int *n, chat_tx_t *tx,
                                       apr_int64_t channel, apr_pool_t *pool);

typedef struct chat_peer_t {
    apr_int64_t id;
    const char *name;
} chat_peer_t;
typedef struct chat_peers_t {
    chat_peer_t *list;
    int n;
} chat_peers_t;
/* At most LIMIT open accounts, by id, that are not hidden: those that have joined
 * CHANNEL; those that share a channel with ACCOUNT. */
apr_status_t chat_channel_peers(chat_peers_t *out, chat_tx_t *tx, apr_int64_t channel,
                                int limit, apr_pool_t *pool);
apr_status_t chat_account_peers(chat_peers_t *out, chat_tx_t *tx, apr_int64_t account,
                                int limit, apr_pool_t *pool);

typedef struct chat_membership_t {
    apr_int64_t account, channel;
    int permissions;
    int joined;
} chat_membership_t;

/* Creates or changes the row. */
apr_status_t chat_membership_put(chat_tx_t *tx, const chat_membership_t *m,
                                 apr_time_t now);
apr_status_t chat_membership_delete(chat_tx_t *tx, apr_int64_t account,
                                    apr_int64_t channel);
/* The account's rights of its own, in a channel that may be deleted: -1: none. */
apr_status_t chat_membership_permissions(int *out, chat_tx_t *tx, apr_int64_t account,
                                         apr_int64_t channel);
/* All memberships of ACCOUNT. */
apr_status_t chat_membership_delete_all(chat_tx_t *tx, apr_int64_t account);

#endif
