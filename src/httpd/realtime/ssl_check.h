/* SPDX-License-Identifier: Apache-2.0
 * ssl_check.h - a trial of both versions of TLS at the start.
 */
#ifndef CHAT_HTTPD_REALTIME_SSL_CHECK_H
#define CHAT_HTTPD_REALTIME_SSL_CHECK_H

#include "httpd/realtime/ssl_keys.h"

/* Makes a handshake of each version over memory and carries on with its keys as chatd
 * will: sets without_1_2, without_1_3, and `why` when neither works. SSL is that of the
 * configuration already. */
void chat_ssl_check(chat_ssl_t *ssl);

#endif
