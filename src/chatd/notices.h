/* SPDX-License-Identifier: Apache-2.0
 * notices.h - the daemon's connection to other machines on a PostgreSQL database.
 *
 * A thread speaks store/notice.h; on SQLite there is none. A text may get lost.
 */
#ifndef CHAT_CHATD_NOTICES_H
#define CHAT_CHATD_NOTICES_H

#include "chatd/chatd.h"

typedef enum chatd_notice_kind_t {
    CHATD_NOTICE_HERE = 'h', /* sessions, WebSockets, strangers, 1: who else is there? */
    CHATD_NOTICE_MEMBERS = 'm', /* ... with clients: chatroom, account, sockets, … */
    CHATD_NOTICE_NEWS = 'r',    /* chatrooms */
    CHATD_NOTICE_MEMBER = 'p',  /* chatroom, account, sockets, online, channels, name */
    CHATD_NOTICE_TYPING = 't'   /* chatroom, account, "channel"|"username", whose, name */
} chatd_notice_kind_t;

/* One connection for all sites of a database. HEAR gets each text, on the loop's thread.
 */
void chatd_notices_create(chatd_site_t *site,
                          void (*hear)(chatd_site_t *site, const char *text));
void chatd_notices_destroy(chatd_site_t *site);
/* What every text of SITE begins with: a tag of the secret, SITE's node, KIND; its
 * length. TEXT has CHAT_NOTICE_MAX bytes. */
int chatd_notices_prefix(const chatd_site_t *site, char *text, chatd_notice_kind_t kind);
void chatd_notices_say(const chatd_site_t *site, const char *text);
/* ROOM has news; said once for all that are waiting. */
void chatd_notices_news(const chatd_site_t *site, apr_int64_t room);

#endif
