/* SPDX-License-Identifier: Apache-2.0
 * dump.h - `httpd -t -D DUMP_CHAT`: what chat serves and where, as httpd understands its
 * configuration; `chatctl check` reads it.
 *
 * Each line is "chat: WORD VALUE". `workers`, `pid-file`, `daemon` (its HTTP socket) come
 * first; `host NAME` begins a virtual host that can be reached, with `at ADDRESS:PORT`,
 * `database MARK` (chat_database_mark), `room NUMBER`, `api DIALECT PREFIX`, `realtime
 * PATH`, `health PATH`, `mail WORD` for each word of the command, `discord-api URL` (-:
 * the public one), `discord-webhook FILE`, `discord-token FILE`. No value is a secret.
 */
#ifndef CHAT_HTTPD_WATCH_DUMP_H
#define CHAT_HTTPD_WATCH_DUMP_H

#include <httpd.h>

/* Hook test_config. */
void chat_dump(apr_pool_t *pconf, server_rec *main);

#endif
