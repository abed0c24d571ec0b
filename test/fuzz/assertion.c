/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a signed assertion; and a line with a head and one with claims, encoded and
 * signed as a site does it: what is accepted has a name, a jti and a time within bounds.
 */
#include "api/assertion.h"

#include "base/bounds.h"
#include "base/sign_key.h"
#include "fuzz.h"

#include <sodium.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define NOW 1700000000

static const char *encode(const void *bytes, size_t len, apr_pool_t *pool)
{
    size_t size =
        sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *out = apr_palloc(pool, size);
    return sodium_bin2base64(out, size, bytes, len,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static const char *sign(const char *head, size_t head_len, const char *claims,
                        apr_pool_t *pool)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state s;
    const char *text = apr_pstrcat(pool, encode(head, head_len, pool), ".",
                                   encode(claims, strlen(claims), pool), NULL);
    crypto_auth_hmacsha256_init(&s, (const unsigned char *)KEY, strlen(KEY));
    crypto_auth_hmacsha256_update(&s, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&s, mac);
    return apr_pstrcat(pool, text, ".", encode(mac, sizeof(mac), pool), NULL);
}

static int accepted(chat_signon_t *out, const chat_site_t *site, const char *text,
                    apr_pool_t *pool)
{
    chat_settings_t settings = {.room = 1};
    chat_call_t c = {.pool = pool, .site = site, .settings = &settings, .room = 1};
    apr_status_t rv;
    c.client = c.address = "192.0.2.1";
    c.now = apr_time_from_sec(NOW);
    rv = chat_assertion_read(out, &c, text, strlen(text));
    insist(rv == APR_SUCCESS ||
           (rv == CHAT_REFUSED && c.problem.code == CHAT_P_ASSERTION));
    return rv == APR_SUCCESS;
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    static const chat_sign_keys_t keys = {
        {{"a", "HS256", (const unsigned char *)KEY, 32}}, 1};
    chat_site_t site = {.sign_keys = &keys, .sign_rank = 1, .url = "https://example.org"};
    const char *claims = memchr(text, '\n', len);
    chat_signon_t s;
    memset(&site.secret, 7, sizeof(site.secret));
    insist(!accepted(&s, &site, text, pool));
    if (!claims ||
        !accepted(&s, &site, sign(text, (size_t)(claims - text), claims + 1, pool), pool))
        return;
    insist(s.name && *s.name && strlen(s.name) <= 255 && s.external && s.once);
    insist(s.rank <= 1 && s.channel_count <= 100);
    insist(s.expires > apr_time_from_sec(NOW) &&
           s.expires <=
               apr_time_from_sec(NOW + CHAT_ASSERTION_SECONDS + CHAT_ASSERTION_SKEW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
