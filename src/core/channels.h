/* SPDX-License-Identifier: Apache-2.0
 * channels.h - rules of channels and their members.
 *
 * Rows and names are in the call's pool. Channels are addressed by name within the call's
 * chatroom; CHAT_P_NO_CHANNEL when the caller can see no such channel.
 */
#ifndef CHAT_CORE_CHANNELS_H
#define CHAT_CORE_CHANNELS_H

#include "base/name.h"
#include "core/auth.h"
#include "store/channel.h"

/* The channel NAME of the call's chatroom with WHO's rights in it, in the unit TX. */
apr_status_t chat_channel_find(chat_channel_t *out, chat_call_t *c, chat_tx_t *tx,
                               const chat_identity_t *who, const char *name);

/* The public channel of the call's chatroom with that ID and the rights of WHO; NULL: not
 * logged in. */
apr_status_t chat_channel_find_public(chat_channel_t *out, chat_call_t *c, chat_tx_t *tx,
                                      const chat_identity_t *who, apr_int64_t id);

/* Whether whose rights CH was read with may know that it is there. */
int chat_channel_known(const chat_channel_t *ch);

/* The key of NAME for a channel, a chatroom or a link. CHAT_P_CHANNEL_NAME_RULE (number:
 * chat_name_t). */
apr_status_t chat_channel_name(const char **key, chat_call_t *c, const char *name,
                               const char *field);

/* Inserts CH, which is filled but for its id, with its event, in the unit TX; CREATOR may
 * be 0. A private channel that no account can reach any more does not keep its name.
 * CHAT_P_CHANNEL_TAKEN. */
apr_status_t chat_channel_put(chat_channel_t *ch, chat_call_t *c, chat_tx_t *tx,
                              const char *key, apr_int64_t creator);

/* Deletes channel ID of ROOM, with its event, in the unit TX. */
apr_status_t chat_channel_drop(chat_call_t *c, chat_tx_t *tx, apr_int64_t room,
                               apr_int64_t id);

typedef struct chat_new_channel_t {
    const char *name;
    const char *description; /* or NULL */
    int public;
    int owners; /* only the owner may create private ones too */
} chat_new_channel_t;

/* Creates a channel; its creator joins with all rights. CHAT_P_CHANNEL_NAME_RULE,
 * CHAT_P_CHANNEL_TAKEN; CHAT_P_NOT_OWNER for a public one that the policy does not allow.
 */
apr_status_t chat_channel_make(chat_channel_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const chat_new_channel_t *wanted);
/* Lets the account NAME join; adding a member again changes nothing. CHAT_P_NO_READ for a
 * caller who has not joined, CHAT_P_NO_ACCOUNT; CHAT_P_MUTED, CHAT_P_EMERGENCY, as for
 * chat_channel_make: names are said, too. *ADDED is the name as registered. */
apr_status_t chat_channel_add(chat_channel_t *out, const char **added, chat_call_t *c,
                              const chat_auth_t *auth, const char *channel,
                              const char *name);
/* Joins a public channel, or one that the caller has rights in. To others a private
 * channel does not exist. */
apr_status_t chat_channel_join(chat_channel_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const char *channel);
/* ACCOUNT joins CH with RIGHTS, in the unit TX. CHAT_P_TOO_MANY. */
apr_status_t chat_member_put(chat_call_t *c, chat_tx_t *tx, const chat_channel_t *ch,
                             apr_int64_t account, int rights);
/* ACCOUNT is in CH, which has its rights, no more. Rights that are less than everyone's
 * stay where it could come in again to have them back: in a public channel, and where a
 * member could add it to a private one that it may not read. */
apr_status_t chat_member_end(chat_call_t *c, chat_tx_t *tx, const chat_channel_t *ch,
                             apr_int64_t account);
/* CHAT_P_NO_READ when the caller has not joined. */
apr_status_t chat_channel_leave(chat_channel_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const char *channel);

apr_status_t chat_channels_joined(chat_channels_t *out, chat_call_t *c,
                                  const chat_auth_t *auth);
/* Those that WHO may read, in the unit TX. */
apr_status_t chat_channels_readable(chat_channels_t *out, chat_tx_t *tx,
                                    const chat_identity_t *who, apr_pool_t *pool);
/* Those that the caller may read. */
apr_status_t chat_channels_visible(chat_channels_t *out, chat_call_t *c,
                                   const chat_auth_t *auth);

typedef struct chat_members_t {
    chat_channel_t channel;
    const char **names;
    int n;
} chat_members_t;
/* CHAT_P_NO_READ when the caller may not read the channel. */
apr_status_t chat_channel_members(chat_members_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, const char *channel);

#endif
