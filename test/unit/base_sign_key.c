/* SPDX-License-Identifier: Apache-2.0 */
/* The file of ChatSignOnKey; the signatures of the RFCs' own examples. */
#include "base/sign_key.h"
#include "base/status.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 8037 A.2 */
#define PUBLIC "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"

static apr_status_t load(chat_sign_keys_t *keys, const char **why, const char *text,
                         apr_pool_t *pool)
{
    char path[] = "/tmp/chat-keys.XXXXXX";
    int fd = mkstemp(path);
    apr_status_t rv;
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    rv = chat_sign_keys_load(keys, why, path, pool);
    unlink(path);
    return rv;
}

static void files(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "it has no key"},
        {"# nothing\n\n", "it has no key"},
        {"a HS256 0123456789abcdef0123456789abcdef\n", NULL},
        {" # x\r\n\ta\tHS256  0123456789abcdef0123456789abcdef\r\n", NULL},
        {"a HS256 0123456789abcdef0123456789abcde", "32 characters"},
        {"a HS512 0123456789abcdef0123456789abcdef", "HS256 or EdDSA"},
        {"a none 0123456789abcdef0123456789abcdef", "HS256 or EdDSA"},
        {"a HS256", "ID ALGORITHM KEY"},
        {"a HS256 0123456789abcdef 0123456789abcdef", "ID ALGORITHM KEY"},
        {"a EdDSA " PUBLIC "=\n", NULL},
        {"a EdDSA " PUBLIC "\n", "base64"},
        {"a EdDSA 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\n", NULL},
        {"a EdDSA MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n", NULL},
        {"a EdDSA MCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n",
         "base64"},
        {"a EdDSA AAAA\n", "base64"},
        {"a HS256 0123456789abcdef0123456789abcdef\n"
         "a HS256 0123456789abcdef0123456789abcdeg",
         "the same id"},
        {"0123456789012345678901234567890123456789012345678901234567890123x HS256 "
         "0123456789abcdef0123456789abcdef",
         "64 characters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        chat_sign_keys_t keys;
        const char *why;
        apr_status_t rv = load(&keys, &why, cases[i].text, *state);
        if (rv != (cases[i].why ? CHAT_MALFORMED : APR_SUCCESS) ||
            (cases[i].why && !strstr(why, cases[i].why)))
            fail_msg("%s: %s", cases[i].text, why ? why : "accepted");
        /* what is wrong is said without the key */
        assert_true(!why || !strstr(why, "0123456789"));
    }
}

static void too_many(void **state)
{
    const char *text = "";
    chat_sign_keys_t keys;
    const char *why;
    for (int i = 0; i < CHAT_SIGN_KEYS_MAX; i++)
        text = apr_psprintf(*state, "%sk%d HS256 0123456789abcdef0123456789abcdef\n",
                            text, i);
    assert_int_equal(load(&keys, &why, text, *state), APR_SUCCESS);
    assert_int_equal(keys.n, CHAT_SIGN_KEYS_MAX);
    text = apr_pstrcat(*state, text, "k HS256 0123456789abcdef0123456789abcdef\n", NULL);
    assert_int_equal(load(&keys, &why, text, *state), CHAT_MALFORMED);
}

static void readable_by_others(void **state)
{
    char path[] = "/tmp/chat-keys.XXXXXX";
    int fd = mkstemp(path);
    chat_sign_keys_t keys;
    const char *why;
    assert_int_equal(fchmod(fd, 0640), 0);
    close(fd);
    assert_true(APR_STATUS_IS_EACCES(chat_sign_keys_load(&keys, &why, path, *state)));
    unlink(path);
    assert_true(APR_STATUS_IS_ENOENT(chat_sign_keys_load(&keys, &why, path, *state)));
}

typedef struct vector_t {
    chat_sign_key_t key;
    const char *signed_text, *signature;
} vector_t;

/* RFC 7515 A.1 */
static const unsigned char hmac_key[] = {
    3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
    90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
    211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
    61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};

static void signatures(void **state)
{
    apr_size_t len;
    const unsigned char *public =
        chat_base64url(&len, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", 43, *state);
    const vector_t vectors[] = {
        {{"a", "HS256", hmac_key, sizeof(hmac_key)},
         "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4"
         "MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
         "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
        /* RFC 8037 A.4 */
        {{"b", "EdDSA", public, 32},
         "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
         "MuM0KAg"},
    };
    assert_int_equal(len, 32);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const vector_t *v = &vectors[i];
        apr_size_t n, size = strlen(v->signed_text);
        unsigned char *sign =
            chat_base64url(&n, v->signature, strlen(v->signature), *state);
        assert_non_null(sign);
        assert_true(chat_sign_key_fits(&v->key, v->signed_text, size, sign, n));
        assert_false(chat_sign_key_fits(&v->key, v->signed_text, size - 1, sign, n));
        assert_false(chat_sign_key_fits(&v->key, v->signed_text, size, sign, n - 1));
        assert_false(chat_sign_key_fits(&v->key, v->signed_text, size, sign, 0));
        /* the other key's kind of signature */
        assert_false(
            chat_sign_key_fits(&vectors[1 - i].key, v->signed_text, size, sign, n));
        sign[0] ^= 1;
        assert_false(chat_sign_key_fits(&v->key, v->signed_text, size, sign, n));
    }
}

static void strict_base64url(void **state)
{
    static const char *const bad[] = {"AA==", "A", "AB", "A+A_", "AA A", "AA\n", "AA.."};
    apr_size_t len;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (chat_base64url(&len, bad[i], strlen(bad[i]), *state))
            fail_msg("%s: accepted", bad[i]);
    assert_string_equal((char *)chat_base64url(&len, "YWI", 3, *state), "ab");
    assert_non_null(chat_base64url(&len, "", 0, *state));
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(files),      POOL_TEST(too_many),         POOL_TEST(readable_by_others),
        POOL_TEST(signatures), POOL_TEST(strict_base64url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
