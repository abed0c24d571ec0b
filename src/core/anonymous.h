/* SPDX-License-Identifier: Apache-2.0
 * anonymous.h - what anonymous clients may read: public channels, their messages,
 * profiles.
 */
#ifndef CHAT_CORE_ANONYMOUS_H
#define CHAT_CORE_ANONYMOUS_H

#include "core/call.h"
#include "store/account.h"
#include "store/channel.h"
#include "store/message.h"

/* The public channels of the call's chatroom, by id, at most 1,000. */
apr_status_t chat_anonymous_channels(chat_channels_t *out, chat_call_t *c);

/* What a channel's page depends on: as long as these are the same, so is every page.
 * Costs no look at a message. */
typedef struct chat_version_t {
    int channel;        /* there is a public channel */
    apr_int64_t number; /* of the chatroom's counter */
    apr_time_t
        time; /* and its time, which distinguishes a restored copy from the original */
    apr_int64_t first; /* oldest message, when they have a limited life */
} chat_version_t;

apr_status_t chat_anonymous_version(chat_version_t *out, chat_call_t *c,
                                    apr_int64_t channel);

/* The newest LIMIT messages of the channel, newest first, deleted ones with an empty
 * body; empty when there is no such public channel. VERSION is of the same snapshot. */
apr_status_t chat_anonymous_history(chat_messages_t *out, chat_version_t *version,
                                    chat_call_t *c, apr_int64_t channel, int limit);

/* An open or banned account by ID, or by NAME when ID is 0. CHAT_P_NO_ACCOUNT. */
apr_status_t chat_anonymous_account(chat_account_t *out, chat_call_t *c, apr_int64_t id,
                                    const char *name);
/* The first LIMIT open accounts with that language, by id. */
apr_status_t chat_anonymous_accounts(chat_accounts_t *out, chat_call_t *c,
                                     const char *language, int limit);

#endif
