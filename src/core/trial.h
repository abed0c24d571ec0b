/* SPDX-License-Identifier: Apache-2.0
 * trial.h - two accounts and a channel or two to try a running site with, made by
 * `chatctl check`.
 *
 * No list of users shows the accounts, no event tells of them and of the channels, and
 * chat_trial_end leaves nothing of them. A program that is killed before is cleaned up
 * after by the next one.
 */
#ifndef CHAT_CORE_TRIAL_H
#define CHAT_CORE_TRIAL_H

#include "core/call.h"
#include "store/account.h"
#include "store/channel.h"

typedef struct chat_trial_t {
    const char *room_uuid;
    const char *password; /* of both; in the form of every dialect */
    chat_account_t sender, reader;
    char token[CHAT_UUID_SIZE]; /* Button token of the reader */
    chat_channel_t channel;     /* private; both may read and write */
    chat_channel_t open;        /* public, if it was asked for */
} chat_trial_t;

/* Makes them in the call's chatroom, OPEN: the public channel, too. The site's secret is
 * needed. CHAT_P_NO_ROOM. */
apr_status_t chat_trial_begin(chat_trial_t *out, chat_call_t *c, int open);

/* Removes what this program made, and what one made that runs no more. */
apr_status_t chat_trial_end(chat_call_t *c);

/* Forgets the anonymous session ID of the call's dialect, which a login ended. */
apr_status_t chat_trial_forget(chat_call_t *c, const char *id);

#endif
