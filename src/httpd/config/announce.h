/* SPDX-License-Identifier: Apache-2.0
 * announce.h - the line at start that says what chat serves, where and to whom.
 */
#ifndef CHAT_HTTPD_CONFIG_ANNOUNCE_H
#define CHAT_HTTPD_CONFIG_ANNOUNCE_H

#include "httpd/site.h"

/* Logs one line for each distinct set of mounts and rights of GEN's hosts, and one for
 * each ChatRoom whose chatroom is missing. */
void chat_announce(const chat_generation_t *gen, apr_pool_t *pool);

#endif
