/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign assertions. */
#include "base/sign_key.h"

#include "base/file.h"
#include "base/status.h"

#include <apr_strings.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX 16384
#define ID_MAX 64
#define HMAC_KEY_MIN 32 /* as many bytes as SHA-256 gives, see RFC 7518 3.2 */

unsigned char *chat_base64url(apr_size_t *out_len, const char *text, apr_size_t len,
                              apr_pool_t *pool)
{
    unsigned char *out = apr_palloc(pool, len + 1);
    const char *end;
    if (sodium_base642bin(out, len, text, len, NULL, out_len, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        end != text + len)
        return NULL;
    out[*out_len] = '\0';
    return out;
}

/* What a SubjectPublicKeyInfo of Ed25519 has before the key (RFC 8410). */
static const unsigned char prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static const char *read_public(chat_sign_key_t *key, const char *text, apr_pool_t *pool)
{
    apr_size_t max = strlen(text), len = 0;
    unsigned char *out = apr_palloc(pool, max + 1);
    const char *end;
    int bad = sodium_base642bin(out, max, text, max, NULL, &len, &end,
                                sodium_base64_VARIANT_ORIGINAL);
    if (bad || *end)
        bad = sodium_base642bin(out, max, text, max, NULL, &len, &end,
                                sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
              *end;
    if (!bad && len == sizeof(prefix) + crypto_sign_PUBLICKEYBYTES &&
        !memcmp(out, prefix, sizeof(prefix))) {
        out += sizeof(prefix);
        len -= sizeof(prefix);
    }
    key->bytes = out;
    key->len = len;
    return bad || len != crypto_sign_PUBLICKEYBYTES
               ? "an EdDSA key is the base64 of an Ed25519 public key"
               : NULL;
}

static const char *read_line(chat_sign_keys_t *keys, char *line, apr_pool_t *pool)
{
    chat_sign_key_t *key = &keys->list[keys->n];
    char *rest = NULL;
    const char *text, *end;
    key->id = apr_strtok(line, " \t", &rest);
    key->algorithm = apr_strtok(NULL, " \t", &rest);
    text = apr_strtok(NULL, " \t", &rest);
    end = apr_strtok(NULL, " \t", &rest);
    if (!text || end)
        return "a line is ID ALGORITHM KEY";
    if (strlen(key->id) > ID_MAX)
        return "an id has at most 64 characters";
    for (int i = 0; i < keys->n; i++)
        if (!strcmp(keys->list[i].id, key->id))
            return "another line has the same id";
    if (!strcmp(key->algorithm, "EdDSA"))
        return read_public(key, text, pool);
    if (strcmp(key->algorithm, "HS256"))
        return "the algorithm is HS256 or EdDSA";
    key->bytes = (const unsigned char *)text;
    key->len = strlen(text);
    return key->len < HMAC_KEY_MIN ? "an HS256 key has at least 32 characters" : NULL;
}

static apr_status_t read_file(char **out, const char *path, apr_pool_t *pool)
{
    struct stat st;
    apr_size_t len = 0;
    apr_status_t rv;
    if (stat(path, &st))
        return errno;
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return APR_EACCES;
    rv = chat_file_read(out, &len, path, FILE_MAX, pool);
    return rv == APR_SUCCESS && strlen(*out) != len ? CHAT_MALFORMED : rv;
}

apr_status_t chat_sign_keys_load(chat_sign_keys_t *out, const char **why,
                                 const char *path, apr_pool_t *pool)
{
    char *text, *line, *rest = NULL;
    apr_status_t rv = read_file(&text, path, pool);
    out->n = 0;
    *why = "it is no text";
    if (rv != APR_SUCCESS)
        return rv;
    for (line = apr_strtok(text, "\r\n", &rest); line;
         line = apr_strtok(NULL, "\r\n", &rest)) {
        line += strspn(line, " \t");
        if (!*line || *line == '#')
            continue;
        *why = out->n < CHAT_SIGN_KEYS_MAX ? read_line(out, line, pool)
                                           : "it has more than 8 keys";
        if (*why)
            return CHAT_MALFORMED;
        out->n++;
    }
    *why = out->n ? NULL : "it has no key";
    return out->n ? APR_SUCCESS : CHAT_MALFORMED;
}

static int mac_fits(const chat_sign_key_t *key, const char *data, apr_size_t len,
                    const unsigned char *signature)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    int fits;
    crypto_auth_hmacsha256_init(&state, key->bytes, key->len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)data, len);
    crypto_auth_hmacsha256_final(&state, mac);
    fits = !sodium_memcmp(mac, signature, sizeof(mac));
    sodium_memzero(&state, sizeof(state));
    sodium_memzero(mac, sizeof(mac));
    return fits;
}

int chat_sign_key_fits(const chat_sign_key_t *key, const char *data, apr_size_t len,
                       const unsigned char *signature, apr_size_t signature_len)
{
    if (!strcmp(key->algorithm, "EdDSA"))
        return signature_len == crypto_sign_BYTES &&
               !crypto_sign_verify_detached(signature, (const unsigned char *)data, len,
                                            key->bytes);
    return signature_len == crypto_auth_hmacsha256_BYTES &&
           mac_fits(key, data, len, signature);
}
