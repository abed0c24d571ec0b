/* SPDX-License-Identifier: Apache-2.0
 * ssl_api.h - functions of the OpenSSL that mod_ssl has loaded.
 *
 * The module does not link OpenSSL: another release of it than mod_ssl's in one process
 * would see other structures. All functions are there from 1.1.1 on.
 */
#ifndef CHAT_HTTPD_REALTIME_SSL_API_H
#define CHAT_HTTPD_REALTIME_SSL_API_H

#include "wire/tls.h"

#include <apr_pools.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define CHAT_SSL_FUNCTIONS(F)              \
    F(OpenSSL_version)                     \
    F(CRYPTO_get_ex_new_index)             \
    F(SSL_CTX_get_keylog_callback)         \
    F(SSL_CTX_set_keylog_callback)         \
    F(SSL_get_ex_data)                     \
    F(SSL_set_ex_data)                     \
    F(SSL_set_msg_callback)                \
    F(SSL_ctrl)                            \
    F(SSL_version)                         \
    F(SSL_get_current_cipher)              \
    F(SSL_CIPHER_get_cipher_nid)           \
    F(SSL_CIPHER_get_handshake_digest)     \
    F(SSL_get_session)                     \
    F(SSL_SESSION_get_master_key)          \
    F(SSL_SESSION_get_max_fragment_length) \
    F(SSL_get_client_random)               \
    F(SSL_get_server_random)               \
    F(SSL_session_reused)                  \
    F(SSL_get_current_compression)         \
    F(SSL_get0_alpn_selected)              \
    F(SSL_has_pending)                     \
    F(SSL_rstate_string)                   \
    F(SSL_set_quiet_shutdown)              \
    F(SSL_set_shutdown)                    \
    F(TLS_server_method)                   \
    F(TLS_client_method)                   \
    F(SSL_CTX_new)                         \
    F(SSL_CTX_free)                        \
    F(SSL_CTX_ctrl)                        \
    F(SSL_CTX_set_cipher_list)             \
    F(SSL_CTX_set_psk_client_callback)     \
    F(SSL_CTX_set_psk_server_callback)     \
    F(SSL_new)                             \
    F(SSL_free)                            \
    F(SSL_set_bio)                         \
    F(SSL_set_connect_state)               \
    F(SSL_set_accept_state)                \
    F(SSL_do_handshake)                    \
    F(SSL_read)                            \
    F(SSL_write)                           \
    F(BIO_s_mem)                           \
    F(BIO_new)                             \
    F(BIO_up_ref)                          \
    F(BIO_read)                            \
    F(BIO_write)                           \
    F(ERR_clear_error)

typedef struct chat_ssl_api_t {
    chat_tls_crypto_t crypto;
    CHAT_SSL_FUNCTIONS(CHAT_TLS_MEMBER)
} chat_ssl_api_t;

/* NULL, or why there are none. */
const char *chat_ssl_api_load(chat_ssl_api_t *api, apr_pool_t *pool);

#endif
