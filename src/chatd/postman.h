/* SPDX-License-Identifier: Apache-2.0
 * postman.h - delivers a site's mails: a thread of its own with a connection of its own,
 * because a mail program may take its time.
 */
#ifndef CHAT_CHATD_POSTMAN_H
#define CHAT_CHATD_POSTMAN_H

#include "chatd/chatd.h"

typedef struct chatd_postman_t chatd_postman_t;

/* NULL when SITE sends no mail, or after a line in the log. Sites of one database share
 * the work: a mail is taken before it is sent. */
chatd_postman_t *chatd_postman_create(chatd_site_t *site);
/* Returns when the mail under way, if there is one, is out: 60 s at most. */
void chatd_postman_destroy(chatd_postman_t *p);

#endif
