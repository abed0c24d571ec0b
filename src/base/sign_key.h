/* SPDX-License-Identifier: Apache-2.0
 * sign_key.h - the keys of ChatSignOnKey, and what is signed with them.
 *
 * Both signatures are libsodium's. Debian's JWT libraries fall short: libjwt 1.10 and
 * cjose 0.6 have no EdDSA, and both let the token name the algorithm. Here it belongs to
 * the key.
 */
#ifndef CHAT_BASE_SIGN_KEY_H
#define CHAT_BASE_SIGN_KEY_H

#include <apr_pools.h>

#define CHAT_SIGN_KEYS_MAX 8

typedef struct chat_sign_key_t {
    const char *id;        /* as "kid" names it */
    const char *algorithm; /* "HS256" or "EdDSA", as "alg" names it */
    const unsigned char *bytes;
    apr_size_t len;
} chat_sign_key_t;

typedef struct chat_sign_keys_t {
    chat_sign_key_t list[CHAT_SIGN_KEYS_MAX];
    int n;
} chat_sign_keys_t;

/* Reads PATH: a key on each line, as `ID HS256 TEXT` (the key is the text itself, 32
 * characters or more) or `ID EdDSA BASE64` (a public key: its 32 bytes, or the line
 * between the armour of a PEM file). Empty lines and lines that begin with # do not
 * count. CHAT_MALFORMED: *WHY says what is wrong, without a key. APR_EACCES when group or
 * others can read the file. */
apr_status_t chat_sign_keys_load(chat_sign_keys_t *out, const char **why,
                                 const char *path, apr_pool_t *pool);

/* Whether SIGNATURE is that of LEN bytes of DATA by KEY. */
int chat_sign_key_fits(const chat_sign_key_t *key, const char *data, apr_size_t len,
                       const unsigned char *signature, apr_size_t signature_len);

/* Decodes LEN characters of base64url without padding into POOL, a NUL behind; NULL when
 * they are something else. */
unsigned char *chat_base64url(apr_size_t *out_len, const char *text, apr_size_t len,
                              apr_pool_t *pool);

#endif
