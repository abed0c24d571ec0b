/* SPDX-License-Identifier: Apache-2.0
 * messages.h - rules of messages: to channels, to people, to everyone.
 *
 * Texts are valid UTF-8 without U+0000. Everything returned is in the call's pool.
 */
#ifndef CHAT_CORE_MESSAGES_H
#define CHAT_CORE_MESSAGES_H

#include "base/query.h"
#include "core/act.h"
#include "core/tail.h"
#include "store/channel.h"
#include "store/detail.h"

typedef struct chat_text_t {
    const char *text;
    apr_size_t len;
    apr_int64_t reply_to; /* the number of the message that it answers, in the same
                             conversation; 0: none */
} chat_text_t;

/* Sends TEXT to the channel. CHAT_P_EMPTY, CHAT_P_TOO_LARGE (number: the limit),
 * CHAT_P_NO_CHANNEL, CHAT_P_NO_READ without the right to read there, CHAT_P_NO_WRITE,
 * CHAT_P_RATE. After APR_SUCCESS the message is durable. */
apr_status_t chat_message_send(chat_message_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const char *channel,
                               const chat_text_t *text);

/* The same in the public channel with the id CHANNEL; a private one is not there. */
apr_status_t chat_message_send_public(chat_message_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, apr_int64_t channel,
                                      const chat_text_t *text);

/* A message to the channel with that UUID, and the external id of the message it replies
 * to, or NULL. A REPLY that is not a message that the caller may read is kept as text. */
typedef struct chat_post_t {
    const char *channel;
    const char *reply;
    chat_text_t text;
} chat_post_t;
/* AUTH names its chatroom. CHAT_P_EMPTY, CHAT_P_TOO_LARGE, CHAT_P_NO_CHANNEL (for a
 * private one of others too), CHAT_P_NO_WRITE, CHAT_P_RATE. */
apr_status_t chat_message_post(chat_message_t *out, chat_call_t *c,
                               const chat_auth_t *auth, const chat_post_t *post);

/* Sends TEXT to NAME alone. CHAT_P_NO_ACCOUNT when no open account has that name. */
apr_status_t chat_message_send_direct(chat_message_t *out, chat_call_t *c,
                                      const chat_auth_t *auth, const char *name,
                                      const chat_text_t *text);

/* Sends it to everyone in ROOM; the caller has checked the permission. AUTHOR_NAME is
 * shown. */
apr_status_t chat_message_announce(chat_message_t *out, chat_call_t *c, apr_int64_t room,
                                   const char *author_name, const chat_text_t *text);

/* The next name of a message's recipients at *LIST, LEN bytes, or NULL at the end; *LIST
 * may be NULL. */
const char *chat_message_recipient(const char **list, apr_size_t *len);

/* The next name of a message's mentions at *LIST, LEN bytes, "channel" for @channel; NULL
 * at the end; *LIST may be NULL. */
const char *chat_message_mention(const char **list, apr_size_t *len);

/* Deletes message NUMBER: the caller's own, or, as an act of moderation, another's.
 * CHAT_P_NO_MESSAGE, CHAT_P_NOT_AUTHOR, CHAT_P_ABOVE. */
apr_status_t chat_message_delete(chat_act_t *a, apr_int64_t number);
/* The deletion itself, for BY, in the unit TX. */
apr_status_t chat_message_remove(chat_call_t *c, chat_tx_t *tx, const chat_message_t *m,
                                 const chat_identity_t *by);

/* Deletes the texts of ACCOUNT's messages, those already deleted too, and the name beside
 * them: all with a number below *BEFORE (0: all), a few hundred at a time. *BEFORE is 0
 * when all are deleted; *N is how many there were. */
apr_status_t chat_messages_erase(apr_int64_t *before, apr_int64_t *n, chat_call_t *c,
                                 const chat_identity_t *account);

/* Which messages: the newest COUNT below the number BEFORE (0: the newest of all). */
typedef struct chat_page_t {
    apr_int64_t before;
    int count;
    int extended; /* with details; in a channel with deleted ones that have replies */
} chat_page_t;

/* The part of a message around what was searched for. */
typedef struct chat_snippet_t {
    const char *text;
    apr_size_t len;
    chat_mark_span_t *marks; /* in it */
    int n;
} chat_snippet_t;

/* A page, newest first, and who reads it. All zero before it is read. */
typedef struct chat_reading_t {
    chat_identity_t reader;
    chat_channel_t channel; /* when all are of one */
    chat_messages_t messages;
    chat_detail_t *details;   /* one for each message, or NULL */
    chat_snippet_t *snippets; /* the same, for what was found */
    chat_tail_t *tail;        /* what the dialect wrote of older ones, or NULL */
} chat_reading_t;

/* CHAT_P_NO_CHANNEL, CHAT_P_NO_READ. */
apr_status_t chat_messages_channel(chat_reading_t *out, chat_call_t *c,
                                   const chat_auth_t *auth, const char *channel,
                                   const chat_page_t *page);
apr_status_t chat_messages_sent(chat_reading_t *out, chat_call_t *c,
                                const chat_auth_t *auth, const chat_page_t *page);
apr_status_t chat_messages_direct(chat_reading_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, const chat_page_t *page);
apr_status_t chat_messages_announced(chat_reading_t *out, chat_call_t *c,
                                     const chat_auth_t *auth, const chat_page_t *page);
/* The one message NUMBER as a page. CHAT_P_NO_MESSAGE, CHAT_P_MESSAGE_FOREIGN. */
apr_status_t chat_messages_one(chat_reading_t *out, chat_call_t *c,
                               const chat_auth_t *auth, apr_int64_t number, int extended);
/* A page of the replies, whatever the depth, to the message that began the thread of
 * message NUMBER, which stands at its end when the page is the newest. The same refusals.
 */
apr_status_t chat_messages_thread(chat_reading_t *out, chat_call_t *c,
                                  const chat_auth_t *auth, apr_int64_t number,
                                  const chat_page_t *page);

#endif
