/* SPDX-License-Identifier: Apache-2.0
 * secrets.h - tokens and passwords derived from the site's secret; none of them is
 * stored.
 */
#ifndef CHAT_CORE_SECRETS_H
#define CHAT_CORE_SECRETS_H

#include "base/crypt.h"

#define CHAT_DIGEST_LEN 22 /* letters and digits: 128 bits and more */
#define CHAT_DIGEST_SIZE (CHAT_DIGEST_LEN + 1)
#define CHAT_INITIAL_LEN 8
#define CHAT_INITIAL_SIZE (CHAT_INITIAL_LEN + 1)

/* The alphabet of session ids and digests. */
#define CHAT_DIGEST_ALPHABET \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* A digest of TEXT; the same for the same PURPOSE and TEXT. */
void chat_secret_digest(char out[CHAT_DIGEST_SIZE], const chat_secret_t *secret,
                        const char *purpose, const char *text);

/* The password derived from NONCE: lower-case letters without l, digits 2-9, symbols. */
void chat_secret_password(char out[CHAT_INITIAL_SIZE], const chat_secret_t *secret,
                          const char *nonce);

/* The digest that activates the account with that UUID. */
void chat_secret_activation(char out[CHAT_DIGEST_SIZE], const chat_secret_t *secret,
                            const char *uuid);

#endif
