/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypt.h"
#include "base/status.h"
#include "unit.h"

#include <apr_time.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROOM "0f8fad5b-d9cb-469f-a165-70867728950e"
#define OTHER_ROOM "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static int folder_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *folder;
    if (pool_setup(state) || chat_crypt_init() != APR_SUCCESS)
        return -1;
    folder = apr_pstrcat(*state, tmp ? tmp : "/tmp", "/chat-crypt-XXXXXX", NULL);
    if (!mkdtemp(folder))
        return -1;
    apr_pool_userdata_setn(folder, "folder", NULL, *state);
    return 0;
}

static int folder_teardown(void **state)
{
    void *folder;
    apr_pool_userdata_get(&folder, "folder", *state);
    /* A file left behind makes this fail. */
    if (rmdir(folder))
        return -1;
    return pool_teardown(state);
}

static const char *in_folder(const char *name, apr_pool_t *pool)
{
    void *folder;
    apr_pool_userdata_get(&folder, "folder", pool);
    return apr_pstrcat(pool, folder, "/", name, NULL);
}

static void write_file(const char *path, const char *text, mode_t mode, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_size_t len = strlen(text);
    assert_int_equal(apr_file_open(&file, path, APR_WRITE | APR_CREATE | APR_TRUNCATE,
                                   APR_OS_DEFAULT, pool),
                     APR_SUCCESS);
    assert_int_equal(apr_file_write(file, text, &len), APR_SUCCESS);
    apr_file_close(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void secret_is_made_once(void **state)
{
    const char *path = in_folder("secret", *state);
    chat_secret_t made, loaded, again;
    struct stat st;
    mode_t mask = umask(0);
    memset(&again, 1, sizeof(again));
    assert_int_equal(chat_secret_create(&made, path, -1, -1, *state), APR_SUCCESS);
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(chat_secret_load(&loaded, path, *state), APR_SUCCESS);
    assert_memory_equal(&made, &loaded, sizeof(made));
    assert_true(APR_STATUS_IS_EEXIST(chat_secret_create(&again, path, -1, -1, *state)));
    assert_int_equal(again.key[0], 1);
    assert_int_equal(unlink(path), 0);
}

static void secret_gets_its_owner(void **state)
{
    const char *path = in_folder("secret", *state);
    long uid = geteuid() == 0 ? 12345 : (long)geteuid();
    chat_secret_t secret;
    struct stat st;
    assert_int_equal(chat_secret_create(&secret, path, uid, -1, *state), APR_SUCCESS);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, uid);
    assert_int_equal(st.st_gid, getegid());
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(unlink(path), 0);
}

static void secret_fails_cleanly(void **state)
{
    chat_secret_t secret;
    const char *link_path = in_folder("link", *state);
    const char *none = in_folder("no/such/folder", *state);
    assert_true(APR_STATUS_IS_ENOENT(chat_secret_load(&secret, none, *state)));
    assert_true(APR_STATUS_IS_ENOENT(chat_secret_create(&secret, none, -1, -1, *state)));
    assert_int_equal(symlink("elsewhere", link_path), 0);
    assert_true(
        APR_STATUS_IS_EEXIST(chat_secret_create(&secret, link_path, -1, -1, *state)));
    assert_int_not_equal(chat_secret_load(&secret, link_path, *state), APR_SUCCESS);
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(mkfifo(link_path, 0600), 0);
    assert_int_equal(chat_secret_load(&secret, link_path, *state), CHAT_MALFORMED);
    assert_int_equal(unlink(link_path), 0);
}

#define HEX16 "0123456789abcdef"
#define HEX48 HEX16 HEX16 HEX16

static void secret_is_looked_at(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        apr_status_t rv;
    } table[] = {
        {HEX48 HEX16 "\n", 0600, APR_SUCCESS},
        {HEX48 "0123456789ABCDEF\n", 0400, APR_SUCCESS},
        {HEX48 HEX16 "\n", 0640, APR_EACCES},
        {HEX48 HEX16 "\n", 0604, APR_EACCES},
        {HEX48 HEX16, 0600, CHAT_MALFORMED},
        {HEX48 HEX16 "\n\n", 0600, CHAT_MALFORMED},
        {HEX48 HEX16 "0\n", 0600, CHAT_MALFORMED},
        {HEX48 "0123456789abcde\n", 0600, CHAT_MALFORMED},
        {HEX48 "0123456789abcdeg\n", 0600, CHAT_MALFORMED},
        {HEX48 "0123456789abcd\n\n", 0600, CHAT_MALFORMED},
        {"", 0600, CHAT_MALFORMED},
        {"\n", 0600, CHAT_MALFORMED},
    };
    const char *path = in_folder("secret", *state);
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_secret_t secret;
        memset(&secret, 1, sizeof(secret));
        write_file(path, table[i].text, table[i].mode, *state);
        assert_int_equal(chat_secret_load(&secret, path, *state), table[i].rv);
        assert_int_equal(secret.key[1], table[i].rv == APR_SUCCESS ? 0x23 : 1);
        assert_int_equal(unlink(path), 0);
    }
}

/* The key is 00 01 .. 1f. */
static void counted_secret(chat_secret_t *secret)
{
    for (int i = 0; i < CHAT_SECRET_BYTES; i++)
        secret->key[i] = (unsigned char)i;
}

/* Expected values: Python's hashlib.blake2b(purpose + NUL + data, key, digest_size=32).
 */
static void keyed_hash(void **state)
{
    static const struct {
        const char *purpose, *data, *hash;
    } table[] = {
        {"a", "", "63fd709762f46ee57ed93843500c0d147217e68a7a85a958a03351d24431be1d"},
        {"a", "b", "8fe7fe572a0f6604e0b08a2ac49792c2b3cac141715aeb4484a05b355e40ff11"},
        {"ab", "", "c9290935a5c652f5dc382f24fd8fed1e2c6eaee9c6321fbbb1a57f687e1adf65"},
        {"session",
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "81b184b5e3b221b081866c782dddf05aeac5e6234832584be3eb5e2757d1e79e"},
    };
    chat_secret_t secret;
    (void)state;
    counted_secret(&secret);
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[CHAT_HASH_SIZE];
        chat_hash_keyed(out, &secret, table[i].purpose, table[i].data,
                        strlen(table[i].data));
        assert_string_equal(out, table[i].hash);
    }
}

static void short_hash(void **state)
{
    chat_secret_t secret, other;
    (void)state;
    counted_secret(&secret);
    memset(&other, 9, sizeof(other));
    /* The first vector of SipHash-2-4, whose key is the same. */
    assert_true(chat_hash_short(&secret, "", 0) == APR_UINT64_C(0x726fdb47dd0e0e31));
    assert_true(chat_hash_short(&secret, "a", 1) != chat_hash_short(&secret, "b", 1));
    assert_true(chat_hash_short(&secret, "a", 1) != chat_hash_short(&other, "a", 1));
}

static void uuid_is_of_version(const char *id, char version)
{
    char parsed[CHAT_UUID_SIZE];
    assert_true(chat_uuid_parse(parsed, id));
    assert_string_equal(parsed, id);
    assert_int_equal(id[14], version);
    assert_non_null(strchr("89ab", id[19]));
}

static void random_uuids_differ(void **state)
{
    char last[CHAT_UUID_SIZE] = "", id[CHAT_UUID_SIZE];
    (void)state;
    for (int i = 0; i < 100; i++) {
        chat_uuid_random(id);
        uuid_is_of_version(id, '4');
        assert_string_not_equal(id, last);
        memcpy(last, id, sizeof(id));
    }
}

static void tokens_are_derived(void **state)
{
    static const struct {
        apr_int64_t account, generation;
    } table[] = {{1, 1}, {1, 2}, {2, 1}, {256, 1}, {1, 256}, {APR_INT64_MAX, 0}};
    char seen[COUNT(table)][CHAT_UUID_SIZE], again[CHAT_UUID_SIZE];
    chat_secret_t secret;
    (void)state;
    counted_secret(&secret);
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_uuid_token(seen[i], &secret, table[i].account, table[i].generation);
        chat_uuid_token(again, &secret, table[i].account, table[i].generation);
        uuid_is_of_version(again, '4');
        assert_string_equal(again, seen[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    secret.key[31] ^= 1;
    chat_uuid_token(again, &secret, 1, 1);
    assert_string_not_equal(again, seen[0]);
}

static void message_ids_carry_numbers(void **state)
{
    static const apr_int64_t numbers[] = {
        1, 2, 255, 65536, 123456789, (APR_INT64_C(1) << 48) - 1,
    };
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char id[CHAT_UUID_SIZE], changed[CHAT_UUID_SIZE];
        chat_uuid_message(id, ROOM, numbers[i]);
        uuid_is_of_version(id, '8');
        assert_int_equal(chat_uuid_number(id, ROOM), numbers[i]);
        assert_int_equal(chat_uuid_number(id, OTHER_ROOM), 0);
        for (int k = 0; k < CHAT_UUID_LEN; k++) {
            memcpy(changed, id, sizeof(id));
            changed[k] = id[k] == '0' ? '1' : '0';
            assert_int_equal(chat_uuid_number(changed, ROOM), 0);
        }
        for (int k = 0; k < CHAT_UUID_LEN; k++) {
            if (id[k] >= 'a')
                id[k] = (char)(id[k] - 'a' + 'A');
        }
        assert_int_equal(chat_uuid_number(id, ROOM), numbers[i]);
    }
    assert_int_equal(chat_uuid_number("", ROOM), 0);
    assert_int_equal(chat_uuid_number(ROOM, ROOM), 0);
}

static void uuids_are_parsed(void **state)
{
    static const struct {
        const char *text;
        int good;
    } table[] = {
        {ROOM, 1},
        {"0F8FAD5B-D9CB-469F-A165-70867728950E", 1},
        {"00000000-0000-0000-0000-000000000000", 1},
        {"", 0},
        {"0", 0},
        {"0f8fad5b-d9cb-469f-a165-70867728950", 0},
        {"0f8fad5b-d9cb-469f-a165-70867728950e0", 0},
        {"0f8fad5b-d9cb-469f-a165-70867728950g", 0},
        {"0f8fad5bd9cb-469f-a165-70867728950e00", 0},
        {"0f8fad5b_d9cb-469f-a165-70867728950e", 0},
        {"{f8fad5b-d9cb-469f-a165-70867728950}", 0},
        {" f8fad5b-d9cb-469f-a165-70867728950e", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[CHAT_UUID_SIZE] = "untouched";
        assert_int_equal(chat_uuid_parse(out, table[i].text), table[i].good);
        if (table[i].good)
            assert_int_equal(strcasecmp(out, table[i].text), 0);
        else
            assert_string_equal(out, "untouched");
    }
}

/* Dashes where people leave them out or put them. */
static void uuids_are_read(void **state)
{
    static const struct {
        const char *text;
        int good;
    } table[] = {
        {ROOM, 1},
        {"0F8FAD5B-D9CB-469F-A165-70867728950E", 1},
        {"0f8fad5bd9cb469fa16570867728950e", 1},
        {"-0f8fad5bd9cb469fa165--70867728950e-", 1},
        {"", 0},
        {"--------------------------------", 0},
        {"0f8fad5bd9cb469fa16570867728950", 0},
        {"0f8fad5bd9cb469fa16570867728950e0", 0},
        {"0f8fad5bd9cb469fa16570867728950e-0", 0},
        {"0f8fad5bd9cb469fa16570867728950g", 0},
        {"{0f8fad5b-d9cb-469f-a165-70867728950e}", 0},
        {"0f8fad5b d9cb 469f a165 70867728950e", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[CHAT_UUID_SIZE] = "untouched";
        assert_int_equal(chat_uuid_read(out, table[i].text), table[i].good);
        assert_string_equal(out, table[i].good ? ROOM : "untouched");
    }
}

static void derived_ids_are_uuids(void **state)
{
    char hash[CHAT_HASH_SIZE], id[CHAT_UUID_SIZE], parsed[CHAT_UUID_SIZE];
    chat_secret_t secret = {{1}};
    (void)state;
    chat_hash_keyed(hash, &secret, "test", "x", 1);
    chat_uuid_derived(id, hash);
    assert_int_equal(chat_uuid_parse(parsed, id), 1);
    assert_string_equal(parsed, id);
    assert_memory_equal(id, hash, 8);
    assert_memory_equal(id + 24, hash + 20, 12);
}

static void random_text_has_no_bias(void **state)
{
    static const char *alphabets[] = {
        "01", "abc", "0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    (void)state;
    for (size_t i = 0; i < COUNT(alphabets); i++) {
        enum { LEN = 64000 };
        static char text[LEN + 1];
        size_t n = strlen(alphabets[i]);
        chat_random_text(text, LEN, alphabets[i]);
        assert_int_equal(strspn(text, alphabets[i]), LEN);
        for (size_t k = 0; k < n; k++) {
            size_t seen = 0;
            const char *p;
            for (p = text; (p = strchr(p, alphabets[i][k])) != NULL; p++)
                seen++;
            /* Eight standard deviations for the longest alphabet, more for the others. */
            assert_in_range(seen, LEN / n * 3 / 4, LEN / n * 5 / 4);
        }
        chat_random_text(text, 0, alphabets[i]);
        assert_string_equal(text, "");
    }
}

static void secrets_are_compared(void **state)
{
    (void)state;
    assert_true(chat_equal_secret("", ""));
    assert_true(chat_equal_secret("abc", "abc"));
    assert_false(chat_equal_secret("abc", "abd"));
    assert_false(chat_equal_secret("abc", "ab"));
    assert_false(chat_equal_secret("", "a"));
}

static char *repeat(char c, size_t n, apr_pool_t *pool)
{
    char *s = apr_pcalloc(pool, n + 1);
    memset(s, c, n);
    return s;
}

static void passwords_fit(void **state)
{
    static const size_t lengths[] = {0, 1, 8, 71, 72, 73, 80, 200, CHAT_PASSWORD_MAX};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *password = repeat('p', lengths[i], *state);
        const char *hash, *again;
        assert_int_equal(chat_password_hash(&hash, password, 4, *state), APR_SUCCESS);
        assert_int_equal(chat_password_hash(&again, password, 4, *state), APR_SUCCESS);
        assert_int_equal(strlen(hash), 60);
        assert_memory_equal(hash, "$2y$04$", 7);
        assert_string_not_equal(hash, again);
        assert_true(chat_password_check(password, hash));
        assert_false(chat_password_check(apr_pstrcat(*state, password, "p", NULL), hash));
        if (lengths[i]) {
            password[lengths[i] - 1] = 'q';
            assert_false(chat_password_check(password, hash));
        }
    }
}

/* Keyboards spell one text in several ways. */
static void passwords_fit_in_each_normal_form(void **state)
{
    static const char composed[] = "p\xc3\xa4ss", apart[] = "pa\xcc\x88ss";
    const char *hash;
    assert_int_equal(chat_password_hash(&hash, composed, 4, *state), APR_SUCCESS);
    assert_true(chat_password_check(composed, hash));
    assert_true(chat_password_check(apart, hash));
    assert_false(chat_password_check("pass", hash));
    assert_int_equal(chat_password_hash(&hash, apart, 4, *state), APR_SUCCESS);
    assert_true(chat_password_check(composed, hash));
    assert_true(chat_password_check(apart, hash));
}

static void long_passwords_are_refused(void **state)
{
    const char *password = repeat('p', CHAT_PASSWORD_MAX + 1, *state);
    const char *hash = NULL;
    assert_int_equal(chat_password_hash(&hash, password, 4, *state), CHAT_TOOBIG);
    assert_null(hash);
    assert_false(chat_password_check(password, NULL));
}

/* Made with htpasswd -B, -m, -s and by hand. */
static void foreign_hashes(void **state)
{
    static const struct {
        const char *password, *hash;
        int fits, outdated;
    } table[] = {
        {"secret", "$2y$05$2qsZUURCyi16UU0Mh0hzJu7I1Ra/Fc.A9v1ggB3WjDnzegPddmtwW", 1, 1},
        {"Secret", "$2y$05$Xy.B9x/s8s9EVYM5SQMli.f8TwLj3pCPVqo3w0MJEUNJP3GsQgXlO", 0, 1},
        {"secret", "$2y$10$XNPbVg9303iIvZvcAXLbKeuWMH6DjH7Q7NJ6xegkVNXTeYlbEPD46", 1, 0},
        {"Secret", "$2y$10$pHR9wwTqsqLy5oYKvtiQz.wTQ0S9ailmv66pxQuPsMGRERnlOBKTC", 0, 0},
        {"secret", "$apr1$EUuBn3qZ$mg.XOndIXJjmfLPR1GyCi0", 1, 1},
        {"Secret", "$apr1$xVvMWNDs$rn70z.E..0zClPJbCyue91", 0, 1},
        {"secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 1, 1},
        {"Secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 0, 1},
        {"ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
         "ppppppppppppppppppppp",
         "{SHA}dMtslH/z8QIWuRpGXJ+9NA3Y3zo=", 1, 1},
        {"secret", "", 0, 1},
        {"", "", 0, 1},
        {"secret", "*", 0, 1},
        {"*", "*", 0, 1},
        {"secret", "secret", 0, 1},
        {"secret", "$2y$10$short", 0, 0},
        {"secret", "$2y$99$gcFmByi1pO/NqUteif54GuDVsTcO9nYOI/piaWzKhY5wbhzEMlS5e", 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(chat_password_check(table[i].password, table[i].hash),
                         table[i].fits);
        assert_int_equal(chat_password_outdated(table[i].hash), table[i].outdated);
    }
}

/* What a stranger brings must not keep a processor busy. */
static void hashes_have_a_price(void **state)
{
    static const struct {
        const char *hash;
        int affordable;
    } table[] = {
        {"$2y$10$x", 1},
        {"$2a$15$x", 1},
        {"$2y$16$x", 0},
        {"$2b$31$x", 0},
        {"$2y$9999999999999999999910$x", 0},
        {"$2y$", 0},
        {"$2", 0},
        {"$6$salt$x", 1},
        {"$5$rounds=1000000$salt$x", 1},
        {"$6$rounds=1000001$salt$x", 0},
        {"$6$rounds=-1$salt$x", 0},
        {"$6$rounds= 9$salt$x", 0},
        {"$6$rounds=", 0},
        {"$1$salt$x", 1},
        {"$apr1$salt$x", 1},
        {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 1},
        {"$y$j9T$salt$x", 1},
        {"$y$jFT$salt$x", 0},
        {"$7$LU..../....salt$x", 0},
        {"$", 0},
        {"", 0},
        {"secret", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        if (chat_password_affordable(table[i].hash) != table[i].affordable)
            fail_msg("%s", table[i].hash);
    }
}

/* The least of some: what a busy machine adds varies. */
static apr_int64_t cpu_of_check(const char *password, const char *hash, int fits)
{
    struct timespec before, after;
    apr_int64_t least = APR_INT64_MAX;
    for (int i = 0; i < 5; i++) {
        apr_int64_t taken;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        assert_int_equal(chat_password_check(password, hash), fits);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        taken = (after.tv_sec - before.tv_sec) * APR_INT64_C(1000000000) + after.tv_nsec -
                before.tv_nsec;
        least = taken < least ? taken : least;
    }
    return least;
}

/* Whether an account exists must not be seen in the time a login takes. */
static void nobody_costs_the_same(void **state)
{
    const char *hash;
    apr_int64_t with, without;
    assert_int_equal(chat_password_hash(&hash, "secret", CHAT_PASSWORD_COST, *state), 0);
    assert_false(chat_password_outdated(hash));
    with = cpu_of_check("secret", hash, 1);
    without = cpu_of_check("secret", NULL, 0);
    assert_in_range(without, with / 2, with * 2);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(secret_is_made_once),
        FOLDER_TEST(secret_gets_its_owner),
        FOLDER_TEST(secret_fails_cleanly),
        FOLDER_TEST(secret_is_looked_at),
        FOLDER_TEST(keyed_hash),
        FOLDER_TEST(short_hash),
        FOLDER_TEST(random_uuids_differ),
        FOLDER_TEST(tokens_are_derived),
        FOLDER_TEST(message_ids_carry_numbers),
        FOLDER_TEST(uuids_are_parsed),
        FOLDER_TEST(uuids_are_read),
        FOLDER_TEST(derived_ids_are_uuids),
        FOLDER_TEST(random_text_has_no_bias),
        FOLDER_TEST(secrets_are_compared),
        FOLDER_TEST(passwords_fit),
        FOLDER_TEST(passwords_fit_in_each_normal_form),
        FOLDER_TEST(long_passwords_are_refused),
        FOLDER_TEST(foreign_hashes),
        FOLDER_TEST(hashes_have_a_price),
        FOLDER_TEST(nobody_costs_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
