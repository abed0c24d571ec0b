/* SPDX-License-Identifier: Apache-2.0
 * conversation.h - direct messages to several people, replies, streams and threads, as
 * Kinglet has them. A message to one person is what the Button API calls a DM.
 */
#ifndef CHAT_CORE_CONVERSATION_H
#define CHAT_CORE_CONVERSATION_H

#include "core/messages.h"

/* Names as a text has them, each at its greatest length. The longest one that an account
 * has counts, even when that account cannot get messages: registering a part of its name
 * does not redirect them. */
typedef struct chat_addressees_t {
    const char **names;
    int n;
} chat_addressees_t;

/* Sends TEXT to the accounts TO, once to an account that is named twice.
 * CHAT_P_NO_ACCOUNT (all unknown names), CHAT_P_NOT_APPROVED, and what chat_message_send
 * refuses. */
apr_status_t chat_conversation_send(chat_message_t *out, chat_call_t *c,
                                    const chat_auth_t *auth, const chat_addressees_t *to,
                                    const chat_text_t *text);
/* Answers message PARENT: to everybody who sees that one. CHAT_P_NO_MESSAGE when the
 * caller does not. */
apr_status_t chat_conversation_reply(chat_message_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, apr_int64_t parent,
                                     const chat_text_t *text);

/* COUNT rows behind the first SKIP. */
typedef struct chat_slice_t {
    apr_int64_t skip;
    int count;
} chat_slice_t;

/* The caller's direct messages, newest first. */
apr_status_t chat_conversation_stream(chat_reading_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, const chat_slice_t *slice);
/* Those of them that start a thread, the latest activity first. */
apr_status_t chat_conversation_threads(chat_reading_t *out, chat_call_t *c,
                                       const chat_auth_t *auth,
                                       const chat_slice_t *slice);
/* Messages later than TIME: *N by others in all, and the newest COUNT of the stream. */
apr_status_t chat_conversation_since(chat_reading_t *out, apr_int64_t *n, chat_call_t *c,
                                     const chat_auth_t *auth, apr_time_t time);
/* The message NUMBER. CHAT_P_NO_MESSAGE when the caller can see no such message. */
apr_status_t chat_conversation_one(chat_reading_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, apr_int64_t number);
/* The newest COUNT direct replies to message NUMBER, newest first. CHAT_P_NO_MESSAGE. */
apr_status_t chat_conversation_replies(chat_reading_t *out, chat_call_t *c,
                                       const chat_auth_t *auth, apr_int64_t number);

/* At most that many messages are given by chat_conversation_since and _replies. */
#define CHAT_CONVERSATION_MAX 1000

#endif
