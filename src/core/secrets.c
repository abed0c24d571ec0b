/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and passwords derived from the site's secret. */
#include "core/secrets.h"

#include <string.h>

#define PASSWORD_ALPHABET "abcdefghijkmnopqrstuvwxyz23456789!@$%^&*"

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Characters of ALPHABET by 16 bits of the hash in turn, which leaves a bias of less than
 * a thousandth; two hashes give enough of them. */
static void derive(char *out, apr_size_t len, const char *alphabet,
                   const char hash[2][CHAT_HASH_SIZE])
{
    apr_size_t n = strlen(alphabet);
    for (apr_size_t i = 0; i < len; i++) {
        const char *p = hash[i / (CHAT_HASH_HEX / 4)] + i % (CHAT_HASH_HEX / 4) * 4;
        unsigned bits = (unsigned)nibble(p[0]) << 12 | (unsigned)nibble(p[1]) << 8 |
                        (unsigned)nibble(p[2]) << 4 | (unsigned)nibble(p[3]);
        out[i] = alphabet[bits % n];
    }
    out[len] = '\0';
}

void chat_secret_digest(char out[CHAT_DIGEST_SIZE], const chat_secret_t *secret,
                        const char *purpose, const char *text)
{
    char hash[2][CHAT_HASH_SIZE];
    chat_hash_keyed(hash[0], secret, purpose, text, strlen(text));
    chat_hash_keyed(hash[1], secret, purpose, hash[0], CHAT_HASH_HEX);
    derive(out, CHAT_DIGEST_LEN, CHAT_DIGEST_ALPHABET, hash);
}

void chat_secret_password(char out[CHAT_INITIAL_SIZE], const chat_secret_t *secret,
                          const char *nonce)
{
    char hash[2][CHAT_HASH_SIZE];
    chat_hash_keyed(hash[0], secret, "initial-password", nonce, strlen(nonce));
    memcpy(hash[1], hash[0], sizeof(hash[1]));
    derive(out, CHAT_INITIAL_LEN, PASSWORD_ALPHABET, hash);
}

void chat_secret_activation(char out[CHAT_DIGEST_SIZE], const chat_secret_t *secret,
                            const char *uuid)
{
    chat_secret_digest(out, secret, "activation", uuid);
}
