/* SPDX-License-Identifier: Apache-2.0 */
/* Follows keys and numbers of records by what OpenSSL tells. */
#include "httpd/realtime/ssl_keys.h"

#include <httpd.h>
#include <apr_lib.h>
#include <http_config.h>
#include <http_main.h>
#include <sodium.h>

static void keep(chat_ssl_conn_t *conn, int side, const char *hex)
{
    uint8_t *secret = conn->keys.secret[side];
    apr_size_t n = 0;
    for (; apr_isxdigit(hex[0]) && apr_isxdigit(hex[1]) && n < CHAT_TLS_SECRET_MAX;
         hex += 2) {
        int high = apr_isdigit(hex[0]) ? hex[0] - '0' : (hex[0] | 32) - 'a' + 10;
        int low = apr_isdigit(hex[1]) ? hex[1] - '0' : (hex[1] | 32) - 'a' + 10;
        secret[n++] = (uint8_t)(high << 4 | low);
    }
    conn->seen |= 1u << side;
    conn->keys.version = CHAT_TLS_1_3;
    conn->keys.seq[side] = 0;
    conn->keys.updates[side] = 0;
}

/* HTTP/2 is not handed over: nothing is kept. */
static int is_http_2(const chat_ssl_conn_t *conn)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    conn->owner->api.SSL_get0_alpn_selected(conn->ssl, &name, &len);
    return len == 2 && !memcmp(name, "h2", 2);
}

/* The lines come when the keys change: in 1.3 for one direction, in 1.2 when the server's
 * Finished is being made, which is the first record of its keys. */
static void follow(chat_ssl_conn_t *conn, const char *line)
{
    static const char reading[] = "CLIENT_TRAFFIC_SECRET_0 ";
    static const char writing[] = "SERVER_TRAFFIC_SECRET_0 ";
    static const char master[] = "CLIENT_RANDOM ";
    const char *secret = strrchr(line, ' ');
    if (!secret || is_http_2(conn))
        return;
    if (!strncmp(line, reading, sizeof(reading) - 1))
        keep(conn, CHAT_TLS_READ, secret + 1);
    else if (!strncmp(line, writing, sizeof(writing) - 1))
        keep(conn, CHAT_TLS_WRITE, secret + 1);
    else if (!strncmp(line, master, sizeof(master) - 1)) {
        conn->seen = 3;
        conn->keys.version = CHAT_TLS_1_2;
        conn->keys.seq[CHAT_TLS_WRITE] = 0;
        conn->keys.seq[CHAT_TLS_READ] =
            conn->owner->api.SSL_session_reused(conn->ssl) ? 0 : 1;
    }
}

chat_ssl_t *chat_ssl_owner(const server_rec *s)
{
    const chat_generation_t *gen = chat_config_server(s)->generation;
    return gen ? gen->ssl : NULL;
}

void chat_ssl_keylog(const SSL *ssl, const char *line)
{
    const chat_ssl_t *owner = chat_ssl_owner(ap_server_conf);
    chat_ssl_conn_t *conn;
    if (!owner)
        return;
    if (owner->keylog)
        owner->keylog(ssl, line);
    conn = owner->api.SSL_get_ex_data(ssl, owner->index);
    if (conn)
        follow(conn, line);
}

/* Counts records. 1.3: those of application data, which all that are encrypted look like;
 * the kind of a read one is known when it was opened. 1.2: all that follow
 * ChangeCipherSpec. */
static void message(int writing, int version, int type, const void *bytes, apr_size_t len,
                    SSL *ssl, void *baton)
{
    chat_tls_keys_t *keys = &((chat_ssl_conn_t *)baton)->keys;
    int side = writing ? CHAT_TLS_WRITE : CHAT_TLS_READ;
    int first = len ? *(const unsigned char *)bytes : -1;
    (void)version;
    (void)ssl;
    if (keys->version == CHAT_TLS_1_2 && type == SSL3_RT_HEADER)
        keys->seq[side] = first == SSL3_RT_CHANGE_CIPHER_SPEC ? 0 : keys->seq[side] + 1;
    else if (keys->version != CHAT_TLS_1_3)
        return;
    else if (writing ? type == SSL3_RT_HEADER && first == SSL3_RT_APPLICATION_DATA
                     : type == SSL3_RT_INNER_CONTENT_TYPE)
        keys->seq[side]++;
    else if (type == SSL3_RT_HANDSHAKE && first == SSL3_MT_KEY_UPDATE) {
        keys->updates[side]++;
        keys->seq[side] = 0;
    }
}

void chat_ssl_watch(chat_ssl_conn_t *conn, const chat_ssl_t *owner, SSL *ssl)
{
    conn->owner = owner;
    conn->ssl = ssl;
    owner->api.SSL_set_ex_data(ssl, owner->index, conn);
    owner->api.SSL_set_msg_callback(ssl, message);
    owner->api.SSL_ctrl(ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, conn);
}

void chat_ssl_keys_wipe(chat_ssl_conn_t *conn)
{
    conn->seen = 0;
    sodium_memzero(&conn->keys, sizeof(conn->keys));
}

/* ---- keys ---- */

static int suite_of(const chat_ssl_conn_t *conn)
{
    const chat_ssl_api_t *api = &conn->owner->api;
    const SSL_CIPHER *cipher = api->SSL_get_current_cipher(conn->ssl);
    switch (cipher ? api->SSL_CIPHER_get_cipher_nid(cipher) : 0) {
    case NID_aes_128_gcm:
        return CHAT_TLS_AES_128;
    case NID_aes_256_gcm:
        return CHAT_TLS_AES_256;
    case NID_chacha20_poly1305:
        return CHAT_TLS_CHACHA20;
    default:
        return -1;
    }
}

int chat_ssl_fit(const chat_ssl_conn_t *conn)
{
    const chat_ssl_api_t *api = &conn->owner->api;
    uint32_t version = conn->keys.version;
    if (conn->seen != 3 || conn->keys.updates[CHAT_TLS_READ] > CHAT_TLS_UPDATES_MAX ||
        api->SSL_version(conn->ssl) != (int)version ||
        api->SSL_get_current_compression(conn->ssl) ||
        (version == CHAT_TLS_1_2 ? conn->owner->without_1_2 : conn->owner->without_1_3))
        return -1;
    return suite_of(conn);
}

/* The master secret stays here. */
static void expand(chat_tls_keys_t *out, const chat_ssl_conn_t *conn)
{
    const chat_ssl_api_t *api = &conn->owner->api;
    chat_tls_master_t master;
    master.digest =
        api->SSL_CIPHER_get_handshake_digest(api->SSL_get_current_cipher(conn->ssl));
    api->SSL_SESSION_get_master_key(api->SSL_get_session(conn->ssl), master.secret,
                                    sizeof(master.secret));
    api->SSL_get_server_random(conn->ssl, master.randoms, 32);
    api->SSL_get_client_random(conn->ssl, master.randoms + 32, 32);
    chat_tls_expand(out, &master, &api->crypto);
    sodium_memzero(&master, sizeof(master));
}

int chat_ssl_keys(chat_tls_keys_t *out, const chat_ssl_conn_t *conn)
{
    const chat_ssl_api_t *api = &conn->owner->api;
    int suite = chat_ssl_fit(conn), limit;
    if (suite < 0)
        return 0;
    *out = conn->keys;
    out->suite = (uint32_t)suite;
    limit = api->SSL_SESSION_get_max_fragment_length(api->SSL_get_session(conn->ssl));
    out->record_max = limit ? 256u << limit : CHAT_TLS_PLAIN_MAX; /* RFC 6066, 4 */
    if (out->version == CHAT_TLS_1_2)
        expand(out, conn);
    return 1;
}
