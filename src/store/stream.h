/* SPDX-License-Identifier: Apache-2.0
 * stream.h - direct messages: their recipients, and an account's stream, newest first, by
 * page number, since a time, by thread.
 *
 * Every row of an account has a position that counts up, so that page N costs what page 1
 * does and a count needs no walk; deleted messages leave gaps, which are counted.
 */
#ifndef CHAT_STORE_STREAM_H
#define CHAT_STORE_STREAM_H

#include "store/message.h"

/* Lets ACCOUNT see the direct message M, its newest; PEER: the other account when it is
 * between two, ACCOUNT when it is to itself, or 0. */
apr_status_t chat_recipient_insert(chat_tx_t *tx, apr_int64_t account, apr_int64_t peer,
                                   const chat_message_t *m);
/* Hides the direct message from all. */
apr_status_t chat_recipient_delete(chat_tx_t *tx, apr_int64_t message);
/* APR_SUCCESS when ACCOUNT is a party of the direct message, else CHAT_NOTFOUND. */
apr_status_t chat_recipient_check(chat_tx_t *tx, apr_int64_t account,
                                  apr_int64_t message);

typedef struct chat_recipient_t {
    apr_int64_t account;
    const char *name; /* as registered */
    int state;        /* chat_account_state_t */
} chat_recipient_t;
/* Who sees MESSAGE, its author too; *OUT is an array of N in POOL. */
apr_status_t chat_recipient_all(chat_recipient_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t message, apr_pool_t *pool);

/* The newest LIMIT messages of ACCOUNT after the newest SKIP. */
apr_status_t chat_stream_page(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                              apr_int64_t skip, int limit, apr_pool_t *pool);
/* Messages later than TIME: *COUNT of those by others, and the newest LIMIT of all. */
apr_status_t chat_stream_since(chat_messages_t *out, apr_int64_t *count, chat_tx_t *tx,
                               apr_int64_t account, apr_time_t time, int limit,
                               apr_pool_t *pool);
/* One message that ACCOUNT may see; CHAT_NOTFOUND. */
apr_status_t chat_stream_one(chat_message_t *out, chat_tx_t *tx, apr_int64_t account,
                             apr_int64_t id, apr_pool_t *pool);
/* LIMIT messages that start threads, the latest activity first, behind the first SKIP;
 * costs an index entry for each that is skipped. */
apr_status_t chat_stream_threads(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t skip, int limit, apr_pool_t *pool);
/* The newest LIMIT direct replies to PARENT that ACCOUNT may see, newest first. */
apr_status_t chat_stream_replies(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t parent, int limit, apr_pool_t *pool);

/* M is a reply: counts for its parent, and moves the thread up. */
apr_status_t chat_reply_add(chat_tx_t *tx, const chat_message_t *m);
/* A reply to PARENT was deleted. */
apr_status_t chat_reply_remove(chat_tx_t *tx, apr_int64_t parent);
/* Removes the author's name from PARENT's state when reply ID is the last one. */
apr_status_t chat_reply_erase(chat_tx_t *tx, apr_int64_t parent, apr_int64_t id);

#endif
