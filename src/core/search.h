/* SPDX-License-Identifier: Apache-2.0
 * search.h - searching the messages that one may read.
 */
#ifndef CHAT_CORE_SEARCH_H
#define CHAT_CORE_SEARCH_H

#include "core/messages.h"

/* Messages of a page; and of those that fit, so many of the newest are put in order for
 * the best. */
#define CHAT_SEARCH_PAGE 100
#define CHAT_SEARCH_RANKED 10000
/* Bytes of the index that one search reads. */
#define CHAT_SEARCH_WORK ((apr_size_t)1 << 20)
/* Characters of a snippet, and of those before its first mark. */
#define CHAT_SNIPPET_LENGTH 160
#define CHAT_SNIPPET_BEFORE 40

/* Every member but `query` and `count` may be NULL or 0. */
typedef struct chat_wanted_t {
    chat_text_t query;       /* see base/query.h */
    const char *channel;     /* only there */
    const char *username;    /* only direct messages with that account alone */
    const char *sender;      /* only by that account */
    apr_time_t since, until; /* sent then or later; before then */
    apr_int64_t before;      /* only what comes behind that message in the order */
    apr_int64_t older;       /* only older messages than that one */
    int count;
    int by_time; /* newest first, else best first and among equals the newest */
} chat_wanted_t;

/* Channels that the caller may read, its direct messages and announcements, without what
 * the system says. The LAST of the page comes first, so that a dialect, which turns pages
 * round, shows the first one first. *OLDER: 0, or where the next search has to go on for
 * older messages: this one came to a bound.
 * CHAT_P_TOO_LARGE (a query), CHAT_P_QUERY (nothing to look for), CHAT_P_BROAD (too many
 * words begin like that), CHAT_P_NO_CHANNEL, CHAT_P_NO_READ, CHAT_P_NO_ACCOUNT,
 * CHAT_P_NO_MESSAGE (`before`, when best first). */
apr_status_t chat_messages_search(chat_reading_t *out, apr_int64_t *older, chat_call_t *c,
                                  const chat_auth_t *auth, const chat_wanted_t *wanted);

#endif
