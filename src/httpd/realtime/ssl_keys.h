/* SPDX-License-Identifier: Apache-2.0
 * ssl_keys.h - the record keys of connections that mod_ssl serves.
 *
 * OpenSSL tells of secrets (keylog callback) and records (message callback); from both
 * follow the keys and the numbers of the next records, which chatd needs to carry on.
 */
#ifndef CHAT_HTTPD_REALTIME_SSL_KEYS_H
#define CHAT_HTTPD_REALTIME_SSL_KEYS_H

#include "httpd/realtime/ssl_api.h"
#include "httpd/site.h"

/* Of one reading of the configuration, when a host with TLS may be handed over. */
typedef struct chat_ssl_t {
    chat_ssl_api_t api;
    void (*keylog)(const SSL *ssl, const char *line); /* mod_ssl's own, or NULL */
    int index;                                        /* of our data of an SSL */
    const char *why; /* nothing is handed over; NULL: something is */
    int without_1_2; /* the check of that version failed */
    int without_1_3;
} chat_ssl_t;

/* Of one connection. */
typedef struct chat_ssl_conn_t {
    const chat_ssl_t *owner;
    SSL *ssl;
    unsigned seen; /* secrets that were kept, a bit for each direction */
    chat_tls_keys_t keys;
} chat_ssl_conn_t;

/* That of the configuration of S, or NULL. */
chat_ssl_t *chat_ssl_owner(const server_rec *s);

/* The keylog callback of all contexts whose connections are watched. */
void chat_ssl_keylog(const SSL *ssl, const char *line);
/* Follows SSL from before its handshake on. */
void chat_ssl_watch(chat_ssl_conn_t *conn, const chat_ssl_t *owner, SSL *ssl);

/* The suite of a connection whose keys are known, a chat_tls_suite_t; or -1. */
int chat_ssl_fit(const chat_ssl_conn_t *conn);
/* 0 when it is not fit. */
int chat_ssl_keys(chat_tls_keys_t *out, const chat_ssl_conn_t *conn);
void chat_ssl_keys_wipe(chat_ssl_conn_t *conn);

#endif
