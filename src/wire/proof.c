/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that only httpd's module can have written. */
#include "wire/proof.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *chat_proof_add(const char *text, const char *purpose,
                           const chat_secret_t *secret, apr_pool_t *pool)
{
    char proof[CHAT_HASH_SIZE];
    chat_hash_keyed(proof, secret, purpose, text, strlen(text));
    return apr_pstrcat(pool, text, " ", proof, NULL);
}

int chat_proof_site(unsigned *site, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    *site = (unsigned)n;
    return apr_isdigit(*text) && *end == ' ' && n <= UINT_MAX;
}

int chat_proof_check(char *text, const char *purpose, const chat_secret_t *secret)
{
    char *proof = strrchr(text, ' ');
    char hash[CHAT_HASH_SIZE];
    if (!proof)
        return 0;
    chat_hash_keyed(hash, secret, purpose, text, (apr_size_t)(proof - text));
    if (!chat_equal_secret(hash, proof + 1))
        return 0;
    *proof = '\0';
    return 1;
}
