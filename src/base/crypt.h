/* SPDX-License-Identifier: Apache-2.0
 * crypt.h - the secret of a site, keyed hashes, tokens, ids, passwords.
 *
 * Primitives are libsodium's (BLAKE2b keyed hash, SipHash, random, constant-time
 * compare); password hashes are APR-util's bcrypt, the format of `htpasswd -B` ($2y$).
 * bcrypt sees 72 bytes: a longer password goes in as the base64 of its SHA-256.
 */
#ifndef CHAT_BASE_CRYPT_H
#define CHAT_BASE_CRYPT_H

#include <apr_pools.h>

#define CHAT_SECRET_BYTES 32
#define CHAT_UUID_LEN 36
#define CHAT_UUID_SIZE (CHAT_UUID_LEN + 1)
#define CHAT_HASH_HEX 64 /* characters of a keyed hash as text */
#define CHAT_HASH_SIZE (CHAT_HASH_HEX + 1)

typedef struct chat_secret_t {
    unsigned char key[CHAT_SECRET_BYTES];
} chat_secret_t;

/* Once per process, before anything else here; APR_EGENERAL without randomness. */
apr_status_t chat_crypt_init(void);

/* Reads the secret from PATH (64 hexadecimal digits and a newline). CHAT_MALFORMED when
 * it is something else; APR_EACCES when the file can be read by group or others. */
apr_status_t chat_secret_load(chat_secret_t *out, const char *path, apr_pool_t *pool);

/* Creates PATH with a new secret, mode 0600, owned by UID:GID when that is not -1. Fails
 * with an APR_STATUS_IS_EEXIST status when it exists. */
apr_status_t chat_secret_create(chat_secret_t *out, const char *path, long uid, long gid,
                                apr_pool_t *pool);

#define CHAT_SECRET_LINE_MAX 1024

/* Reads PATH, a file with one secret (a token, an address) on one line: printable ASCII
 * without blanks. CHAT_MALFORMED when it is something else; APR_EACCES when the file can
 * be read by group or others. */
apr_status_t chat_secret_line(const char **out, const char *path, apr_pool_t *pool);

/* Keyed hash as lower-case hex. PURPOSE keeps the uses apart: the same data under another
 * purpose gives another hash. */
void chat_hash_keyed(char out[CHAT_HASH_SIZE], const chat_secret_t *secret,
                     const char *purpose, const void *data, apr_size_t len);

/* A 128-bit keyed hash, collision-resistant for anyone without the secret. */
void chat_hash_digest(unsigned char out[16], const chat_secret_t *secret,
                      const void *data, apr_size_t len);

/* A 64-bit keyed hash, for tables in memory. */
apr_uint64_t chat_hash_short(const chat_secret_t *secret, const void *data,
                             apr_size_t len);

/* Random version-4 UUID, lower case. */
void chat_uuid_random(char out[CHAT_UUID_SIZE]);
const char *chat_uuid_new(apr_pool_t *pool); /* a random one, in POOL */

/* The Button token of an account: a keyed hash of account and generation, shaped as a
 * version-4 UUID. The same input gives the same token; nothing of it is stored. */
void chat_uuid_token(char out[CHAT_UUID_SIZE], const chat_secret_t *secret,
                     apr_int64_t account, apr_int64_t generation);

/* The first 128 bits of a keyed hash as a UUID of no version, for ids that are secrets
 * and can be derived again. */
void chat_uuid_derived(char out[CHAT_UUID_SIZE], const char hash[CHAT_HASH_SIZE]);

/* A message's external id: a version-8 UUID that carries NUMBER (1 to 2^48 - 1) and a
 * check derived from its chatroom's UUID. chat_uuid_number gives the number back, or 0
 * when ID is not of that chatroom. */
void chat_uuid_message(char out[CHAT_UUID_SIZE], const char *room_uuid,
                       apr_int64_t number);
apr_int64_t chat_uuid_number(const char *id, const char *room_uuid);

/* Whether S is 32 hexadecimal digits with dashes at 8-4-4-4-12, any case; *OUT gets it in
 * lower case. */
int chat_uuid_parse(char out[CHAT_UUID_SIZE], const char *s);
/* The same with dashes anywhere or nowhere. */
int chat_uuid_read(char out[CHAT_UUID_SIZE], const char *s);

/* LEN random characters of ALPHABET (2-64 characters, no bias), NUL behind. */
void chat_random_text(char *out, apr_size_t len, const char *alphabet);
void chat_random_bytes(void *out, apr_size_t len);

/* Whether SIGNATURE (128 hexadecimal digits) is that of FIRST followed by LEN bytes of
 * DATA by the Ed25519 key KEY (64 digits). Anything else than such texts: no. */
int chat_signature_valid(const char *key, const char *signature, const char *first,
                         const void *data, apr_size_t len);

/* Equal in time that does not depend on where they differ; lengths may be seen. */
int chat_equal_secret(const char *a, const char *b);

#define CHAT_PASSWORD_COST 10
#define CHAT_PASSWORD_MAX 1024 /* bytes; longer ones are refused before any work */

/* bcrypt of PASSWORD (valid UTF-8, no NUL) with a random salt; about 60 ms of CPU at cost
 * 10. *HASH is in POOL. CHAT_TOOBIG beyond CHAT_PASSWORD_MAX. */
apr_status_t chat_password_hash(const char **hash, const char *password, int cost,
                                apr_pool_t *pool);

/* Whether PASSWORD, in any normal form, fits HASH. HASH NULL or "" means no account: the
 * same work is done, and the answer is no. Any format of apr_password_validate is
 * accepted. */
int chat_password_check(const char *password, const char *hash);

/* Whether HASH, which may come from a stranger, has a format whose check ends within some
 * seconds. */
int chat_password_affordable(const char *hash);

/* Whether HASH has another cost or format than today's. */
int chat_password_outdated(const char *hash);

#endif
