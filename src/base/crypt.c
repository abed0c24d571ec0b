/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets, keyed hashes, UUIDs, passwords and signatures, over libsodium and APR-util. */
#include "base/crypt.h"

#include "base/file.h"
#include "base/status.h"

#include <apr_md5.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uninorm.h>
#include <unistd.h>

#define SECRET_HEX (2 * CHAT_SECRET_BYTES)
#define BCRYPT_MAX 72
#define BCRYPT_SALT 16
#define BCRYPT_SIZE 61
#define NUMBER_MASK ((APR_INT64_C(1) << 48) - 1)
#define TEXT(x) TEXT_(x)
#define TEXT_(x) #x

apr_status_t chat_crypt_init(void)
{
    return sodium_init() < 0 ? APR_EGENERAL : APR_SUCCESS;
}

/* --- secret file --- */

/* Reads until SIZE bytes are there or the file ends. */
static apr_status_t read_all(char *buf, apr_size_t size, apr_size_t *len, int fd)
{
    *len = 0;
    while (*len < size) {
        ssize_t n = read(fd, buf + *len, size - *len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0)
            *len += (apr_size_t)n;
    }
    return APR_SUCCESS;
}

/* Up to SIZE bytes of a file that is its owner's alone. */
static apr_status_t read_private(char *buf, apr_size_t size, apr_size_t *len, int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return errno;
    if (!S_ISREG(st.st_mode))
        return CHAT_MALFORMED;
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return APR_EACCES;
    return read_all(buf, size, len, fd);
}

static apr_status_t read_secret(chat_secret_t *out, int fd)
{
    char text[SECRET_HEX + 2]; /* one more than it should be, to see that it is not */
    apr_size_t len, bytes = 0;
    apr_status_t rv = read_private(text, sizeof(text), &len, fd);
    if (rv == APR_SUCCESS && (len != SECRET_HEX + 1 || text[SECRET_HEX] != '\n' ||
                              sodium_hex2bin(out->key, sizeof(out->key), text, SECRET_HEX,
                                             NULL, &bytes, NULL) ||
                              bytes != sizeof(out->key)))
        rv = CHAT_MALFORMED;
    sodium_memzero(text, sizeof(text));
    return rv;
}

/* O_NONBLOCK: a pipe planted there must not stop the server from starting. */
static int open_private(const char *path)
{
    return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

apr_status_t chat_secret_load(chat_secret_t *out, const char *path, apr_pool_t *pool)
{
    chat_secret_t secret;
    apr_status_t rv;
    int fd = open_private(path);
    (void)pool;
    if (fd < 0)
        return errno;
    rv = read_secret(&secret, fd);
    close(fd);
    if (rv == APR_SUCCESS)
        *out = secret;
    sodium_memzero(&secret, sizeof(secret));
    return rv;
}

apr_status_t chat_secret_line(const char **out, const char *path, apr_pool_t *pool)
{
    char text[CHAT_SECRET_LINE_MAX + 1];
    apr_status_t rv;
    apr_size_t len = 0;
    int fd = open_private(path);
    if (fd < 0)
        return errno;
    rv = read_private(text, sizeof(text), &len, fd);
    close(fd);
    if (rv == APR_SUCCESS && len && text[len - 1] == '\n')
        len--;
    if (rv == APR_SUCCESS && len && text[len - 1] == '\r')
        len--;
    if (rv == APR_SUCCESS && (!len || len >= sizeof(text)))
        rv = CHAT_MALFORMED;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            rv = CHAT_MALFORMED;
    if (rv == APR_SUCCESS)
        *out = apr_pstrmemdup(pool, text, len);
    sodium_memzero(text, sizeof(text));
    return rv;
}

static apr_status_t write_secret(int fd, const chat_secret_t *secret, long uid, long gid)
{
    char text[SECRET_HEX + 1];
    apr_status_t rv;
    sodium_bin2hex(text, sizeof(text), secret->key, sizeof(secret->key));
    text[SECRET_HEX] = '\n';
    rv = chat_file_write_all(fd, text, sizeof(text));
    sodium_memzero(text, sizeof(text));
    if (rv != APR_SUCCESS)
        return rv;
    if (fchmod(fd, S_IRUSR | S_IWUSR))
        return errno;
    if ((uid != -1 || gid != -1) && fchown(fd, (uid_t)uid, (gid_t)gid))
        return errno;
    return fsync(fd) ? errno : APR_SUCCESS;
}

static apr_status_t sync_directory(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    const char *dir = ".";
    apr_status_t rv = APR_SUCCESS;
    int fd;
    if (slash)
        dir =
            slash == path ? "/" : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    if (fsync(fd) && errno != EINVAL)
        rv = errno;
    close(fd);
    return rv;
}

/* The file gets its name when it is complete: another process that starts at the same
 * time sees all of it or nothing, and so does the start after a power cut. */
apr_status_t chat_secret_create(chat_secret_t *out, const char *path, long uid, long gid,
                                apr_pool_t *pool)
{
    char unique[CHAT_UUID_SIZE];
    const char *temp;
    chat_secret_t secret;
    apr_status_t rv;
    int fd;
    chat_uuid_random(unique);
    temp = apr_pstrcat(pool, path, ".", unique, NULL);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    randombytes_buf(secret.key, sizeof(secret.key));
    rv = write_secret(fd, &secret, uid, gid);
    if (close(fd) && rv == APR_SUCCESS)
        rv = errno;
    if (rv == APR_SUCCESS && link(temp, path))
        rv = errno;
    unlink(temp);
    if (rv == APR_SUCCESS)
        rv = sync_directory(path, pool);
    if (rv == APR_SUCCESS)
        *out = secret;
    sodium_memzero(&secret, sizeof(secret));
    return rv;
}

/* --- keyed hashes --- */

void chat_hash_keyed(char out[CHAT_HASH_SIZE], const chat_secret_t *secret,
                     const char *purpose, const void *data, apr_size_t len)
{
    crypto_generichash_state state;
    unsigned char hash[CHAT_HASH_HEX / 2];
    crypto_generichash_init(&state, secret->key, sizeof(secret->key), sizeof(hash));
    /* The NUL keeps purpose and data apart. */
    crypto_generichash_update(&state, (const unsigned char *)purpose,
                              strlen(purpose) + 1);
    crypto_generichash_update(&state, data, len);
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(out, CHAT_HASH_SIZE, hash, sizeof(hash));
}

void chat_hash_digest(unsigned char out[16], const chat_secret_t *secret,
                      const void *data, apr_size_t len)
{
    crypto_shorthash_siphashx24(out, data, len, secret->key);
}

apr_uint64_t chat_hash_short(const chat_secret_t *secret, const void *data,
                             apr_size_t len)
{
    apr_uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, data, len, secret->key);
    return hash;
}

/* --- UUIDs --- */

static void put_number(unsigned char out[8], apr_int64_t number)
{
    apr_uint64_t n = (apr_uint64_t)number;
    for (int i = 7; i >= 0; i--, n >>= 8)
        out[i] = (unsigned char)(n & 255);
}

static void uuid_text(char out[CHAT_UUID_SIZE], unsigned char bytes[16], int version)
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | version << 4);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[bytes[i] >> 4];
        *p++ = hex[bytes[i] & 15];
    }
    *p = '\0';
}

void chat_uuid_random(char out[CHAT_UUID_SIZE])
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof(bytes));
    uuid_text(out, bytes, 4);
}

const char *chat_uuid_new(apr_pool_t *pool)
{
    char *uuid = apr_palloc(pool, CHAT_UUID_SIZE);
    chat_uuid_random(uuid);
    return uuid;
}

void chat_uuid_derived(char out[CHAT_UUID_SIZE], const char hash[CHAT_HASH_SIZE])
{
    char *p = out;
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *p++ = '-';
        *p++ = hash[i];
    }
    *p = '\0';
}

void chat_uuid_token(char out[CHAT_UUID_SIZE], const chat_secret_t *secret,
                     apr_int64_t account, apr_int64_t generation)
{
    static const char purpose[] = "chat_uuid_token";
    unsigned char input[sizeof(purpose) + 16], bytes[16];
    memcpy(input, purpose, sizeof(purpose));
    put_number(input + sizeof(purpose), account);
    put_number(input + sizeof(purpose) + 8, generation);
    crypto_generichash(bytes, sizeof(bytes), input, sizeof(input), secret->key,
                       sizeof(secret->key));
    uuid_text(out, bytes, 4);
}

void chat_uuid_message(char out[CHAT_UUID_SIZE], const char *room_uuid,
                       apr_int64_t number)
{
    /* Public and fixed: the check finds ids of other chatrooms, it keeps no secret. */
    static const unsigned char key[] = "mod_chat message";
    unsigned char input[CHAT_UUID_LEN + 8], check[16], bytes[16];
    apr_size_t len = strnlen(room_uuid, CHAT_UUID_LEN);
    number &= NUMBER_MASK;
    memcpy(input, room_uuid, len);
    put_number(input + len, number);
    crypto_shorthash_siphashx24(check, input, len + 8, key);
    memcpy(bytes, input + len + 2, 6);
    memcpy(bytes + 6, check, 10);
    uuid_text(out, bytes, 8);
}

apr_int64_t chat_uuid_number(const char *id, const char *room_uuid)
{
    char given[CHAT_UUID_SIZE], made[CHAT_UUID_SIZE];
    apr_int64_t number = 0;
    if (!chat_uuid_parse(given, id))
        return 0;
    for (int i = 0; i < 13; i++) {
        if (given[i] != '-')
            number =
                number * 16 + (given[i] <= '9' ? given[i] - '0' : given[i] - 'a' + 10);
    }
    chat_uuid_message(made, room_uuid, number);
    return strcmp(given, made) ? 0 : number;
}

int chat_uuid_parse(char out[CHAT_UUID_SIZE], const char *s)
{
    char text[CHAT_UUID_SIZE];
    for (int i = 0; i < CHAT_UUID_LEN; i++) {
        char c = s[i];
        int dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        text[i] = c;
    }
    if (s[CHAT_UUID_LEN])
        return 0;
    text[CHAT_UUID_LEN] = '\0';
    memcpy(out, text, sizeof(text));
    return 1;
}

int chat_uuid_read(char out[CHAT_UUID_SIZE], const char *s)
{
    char text[CHAT_UUID_SIZE];
    int digits = 0;
    char *p = text;
    for (; *s && digits < 32; s++) {
        if (*s == '-')
            continue;
        if (digits == 8 || digits == 12 || digits == 16 || digits == 20)
            *p++ = '-';
        *p++ = *s;
        digits++;
    }
    *p = '\0';
    while (*s == '-')
        s++;
    return digits == 32 && !*s && chat_uuid_parse(out, text);
}

/* --- random --- */

void chat_random_bytes(void *out, apr_size_t len)
{
    randombytes_buf(out, len);
}

void chat_random_text(char *out, apr_size_t len, const char *alphabet)
{
    unsigned char bytes[64];
    unsigned n = (unsigned)strlen(alphabet), mask = 1;
    apr_size_t have = 0, used = 0;
    while (mask < n)
        mask <<= 1;
    mask--;
    while (have < len) {
        unsigned i;
        if (used % sizeof(bytes) == 0)
            randombytes_buf(bytes, sizeof(bytes));
        /* Values beyond the alphabet are discarded: a modulus would prefer its start. */
        i = bytes[used++ % sizeof(bytes)] & mask;
        if (i < n)
            out[have++] = alphabet[i];
    }
    out[len] = '\0';
    sodium_memzero(bytes, sizeof(bytes));
}

static int read_hex(unsigned char *out, apr_size_t size, const char *hex)
{
    apr_size_t bytes;
    return strlen(hex) == 2 * size &&
           !sodium_hex2bin(out, size, hex, 2 * size, NULL, &bytes, NULL) && bytes == size;
}

int chat_signature_valid(const char *key, const char *signature, const char *first,
                         const void *data, apr_size_t len)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], sign[crypto_sign_BYTES], *all;
    apr_size_t head = strlen(first);
    int good;
    if (!read_hex(public, sizeof(public), key) ||
        !read_hex(sign, sizeof(sign), signature))
        return 0;
    all = malloc(head + len + 1);
    if (!all)
        return 0;
    memcpy(all, first, head);
    if (len)
        memcpy(all + head, data, len);
    good = !crypto_sign_verify_detached(sign, all, head + len, public);
    free(all);
    return good;
}

int chat_equal_secret(const char *a, const char *b)
{
    apr_size_t len = strlen(a);
    return strlen(b) == len && sodium_memcmp(a, b, len) == 0;
}

/* --- passwords --- */

#define DIGEST_SIZE \
    sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)

/* What bcrypt is given for PASSWORD; DIGEST is used when that is not the password itself.
 */
static const char *bcrypt_input(char digest[DIGEST_SIZE], const char *password)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    apr_size_t len = strlen(password);
    if (len <= BCRYPT_MAX)
        return password;
    crypto_hash_sha256(hash, (const unsigned char *)password, len);
    sodium_bin2base64(digest, DIGEST_SIZE, hash, sizeof(hash),
                      sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(hash, sizeof(hash));
    return digest;
}

/* PASSWORD in the normal form that all keyboards' spellings have in common (RFC 8265); to
 * be freed unless it is PASSWORD itself. */
static char *normal_form(const char *password)
{
    apr_size_t len = strlen(password);
    apr_size_t size;
    uint8_t *text =
        u8_normalize(UNINORM_NFC, (const uint8_t *)password, len, NULL, &size);
    char *out = text ? realloc(text, size + 1) : NULL;
    if (!out) {
        free(text);
        return (char *)password;
    }
    out[size] = '\0';
    return out;
}

static void forget(char *text, const char *password)
{
    if (text == password)
        return;
    sodium_memzero(text, strlen(text));
    free(text);
}

apr_status_t chat_password_hash(const char **hash, const char *password, int cost,
                                apr_pool_t *pool)
{
    unsigned char salt[BCRYPT_SALT];
    char digest[DIGEST_SIZE], *normal;
    char *out;
    apr_status_t rv;
    if (strlen(password) > CHAT_PASSWORD_MAX)
        return CHAT_TOOBIG;
    out = apr_palloc(pool, BCRYPT_SIZE);
    normal = normal_form(password);
    randombytes_buf(salt, sizeof(salt));
    rv = apr_bcrypt_encode(bcrypt_input(digest, normal), (unsigned)cost, salt,
                           sizeof(salt), out, BCRYPT_SIZE);
    sodium_memzero(digest, sizeof(digest));
    forget(normal, password);
    if (rv == APR_SUCCESS)
        *hash = out;
    return rv;
}

/* Hashes of other formats came from elsewhere and are of the whole password. */
static int validate(const char *password, const char *hash)
{
    char digest[DIGEST_SIZE];
    const char *input =
        strncmp(hash, "$2", 2) ? password : bcrypt_input(digest, password);
    apr_status_t rv = apr_password_validate(input, hash);
    sodium_memzero(digest, sizeof(digest));
    return rv == APR_SUCCESS;
}

int chat_password_check(const char *password, const char *hash)
{
    static const char no_account[] =
        "$2y$10$gcFmByi1pO/NqUteif54GuDVsTcO9nYOI/piaWzKhY5wbhzEMlS5e";
    int known = hash && *hash, fits;
    char *normal;
    if (strlen(password) > CHAT_PASSWORD_MAX)
        return 0;
    if (!known)
        hash = no_account;
    normal = normal_form(password);
    fits = validate(normal, hash);
    /* hashes from elsewhere may be of what was typed */
    if (!fits && strcmp(normal, password) != 0)
        fits = validate(password, hash);
    forget(normal, password);
    return known && fits;
}

/* A cost is digits alone: crypt(3) takes a sign for a huge one. */
static int costs_at_most(const char *text, apr_int64_t most)
{
    apr_size_t n = strspn(text, "0123456789");
    return n && n < 9 && text[n] == '$' && apr_atoi64(text) <= most;
}

int chat_password_affordable(const char *hash)
{
    static const struct {
        const char *begin;
        apr_int64_t most; /* of the cost that follows; 0: there is none */
    } formats[] = {{"$2y$", 15},
                   {"$2a$", 15},
                   {"$2b$", 15},
                   {"$5$rounds=", 1000000},
                   {"$6$rounds=", 1000000},
                   {"$5$", 0},
                   {"$6$", 0},
                   {"$1$", 0},
                   {"$apr1$", 0},
                   {"$y$j9T$", 0},
                   {"{SHA}", 0}};
    for (apr_size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        apr_size_t len = strlen(formats[i].begin);
        if (!strncmp(hash, formats[i].begin, len))
            return !formats[i].most || costs_at_most(hash + len, formats[i].most);
    }
    return 0;
}

int chat_password_outdated(const char *hash)
{
    static const char today[] = "$2y$" TEXT(CHAT_PASSWORD_COST) "$";
    return strncmp(hash, today, sizeof(today) - 1) != 0;
}
