/* SPDX-License-Identifier: Apache-2.0 */
/* Signed assertions: what is accepted, and the name of what is not. */
#include "api/assertion.h"
#include "base/bounds.h"
#include "core.h"

#include <sodium.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define HEAD "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static const chat_sign_keys_t keys = {
    {{"a", "HS256", (const unsigned char *)KEY, 32},
     {"b", "HS256", (const unsigned char *)"another key that is long enough!", 32}},
    2};

static core_t *site(void **state)
{
    core_t *k = core(state);
    k->site.sign_keys = &keys;
    k->site.sign_rank = CHAT_RANK_MODERATOR;
    k->site.url = "https://www.example.org:8443";
    return k;
}

static const char *encode(const void *bytes, apr_size_t len, apr_pool_t *pool)
{
    apr_size_t size =
        sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *out = apr_palloc(pool, size);
    return sodium_bin2base64(out, size, bytes, len,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static const char *token(const char *head, const char *claims, const char *key,
                         apr_pool_t *pool)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state s;
    const char *text = apr_pstrcat(pool, encode(head, strlen(head), pool), ".",
                                   encode(claims, strlen(claims), pool), NULL);
    crypto_auth_hmacsha256_init(&s, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha256_update(&s, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&s, mac);
    return apr_pstrcat(pool, text, ".", encode(mac, sizeof(mac), pool), NULL);
}

/* CLAIMS with each @N as the time N seconds from now. */
static const char *timed(const char *claims, apr_pool_t *pool)
{
    const char *at;
    apr_int64_t now = apr_time_sec(apr_time_now());
    while ((at = strchr(claims, '@')) != NULL) {
        char *end;
        long n = strtol(at + 1, &end, 10);
        claims = apr_psprintf(pool, "%.*s%" APR_INT64_T_FMT "%s", (int)(at - claims),
                              claims, now + n, end);
    }
    return claims;
}

static apr_status_t read_token(chat_signon_t *out, core_t *k, const char *text)
{
    chat_call_t *c = call(k);
    c->client = c->address;
    return chat_assertion_read(out, c, text, strlen(text));
}

#define TIMES "\"iat\":@0,\"exp\":@60,"
#define AUD "\"aud\":\"www.example.org\","
#define BASE "{" TIMES AUD "\"jti\":\"1\",\"sub\":\"7\""

static void accepted(void **state)
{
    core_t *k = site(state);
    chat_signon_t s;
    const char *claims = timed(BASE ",\"name\":\"Anna\",\"rank\":1,\"room\":1,"
                                    "\"channels\":[\"a\",\"b\"]}",
                               k->f->pool);
    OK(read_token(&s, k, token(HEAD, claims, KEY, k->f->pool)));
    assert_string_equal(s.external, "sub:7");
    assert_string_equal(s.name, "Anna");
    assert_int_equal(s.rank, 1);
    assert_int_equal(s.channel_count, 2);
    assert_string_equal(s.channels[1], "b");
    assert_non_null(s.once);
    OK(read_token(&s, k, token(HEAD, timed(BASE "}", k->f->pool), KEY, k->f->pool)));
    assert_string_equal(s.name, "7");
    assert_int_equal(s.rank, CHAT_RANK_GUEST);
    assert_int_equal(s.channel_count, 0);
}

typedef struct case_t {
    const char *claims, *why;
} case_t;

/* clang-format off */
static const case_t claims[] = {
    {"{" TIMES "\"aud\":\"https://www.example.org:8443\",\"jti\":\"1\",\"sub\":\"7\"}", NULL},
    {"{" TIMES "\"aud\":\"https://WWW.example.org:8443/\",\"jti\":\"1\",\"sub\":\"7\"}", NULL},
    {"{" TIMES "\"aud\":[\"x\",\"www.example.org\"],\"jti\":\"1\",\"sub\":\"7\"}", NULL},
    {"{" TIMES "\"aud\":\"https://www.example.org\",\"jti\":\"1\",\"sub\":\"7\"}", "aud"},
    {"{" TIMES "\"aud\":\"www.example.org.evil.example\",\"jti\":\"1\",\"sub\":\"7\"}", "aud"},
    {"{" TIMES "\"aud\":\"/\",\"jti\":\"1\",\"sub\":\"7\"}", "aud"},
    {"{" TIMES "\"aud\":[],\"jti\":\"1\",\"sub\":\"7\"}", "aud"},
    {"{" TIMES "\"jti\":\"1\",\"sub\":\"7\"}", "aud"},
    {"{\"iat\":@0," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is not a number"},
    {"{\"iat\":@0,\"exp\":\"@60\"," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is not a number"},
    {"{\"iat\":@0,\"exp\":-1," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is not a number"},
    {"{\"iat\":@0,\"exp\":9223372036854775807," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is not a number"},
    {"{\"iat\":@-10,\"exp\":@-5," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is in the past"},
    {"{\"iat\":@0,\"exp\":@299," AUD "\"jti\":\"1\",\"sub\":\"7\"}", NULL},
    {"{\"iat\":@0,\"exp\":@360," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "exp is more than"},
    {"{\"exp\":@60," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "iat is not a number"},
    {"{\"iat\":@90,\"exp\":@120," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "iat is in the future"},
    {"{\"iat\":@-400,\"exp\":@60," AUD "\"jti\":\"1\",\"sub\":\"7\"}", "iat is more than"},
    {BASE ",\"nbf\":@-1}", NULL},
    {BASE ",\"nbf\":@50}", "nbf is in the future"},
    {BASE ",\"nbf\":\"\"}", "nbf is not a number"},
    {"{" TIMES AUD "\"jti\":\"1\"}", "sub"},
    {"{" TIMES AUD "\"jti\":\"1\",\"sub\":\"\"}", "sub"},
    {"{" TIMES AUD "\"jti\":\"1\",\"sub\":7}", "sub"},
    {"{" TIMES AUD "\"sub\":\"7\"}", "jti"},
    {"{" TIMES AUD "\"sub\":\"7\",\"jti\":1}", "jti"},
    {BASE ",\"iss\":\"x\"}", NULL},
    {BASE ",\"iss\":1}", "iss"},
    {BASE ",\"name\":1}", "name"},
    {BASE ",\"name\":\"\"}", "name"},
    {BASE ",\"rank\":0}", NULL},
    {BASE ",\"rank\":2}", "rank"},
    {BASE ",\"rank\":-1}", "rank"},
    {BASE ",\"rank\":\"1\"}", "rank"},
    {BASE ",\"room\":2}", "room"},
    {BASE ",\"room\":\"1\"}", "room"},
    {BASE ",\"channels\":\"a\"}", "channels"},
    {BASE ",\"channels\":[1]}", "channels"},
    {BASE ",\"channels\":[\"\"]}", "channels"},
    {BASE ",\"channels\":[]}", NULL},
    {"[]", "its claims"},
    {"", "its claims"},
    {"{", "its claims"},
};
/* clang-format on */

static void check(core_t *k, const char *text, const char *why, const char *what)
{
    chat_signon_t s;
    apr_status_t rv = read_token(&s, k, text);
    if (!why && rv != APR_SUCCESS)
        fail_msg("%s: %s", what, k->call.problem.detail);
    if (!why)
        return;
    if (rv != CHAT_REFUSED || k->call.problem.code != CHAT_P_ASSERTION)
        fail_msg("%s: accepted", what);
    if (!strstr(k->call.problem.detail, why))
        fail_msg("%s: %s", what, k->call.problem.detail);
    /* and the log names it */
    assert_non_null(strstr(k->f->last, k->call.problem.detail));
}

static void every_claim(void **state)
{
    core_t *k = site(state);
    k->site.limits = NULL;
    for (size_t i = 0; i < COUNT(claims); i++)
        check(k, token(HEAD, timed(claims[i].claims, k->f->pool), KEY, k->f->pool),
              claims[i].why, claims[i].claims);
}

static void every_head(void **state)
{
    static const struct {
        const char *head, *key, *why;
    } heads[] = {
        {"{\"alg\":\"HS256\"}", KEY, NULL},
        {"{\"alg\":\"HS256\",\"kid\":\"a\"}", KEY, NULL},
        {"{\"alg\":\"HS256\"}", "another key that is long enough!", NULL},
        {"{\"alg\":\"HS256\",\"kid\":\"b\"}", "another key that is long enough!", NULL},
        {"{\"alg\":\"HS256\",\"kid\":\"b\"}", KEY, "signature"},
        {"{\"alg\":\"HS256\",\"kid\":\"c\"}", KEY, "kid"},
        {"{\"alg\":\"HS256\",\"kid\":1}", KEY, "kid"},
        {"{\"alg\":\"HS256\"}", "an unknown key that is long enough", "signature"},
        {"{\"alg\":\"none\"}", KEY, "alg"},
        {"{\"alg\":\"NONE\"}", KEY, "alg"},
        {"{\"alg\":\"hs256\"}", KEY, "alg"},
        {"{\"alg\":\"EdDSA\"}", KEY, "alg"},
        {"{\"alg\":\"RS256\"}", KEY, "alg"},
        {"{\"alg\":null}", KEY, "alg"},
        {"{}", KEY, "alg"},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", KEY, "crit"},
        {"[]", KEY, "not a signed"},
        {"", KEY, "not a signed"},
    };
    core_t *k = site(state);
    k->site.limits = NULL;
    for (size_t i = 0; i < COUNT(heads); i++)
        check(k,
              token(heads[i].head, timed(BASE "}", k->f->pool), heads[i].key, k->f->pool),
              heads[i].why, heads[i].head);
}

static void broken(void **state)
{
    core_t *k = site(state);
    apr_pool_t *pool = k->f->pool;
    const char *good = token(HEAD, timed(BASE "}", pool), KEY, pool);
    const char *dot = strrchr(good, '.');
    char *nested = apr_palloc(pool, 4001), *large = apr_palloc(pool, 9001);
    k->site.limits = NULL;
    check(k, "", "not a signed", "empty");
    check(k, ".", "not a signed", "one dot");
    check(k, "..", "not a signed", "two dots");
    check(k, apr_pstrmemdup(pool, good, (apr_size_t)(dot - good)), "not a signed",
          "no signature");
    check(k, apr_pstrmemdup(pool, good, (apr_size_t)(dot - good) + 1),
          "the signature does not fit", "an empty signature");
    check(k, apr_pstrcat(pool, good, "A", NULL), "signature", "one more character");
    check(k, apr_pstrcat(pool, good, ".", NULL), "base64url", "a fourth part");
    check(k, apr_pstrcat(pool, good, "=", NULL), "base64url", "padding");
    memset(nested, '[', 4000);
    nested[4000] = '\0';
    check(k, token(HEAD, nested, KEY, pool), "its claims", "deeply nested claims");
    check(k, token(nested, "{}", KEY, pool), "not a signed", "a deeply nested head");
    memset(large, 'A', 9000);
    large[9000] = '\0';
    check(k, large, "too long", "9 kB");
}

static void used_hash(void **state)
{
    core_t *k = site(state);
    apr_pool_t *pool = k->f->pool;
    static const char *const same[] = {BASE "}", BASE ",\"name\":\"x\"}"};
    static const char *const others[] = {BASE ",\"iss\":\"x\"}",
                                         "{" TIMES AUD "\"jti\":\"2\",\"sub\":\"7\"}"};
    chat_signon_t a, b;
    OK(read_token(&a, k, token(HEAD, timed(same[0], pool), KEY, pool)));
    OK(read_token(&b, k, token(HEAD, timed(same[1], pool), KEY, pool)));
    assert_string_equal(a.once, b.once);
    for (size_t i = 0; i < COUNT(others); i++) {
        OK(read_token(&b, k, token(HEAD, timed(others[i], pool), KEY, pool)));
        assert_string_not_equal(a.once, b.once);
    }
    OK(read_token(
        &b, k,
        token(HEAD, timed(same[0], pool), "another key that is long enough!", pool)));
    assert_string_not_equal(a.once, b.once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(accepted), ON_SQLITE(every_claim), ON_SQLITE(every_head),
        ON_SQLITE(broken),   ON_SQLITE(used_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
