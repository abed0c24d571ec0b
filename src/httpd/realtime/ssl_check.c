/* SPDX-License-Identifier: Apache-2.0 */
/* Tries at the start whether keys and numbers are right with this OpenSSL. */
#include "httpd/realtime/ssl_check.h"

#include <httpd.h>
#include <sodium.h>

#define FLIGHTS 8 /* more than a handshake has */

static const char text[] = "chat";

/* A server and a client that write into each other's memory. */
typedef struct pair_t {
    const chat_ssl_api_t *api;
    SSL_CTX *contexts[2];
    SSL *server, *client;
    BIO *to_server, *to_client;
    chat_ssl_conn_t conn;
} pair_t;

static unsigned client_key(SSL *ssl, const char *hint, char *name, unsigned name_size,
                           unsigned char *key, unsigned size)
{
    (void)ssl;
    (void)hint;
    if (name_size < sizeof(text) || size < 32)
        return 0;
    memcpy(name, text, sizeof(text));
    memset(key, 1, 32);
    return 32;
}

static unsigned server_key(SSL *ssl, const char *name, unsigned char *key, unsigned size)
{
    (void)ssl;
    (void)name;
    if (size < 32)
        return 0;
    memset(key, 1, 32);
    return 32;
}

/* Pre-shared keys need no certificate. */
static int create(pair_t *pair, int version)
{
    const chat_ssl_api_t *api = pair->api;
    for (int i = 0; i < 2; i++) {
        SSL_CTX *ctx =
            api->SSL_CTX_new(i ? api->TLS_client_method() : api->TLS_server_method());
        pair->contexts[i] = ctx;
        if (!ctx ||
            api->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, version, NULL) != 1 ||
            api->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, version, NULL) != 1 ||
            api->SSL_CTX_set_cipher_list(ctx, "PSK-AES128-GCM-SHA256") != 1)
            return 0;
    }
    api->SSL_CTX_set_psk_server_callback(pair->contexts[0], server_key);
    api->SSL_CTX_set_psk_client_callback(pair->contexts[1], client_key);
    api->SSL_CTX_set_keylog_callback(pair->contexts[0], chat_ssl_keylog);
    pair->server = api->SSL_new(pair->contexts[0]);
    pair->client = api->SSL_new(pair->contexts[1]);
    return pair->server && pair->client;
}

static int connect_both(pair_t *pair, const chat_ssl_t *ssl)
{
    const chat_ssl_api_t *api = pair->api;
    BIO *to_server = api->BIO_new(api->BIO_s_mem());
    BIO *to_client = api->BIO_new(api->BIO_s_mem());
    if (!to_server || !to_client)
        return 0;
    api->BIO_up_ref(to_server);
    api->BIO_up_ref(to_client);
    api->SSL_set_bio(pair->server, to_server, to_client);
    api->SSL_set_bio(pair->client, to_client, to_server);
    api->SSL_set_accept_state(pair->server);
    api->SSL_set_connect_state(pair->client);
    pair->to_server = to_server;
    pair->to_client = to_client;
    chat_ssl_watch(&pair->conn, ssl, pair->server);
    for (int i = 0; i < FLIGHTS; i++) {
        int client = api->SSL_do_handshake(pair->client);
        if (api->SSL_do_handshake(pair->server) == 1 && client == 1)
            return 1;
    }
    return 0;
}

/* One record each way: the client's, and one for the client, which has tickets before
 * it. */
static int carry_on(pair_t *pair, const chat_tls_keys_t *keys)
{
    const chat_ssl_api_t *api = pair->api;
    unsigned char record[256], got[sizeof(text)];
    chat_tls_bench_t bench;
    chat_tls_plain_t plain;
    chat_tls_t tls;
    apr_size_t n;
    int good;
    chat_tls_bench_open(&bench, &api->crypto);
    good = chat_tls_start(&tls, keys, &api->crypto) &&
           api->SSL_write(pair->client, text, sizeof(text)) == sizeof(text) &&
           api->BIO_read(pair->to_server, record, sizeof(record)) > CHAT_TLS_HEAD &&
           chat_tls_size(record) <= sizeof(record) &&
           !chat_tls_open(&plain, &tls, &bench, record) && plain.len == sizeof(text) &&
           !memcmp(plain.bytes, text, sizeof(text));
    if (good) {
        memcpy(record + chat_tls_gap(&tls), text, sizeof(text));
        n = chat_tls_seal(&tls, &bench, CHAT_TLS_DATA, record, sizeof(text));
        good = api->BIO_write(pair->to_client, record, (int)n) == (int)n &&
               api->SSL_read(pair->client, got, sizeof(got)) == sizeof(text) &&
               !memcmp(got, text, sizeof(text));
    }
    chat_tls_bench_close(&bench);
    sodium_memzero(&tls, sizeof(tls));
    return good;
}

static int works(const chat_ssl_t *ssl, int version)
{
    const chat_ssl_api_t *api = &ssl->api;
    pair_t pair = {.api = api};
    chat_tls_keys_t keys;
    int good = create(&pair, version) && connect_both(&pair, ssl) &&
               chat_ssl_keys(&keys, &pair.conn) && carry_on(&pair, &keys);
    api->SSL_free(pair.server);
    api->SSL_free(pair.client);
    for (int i = 0; i < 2; i++)
        api->SSL_CTX_free(pair.contexts[i]);
    api->ERR_clear_error();
    return good;
}

void chat_ssl_check(chat_ssl_t *ssl)
{
    ssl->without_1_2 = !works(ssl, TLS1_2_VERSION);
    ssl->without_1_3 = !works(ssl, TLS1_3_VERSION);
    if (ssl->without_1_2 && ssl->without_1_3)
        ssl->why = "this OpenSSL does not tell the keys of its connections as expected";
}
