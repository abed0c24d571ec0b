/* SPDX-License-Identifier: Apache-2.0
 * notice.h - short texts between the programs on one PostgreSQL database.
 *
 * LISTEN and NOTIFY on a connection of its own, for one thread at a time. Nothing is
 * stored: a notice is lost with the connection, and never repeats what the tables say. It
 * is committed apart from what it is about, without waiting for a disk: a NOTIFY in the
 * transaction of a message would make every commit of the server wait for every other.
 */
#ifndef CHAT_STORE_NOTICE_H
#define CHAT_STORE_NOTICE_H

#include "store/database.h"

/* Bytes of a notice, at most: PostgreSQL takes less than 8,000. */
#define CHAT_NOTICE_MAX 7900

typedef struct chat_notices_t chat_notices_t;

/* Connects and listens; takes seconds when the server is silent. *WHY is the failure, as
 * text. Lives as long as POOL. */
apr_status_t chat_notices_open(chat_notices_t **out, const char **why,
                               const chat_database_t *database, apr_pool_t *pool);
/* Readable when notices have come, or the connection is lost. */
int chat_notices_socket(chat_notices_t *n);
/* *TEXT is the next notice that has come, NULL when there is none; valid until the next
 * call. The program's own ones come, too. CHAT_LOST: open another one. */
apr_status_t chat_notices_next(const char **text, chat_notices_t *n);
/* Tells TEXT to all that listen. */
apr_status_t chat_notices_say(chat_notices_t *n, const char *text);

#endif
