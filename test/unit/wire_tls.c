/* SPDX-License-Identifier: Apache-2.0 */
/* TLS records: RFC 8448's traces, records of OpenSSL's, and what must not be opened. */
#include "unit.h"
#include "wire/tls.h"

static const chat_tls_crypto_t crypto = {
#define LINKED(name) &name,
    CHAT_TLS_CRYPTO(LINKED)
#undef LINKED
};

static size_t unhex(uint8_t *out, const char *text)
{
    size_t n = 0;
    for (; *text; text += 2) {
        unsigned byte = (unsigned)strtoul((char[]){text[0], text[1], 0}, NULL, 16);
        out[n++] = (uint8_t)byte;
    }
    return n;
}

/* The client's side of the same connection. */
static chat_tls_keys_t swapped(const chat_tls_keys_t *keys)
{
    chat_tls_keys_t out = *keys;
    for (int i = 0; i < 2; i++) {
        out.seq[i] = keys->seq[!i];
        out.updates[i] = keys->updates[!i];
        memcpy(out.secret[i], keys->secret[!i], sizeof(out.secret[i]));
    }
    return out;
}

static void opens(chat_tls_t *tls, const chat_tls_bench_t *bench, const char *hex,
                  int type, const void *text, size_t len)
{
    uint8_t record[256];
    chat_tls_plain_t plain;
    size_t n = unhex(record, hex);
    assert_int_equal(n, chat_tls_size(record));
    assert_int_equal(chat_tls_open(&plain, tls, bench, record), 0);
    assert_int_equal(plain.type, type);
    assert_int_equal(plain.len, len);
    assert_memory_equal(plain.bytes, text, len);
}

/* RFC 8448, 3: Simple 1-RTT Handshake. */
static void the_records_of_rfc_8448(void **state)
{
    static const char client_data[] =
        "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8"
        "a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
    static const char server_data[] =
        "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf9"
        "7d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d";
    static const char client_alert[] = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3";
    static const char server_alert[] = "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9";
    /* the server's first record is a ticket */
    chat_tls_keys_t keys = {.version = CHAT_TLS_1_3,
                            .suite = CHAT_TLS_AES_128,
                            .record_max = CHAT_TLS_PLAIN_MAX,
                            .seq = {0, 1}};
    chat_tls_bench_t bench;
    chat_tls_t server, client;
    uint8_t text[50], record[256], expected[256];
    (void)state;
    unhex(keys.secret[CHAT_TLS_READ],
          "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
    unhex(keys.secret[CHAT_TLS_WRITE],
          "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)i;
    assert_int_equal(chat_tls_bench_open(&bench, &crypto), 7);
    assert_true(chat_tls_start(&server, &keys, &crypto));
    keys = swapped(&keys);
    assert_true(chat_tls_start(&client, &keys, &crypto));
    opens(&server, &bench, client_data, CHAT_TLS_DATA, text, sizeof(text));
    opens(&server, &bench, client_alert, CHAT_TLS_ALERT, "\1", 2);
    opens(&client, &bench, server_data, CHAT_TLS_DATA, text, sizeof(text));
    opens(&client, &bench, server_alert, CHAT_TLS_ALERT, "\1", 2);
    /* and sealed they are the same bytes */
    assert_true(chat_tls_start(&client, &keys, &crypto));
    memcpy(record + chat_tls_gap(&client), text, sizeof(text));
    assert_int_equal(chat_tls_seal(&client, &bench, CHAT_TLS_DATA, record, sizeof(text)),
                     unhex(expected, client_data));
    assert_memory_equal(record, expected, sizeof(client_data) / 2);
    memcpy(record + chat_tls_gap(&client), "\1", 2);
    assert_int_equal(chat_tls_seal(&client, &bench, CHAT_TLS_ALERT, record, 2),
                     unhex(expected, client_alert));
    assert_memory_equal(record, expected, sizeof(client_alert) / 2);
    chat_tls_bench_close(&bench);
}

/* Of OpenSSL 3.0, with pre-shared keys. */
static const struct {
    chat_tls_suite_t suite;
    const EVP_MD *(*digest)(void);
    const char *master, *randoms, *client, *server;
} vectors[] = {
    /* clang-format off */
    {CHAT_TLS_AES_128, EVP_sha256,
     "6b7e0150bbfb9836c4003445074adbf45ae7a4c7c643f0022af2491d4a41d356a7b12755"
     "f33f2b23a0e2462c0070c20f",
     "d98d62f866eef67ff2ecf1d02ebcde20b8acc4005135dd57c9599e59f46a35681283f85e"
     "0e77e31c57a829a5e9fa65251bf145d54aa419e2fd9fc87cb2a5f5cf",
     "17030300279db91685e639084900845c8a2687ffad0be75528f3d2d8afe414aa44f15c1b"
     "fc24c63e43460b6c",
     "17030300275b004f18d8a61dec39c24d0e0c6d7d505188d364b5cae3898c09118d3511e6"
     "713c970f9ff63cd8"},
    {CHAT_TLS_AES_256, EVP_sha384,
     "c847aad88aff4072a48b46e1a3b61ba37aeefe5400eb337d02c9295506f1c0e8368c8615"
     "e9653df3c616ddc0299d4e3a",
     "6fa82e69228cb61864e08a7e8e6c86cd0b205c7417aae094f330ae655f00e649e8aaf6eb"
     "b06992560965fc91592b68fa41ef3d47affe8be5ffe3c36474e260a3",
     "1703030027262f1ae819dbd1790550923f22edf5b6bfbe02df1020048b1f011625b5113b"
     "e7b5cb3faf1e92cb",
     "1703030027413d8b3d1ac6b1b275a918fafaffcddb095f9b2d50095fda4efa011ad32568"
     "f80ae9ac11033e39"},
    {CHAT_TLS_CHACHA20, EVP_sha256,
     "6ebd1e0f9a77b2875a4798e461524919da33a859a97b76f56a5e18a1d1775ee35c9eb612"
     "90738ab5e910205a6ef376b0",
     "58b151d802a3bbbf8cd3fb1b0b149f34bfdb1ea31b2e03c8b7d2d9e27ed3b07eec855ebc"
     "127bbf6b8ab56b532068cb724862a6a95b7cd64909277d4930208592",
     "170303001fe72b3ad5917bde1ad92f9a2250830a861e596fd8b1d4f28839b58090e1bc2b",
     "170303001f3311e407b9c9a3a5383065e3e010690a924bc347f71a67f54722018ca4cb2f"},
    /* clang-format on */
};

static void records_of_openssl_in_1_2(void **state)
{
    chat_tls_bench_t bench;
    (void)state;
    chat_tls_bench_open(&bench, &crypto);
    for (unsigned i = 0; i < COUNT(vectors); i++) {
        /* Finished was the first record of each side */
        chat_tls_keys_t keys = {.version = CHAT_TLS_1_2,
                                .suite = vectors[i].suite,
                                .record_max = CHAT_TLS_PLAIN_MAX,
                                .seq = {1, 1}};
        chat_tls_master_t master = {.digest = vectors[i].digest()};
        chat_tls_t server, client;
        unhex(master.secret, vectors[i].master);
        unhex(master.randoms, vectors[i].randoms);
        chat_tls_expand(&keys, &master, &crypto);
        assert_true(chat_tls_start(&server, &keys, &crypto));
        keys = swapped(&keys);
        assert_true(chat_tls_start(&client, &keys, &crypto));
        opens(&server, &bench, vectors[i].client, CHAT_TLS_DATA, "from the client", 15);
        opens(&client, &bench, vectors[i].server, CHAT_TLS_DATA, "from the server", 15);
    }
    chat_tls_bench_close(&bench);
}

/* Six pairs: version and suite. */
static void start_pair(chat_tls_t *server, chat_tls_t *client, unsigned i)
{
    chat_tls_keys_t keys = {.version = i / 3 ? CHAT_TLS_1_3 : CHAT_TLS_1_2,
                            .suite = i % 3,
                            .record_max = 100,
                            .seq = {3, UINT64_C(1) << 40}};
    for (unsigned n = 0; n < sizeof(keys.secret[0]); n++) {
        keys.secret[0][n] = (uint8_t)(n + i);
        keys.secret[1][n] = (uint8_t)(n * 3 + i);
    }
    assert_true(chat_tls_start(server, &keys, &crypto));
    keys = swapped(&keys);
    assert_true(chat_tls_start(client, &keys, &crypto));
}

static size_t sealed(uint8_t *record, chat_tls_t *tls, const chat_tls_bench_t *bench,
                     size_t len)
{
    size_t n;
    memset(record + chat_tls_gap(tls), 'x', len);
    n = chat_tls_seal(tls, bench, CHAT_TLS_DATA, record, len);
    assert_true(n > len && n <= len + CHAT_TLS_EXTRA);
    assert_int_equal(n, chat_tls_size(record));
    return n;
}

static void no_changed_lost_or_repeated_record_is_opened(void **state)
{
    chat_tls_bench_t bench;
    (void)state;
    chat_tls_bench_open(&bench, &crypto);
    for (unsigned i = 0; i < 6; i++) {
        uint8_t record[512] = {0}, copy[512];
        chat_tls_t server, client;
        chat_tls_plain_t plain;
        size_t n;
        start_pair(&server, &client, i);
        n = sealed(record, &client, &bench, 20);
        for (size_t at = 0; at < n; at++) {
            memcpy(copy, record, sizeof(copy));
            copy[at] ^= 1;
            assert_int_not_equal(chat_tls_open(&plain, &server, &bench, copy), 0);
        }
        memcpy(copy, record, sizeof(copy));
        assert_int_equal(chat_tls_open(&plain, &server, &bench, copy), 0);
        assert_int_equal(plain.len, 20);
        memcpy(copy, record, sizeof(copy));
        assert_int_equal(chat_tls_open(&plain, &server, &bench, copy), 20);
        sealed(record, &client, &bench, 20); /* is lost */
        sealed(record, &client, &bench, 20);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 20);
    }
    chat_tls_bench_close(&bench);
}

static void keys_change_for_one_direction(void **state)
{
    chat_tls_bench_t bench;
    (void)state;
    chat_tls_bench_open(&bench, &crypto);
    for (unsigned i = 3; i < 6; i++) {
        uint8_t record[256];
        chat_tls_t server, client;
        chat_tls_plain_t plain;
        start_pair(&server, &client, i);
        chat_tls_update(&client, CHAT_TLS_WRITE, &crypto);
        sealed(record, &client, &bench, 9);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 20);
        chat_tls_update(&server, CHAT_TLS_READ, &crypto);
        assert_int_equal(server.side[CHAT_TLS_READ].seq, 0);
        sealed(record, &server, &bench, 9);
        assert_int_equal(chat_tls_open(&plain, &client, &bench, record), 0);
    }
    chat_tls_bench_close(&bench);
}

static void sizes_at_the_bounds(void **state)
{
    static uint8_t record[CHAT_TLS_RECORD_MAX + 64];
    chat_tls_bench_t bench;
    (void)state;
    chat_tls_bench_open(&bench, &crypto);
    for (unsigned i = 0; i < 6; i++) {
        chat_tls_t server, client;
        chat_tls_plain_t plain;
        start_pair(&server, &client, i);
        sealed(record, &client, &bench, CHAT_TLS_PLAIN_MAX);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 0);
        assert_int_equal(plain.len, CHAT_TLS_PLAIN_MAX);
        sealed(record, &client, &bench, CHAT_TLS_PLAIN_MAX + 1);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 22);
        for (unsigned len = 0; len < 16; len++) {
            memcpy(record, "\x17\x03\x03\x00", 4);
            record[4] = (uint8_t)len;
            assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 50);
        }
        memcpy(record, "\x17\x03\x03\xff\xff", 5);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 22);
        memcpy(record, "GET /", 5);
        assert_int_equal(chat_tls_open(&plain, &server, &bench, record), 10);
    }
    chat_tls_bench_close(&bench);
}

static void keys_that_make_no_sense(void **state)
{
    static const chat_tls_keys_t table[] = {
        {.version = 0x0302, .record_max = 100},
        {.version = CHAT_TLS_1_3, .record_max = 0},
        {.version = CHAT_TLS_1_3, .record_max = CHAT_TLS_PLAIN_MAX + 1},
        {.version = CHAT_TLS_1_3, .record_max = 100, .suite = CHAT_TLS_SUITES},
        {.version = CHAT_TLS_1_3, .record_max = 100, .updates = {0, 33}},
        {.version = CHAT_TLS_1_3, .record_max = 100, .updates = {1u << 31, 0}},
    };
    chat_tls_keys_t most = {.version = CHAT_TLS_1_3, .record_max = 100};
    chat_tls_t tls;
    (void)state;
    for (unsigned i = 0; i < COUNT(table); i++)
        assert_false(chat_tls_start(&tls, &table[i], &crypto));
    most.updates[0] = most.updates[1] = 32;
    assert_true(chat_tls_start(&tls, &most, &crypto));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_records_of_rfc_8448),
        cmocka_unit_test(records_of_openssl_in_1_2),
        cmocka_unit_test(no_changed_lost_or_repeated_record_is_opened),
        cmocka_unit_test(keys_change_for_one_direction),
        cmocka_unit_test(sizes_at_the_bounds),
        cmocka_unit_test(keys_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
