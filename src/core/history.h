/* SPDX-License-Identifier: Apache-2.0
 * history.h - messages of channels by time: how the chatroom API reads.
 */
#ifndef CHAT_CORE_HISTORY_H
#define CHAT_CORE_HISTORY_H

#include "core/auth.h"
#include "store/message_time.h"

#define CHAT_HISTORY_MAX 100

typedef struct chat_history_t {
    int since;           /* sent at TIME or later, else: at TIME or earlier */
    apr_time_t time;     /* CHAT_TIME_NOW with since 0: no bound */
    int count;           /* at most CHAT_HISTORY_MAX */
    const char *channel; /* UUID, or NULL: every channel that may be read */
} chat_history_t;

#define CHAT_TIME_NOW APR_INT64_MAX

/* The newest messages that fit, newest first; empty for a channel that is missing or not
 * readable. AUTH names its chatroom. With `since`, every message with a time before the
 * call is there, even one that is just being written: a client that remembers the time of
 * its request and asks from then on misses nothing. */
apr_status_t chat_history_read(chat_saids_t *out, chat_call_t *c, const chat_auth_t *auth,
                               const chat_history_t *wanted);

#endif
