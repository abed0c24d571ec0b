/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that only httpd's module can have written. */
#include "unit.h"
#include "wire/proof.h"

static void only_its_own_secret_and_purpose_prove_a_text(void **state)
{
    chat_secret_t secret, other;
    const char *text = "3 1 192.0.2.7 ?EIO=4", *all;
    char *copy;
    memset(&secret, 7, sizeof(secret));
    memset(&other, 8, sizeof(other));
    assert_int_equal(chat_crypt_init(), APR_SUCCESS);
    all = chat_proof_add(text, CHAT_PROOF_CLIENT, &secret, *state);
    copy = apr_pstrdup(*state, all);
    assert_false(chat_proof_check(copy, CHAT_PROOF_COUNTS, &secret));
    assert_false(chat_proof_check(copy, CHAT_PROOF_CLIENT, &other));
    assert_string_equal(copy, all);
    assert_true(chat_proof_check(copy, CHAT_PROOF_CLIENT, &secret));
    assert_string_equal(copy, text);
    /* without, and with one changed character anywhere */
    assert_false(chat_proof_check(copy, CHAT_PROOF_CLIENT, &secret));
    for (size_t i = 0; i < strlen(all); i++) {
        copy = apr_pstrdup(*state, all);
        copy[i] ^= 1;
        assert_false(chat_proof_check(copy, CHAT_PROOF_CLIENT, &secret));
    }
    copy = apr_pstrdup(*state, "nothing");
    assert_false(chat_proof_check(copy, CHAT_PROOF_CLIENT, &secret));
}

static void a_text_begins_with_its_site(void **state)
{
    static const struct {
        const char *text;
        int good;
        unsigned site;
    } table[] = {
        {"0 x", 1, 0},
        {"17 x y", 1, 17},
        {"4294967295 x", 1, 4294967295u},
        {"", 0, 0},
        {" 1 x", 0, 0},
        {"-1 x", 0, 0},
        {"+1 x", 0, 0},
        {"x", 0, 0},
        {"1", 0, 0},
        {"1x y", 0, 0},
        {"4294967296 x", 0, 0},
        {"99999999999999999999 x", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        unsigned site;
        assert_int_equal(chat_proof_site(&site, table[i].text), table[i].good);
        if (table[i].good)
            assert_int_equal(site, table[i].site);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(only_its_own_secret_and_purpose_prove_a_text),
        POOL_TEST(a_text_begins_with_its_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
