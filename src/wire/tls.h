/* SPDX-License-Identifier: Apache-2.0
 * tls.h - records of TLS 1.2 and 1.3 whose keys come from elsewhere.
 *
 * httpd makes the handshake and hands chatd the keys of both directions. No handshake
 * and no socket here: records are sealed and opened in place. Suites are those with
 * AES-GCM and ChaCha20-Poly1305 (RFC 5288, 7905, 8446).
 *
 * OpenSSL's functions come in a table: chatd links them; httpd takes those that mod_ssl
 * has loaded, of whatever release.
 */
#ifndef CHAT_WIRE_TLS_H
#define CHAT_WIRE_TLS_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdint.h>

#define CHAT_TLS_MEMBER(name) __typeof__(&name) name;
#define CHAT_TLS_CRYPTO(F)   \
    F(EVP_aes_128_gcm)       \
    F(EVP_aes_256_gcm)       \
    F(EVP_chacha20_poly1305) \
    F(EVP_sha256)            \
    F(EVP_sha384)            \
    F(EVP_CIPHER_CTX_new)    \
    F(EVP_CIPHER_CTX_free)   \
    F(EVP_CIPHER_CTX_ctrl)   \
    F(EVP_CipherInit_ex)     \
    F(EVP_CipherUpdate)      \
    F(EVP_CipherFinal_ex)    \
    F(HMAC)
typedef struct chat_tls_crypto_t {
    CHAT_TLS_CRYPTO(CHAT_TLS_MEMBER)
} chat_tls_crypto_t;

typedef enum chat_tls_suite_t {
    CHAT_TLS_AES_128,
    CHAT_TLS_AES_256,
    CHAT_TLS_CHACHA20,
    CHAT_TLS_SUITES
} chat_tls_suite_t;

/* Directions, as the server sees them. */
enum { CHAT_TLS_READ, CHAT_TLS_WRITE };
enum { CHAT_TLS_ALERT = 21, CHAT_TLS_HANDSHAKE = 22, CHAT_TLS_DATA = 23 };

#define CHAT_TLS_1_2 0x0303
#define CHAT_TLS_1_3 0x0304
#define CHAT_TLS_HEAD 5          /* bytes in front of every record */
#define CHAT_TLS_PLAIN_MAX 16384 /* of a record */
#define CHAT_TLS_EXTRA 40        /* a sealed record is at most so much longer */
#define CHAT_TLS_RECORD_MAX (CHAT_TLS_HEAD + CHAT_TLS_PLAIN_MAX + 256)
#define CHAT_TLS_SECRET_MAX 48
#define CHAT_TLS_KEY_MAX 32
#define CHAT_TLS_IV 12
/* AES-GCM keys wear out with 2^24.5 records (RFC 8446, 5.5): before that the writer
 * changes them, or ends. */
#define CHAT_TLS_SEALS_MAX (UINT64_C(1) << 23)
/* KeyUpdates before a handover, of each direction: chatd's loop repeats them. */
#define CHAT_TLS_UPDATES_MAX 32

/* What goes from httpd to chatd. To be wiped when it has been used. */
typedef struct chat_tls_keys_t {
    uint32_t version;
    uint32_t suite;      /* chat_tls_suite_t */
    uint32_t record_max; /* bytes of plaintext that the client takes in a record */
    uint32_t raw_len;    /* encrypted bytes that httpd has read already */
    uint64_t seq[2];     /* of the next record */
    uint32_t updates[2]; /* 1.3: KeyUpdates that followed the secret */
    /* 1.3: the traffic secret. 1.2: the key in CHAT_TLS_KEY_MAX bytes, then the IV. */
    uint8_t secret[2][CHAT_TLS_SECRET_MAX];
} chat_tls_keys_t;

typedef struct chat_tls_side_t {
    uint64_t seq;
    uint8_t secret[CHAT_TLS_SECRET_MAX];
    uint8_t key[CHAT_TLS_KEY_MAX];
    uint8_t iv[CHAT_TLS_IV];
} chat_tls_side_t;

/* Of one connection. To be wiped at its end. */
typedef struct chat_tls_t {
    uint16_t version;
    uint16_t suite;
    uint32_t record_max;
    chat_tls_side_t side[2];
} chat_tls_t;

/* What one thread needs for any number of connections. */
typedef struct chat_tls_bench_t {
    const chat_tls_crypto_t *crypto;
    EVP_CIPHER_CTX *context[CHAT_TLS_SUITES]; /* NULL: no such suite */
} chat_tls_bench_t;

typedef struct chat_tls_plain_t {
    int type;
    uint8_t *bytes; /* in the record */
    size_t len;
} chat_tls_plain_t;

/* The suites that there are, a bit each. */
unsigned chat_tls_bench_open(chat_tls_bench_t *bench, const chat_tls_crypto_t *crypto);
void chat_tls_bench_close(chat_tls_bench_t *bench);

/* 0 when KEYS make no sense. */
int chat_tls_start(chat_tls_t *tls, const chat_tls_keys_t *keys,
                   const chat_tls_crypto_t *crypto);

/* 1.3: the next keys of SIDE. */
void chat_tls_update(chat_tls_t *tls, int side, const chat_tls_crypto_t *crypto);

/* Where the plaintext begins in a record that is to be sealed. */
size_t chat_tls_gap(const chat_tls_t *tls);
/* Makes a record of TYPE of LEN bytes at record + gap, CHAT_TLS_EXTRA bytes of room in
 * all. Its length, or 0. */
size_t chat_tls_seal(chat_tls_t *tls, const chat_tls_bench_t *bench, int type,
                     uint8_t *record, size_t len);

/* The length that a record states in its first CHAT_TLS_HEAD bytes, and with them. */
size_t chat_tls_size(const uint8_t *record);
/* What these bytes deserve before any more of the record has come: 0, or an alert. */
int chat_tls_judge(const chat_tls_t *tls, const uint8_t *record);
/* Opens RECORD of chat_tls_size() bytes. 0, or the alert that it deserves. */
int chat_tls_open(chat_tls_plain_t *out, chat_tls_t *tls, const chat_tls_bench_t *bench,
                  uint8_t *record);

/* What the keys of TLS 1.2 are made of. */
typedef struct chat_tls_master_t {
    const EVP_MD *digest;
    uint8_t secret[48];
    uint8_t randoms[64]; /* the server's, then the client's */
} chat_tls_master_t;

/* Fills in keys->secret, for keys->suite. */
void chat_tls_expand(chat_tls_keys_t *keys, const chat_tls_master_t *master,
                     const chat_tls_crypto_t *crypto);

#endif
