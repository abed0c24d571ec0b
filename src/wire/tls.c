/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens TLS records, derives their keys. */
#include "wire/tls.h"

#include <sodium.h>
#include <string.h>

#define TAG 16
#define EXPLICIT 8 /* bytes of the nonce that a 1.2 record with AES-GCM carries */

enum { BAD_RECORD_MAC = 20, RECORD_OVERFLOW = 22, UNEXPECTED = 10, DECODE_ERROR = 50 };

/* One call of the cipher. */
typedef struct work_t {
    const chat_tls_side_t *side;
    uint8_t nonce[CHAT_TLS_IV];
    uint8_t aad[13];
    int aad_len;
    uint8_t *text; /* the tag stands behind it */
    size_t len;
} work_t;

static const EVP_CIPHER *cipher_of(int suite, const chat_tls_crypto_t *crypto)
{
    return suite == CHAT_TLS_AES_128   ? crypto->EVP_aes_128_gcm()
           : suite == CHAT_TLS_AES_256 ? crypto->EVP_aes_256_gcm()
                                       : crypto->EVP_chacha20_poly1305();
}

static size_t key_len(int suite)
{
    return suite == CHAT_TLS_AES_128 ? 16 : 32;
}

/* Whether records carry a part of their nonce. */
static int is_explicit(const chat_tls_t *tls)
{
    return tls->version == CHAT_TLS_1_2 && tls->suite != CHAT_TLS_CHACHA20;
}

/* A context is given a key for each record, which takes 0.15 us. One for each connection
 * would cost 1.2 kB, and be slower: with 1,000 of them in turn chatd sealed a record in
 * 0.6 us instead of 0.5. */
unsigned chat_tls_bench_open(chat_tls_bench_t *bench, const chat_tls_crypto_t *crypto)
{
    unsigned suites = 0;
    bench->crypto = crypto;
    for (int i = 0; i < CHAT_TLS_SUITES; i++) {
        EVP_CIPHER_CTX *context = crypto->EVP_CIPHER_CTX_new();
        if (context && crypto->EVP_CipherInit_ex(context, cipher_of(i, crypto), NULL,
                                                 NULL, NULL, 1) == 1)
            suites |= 1u << i;
        else {
            crypto->EVP_CIPHER_CTX_free(context);
            context = NULL;
        }
        bench->context[i] = context;
    }
    return suites;
}

void chat_tls_bench_close(chat_tls_bench_t *bench)
{
    for (int i = 0; i < CHAT_TLS_SUITES; i++)
        bench->crypto->EVP_CIPHER_CTX_free(bench->context[i]);
}

/* ---- keys ---- */

/* HKDF-Expand-Label (RFC 8446, 7.1) without context; LEN is at most the digest's. */
static void expand_label(uint8_t *out, size_t len, const chat_tls_t *tls,
                         const chat_tls_side_t *side, const char *label,
                         const chat_tls_crypto_t *crypto)
{
    int wide = tls->suite == CHAT_TLS_AES_256;
    uint8_t info[32] = {0, (uint8_t)len, (uint8_t)(6 + strlen(label))};
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t n = 3;
    memcpy(info + n, "tls13 ", 6);
    memcpy(info + n + 6, label, strlen(label));
    n += 6 + strlen(label);
    info[n++] = 0; /* the context's length */
    info[n++] = 1; /* the only block */
    crypto->HMAC(wide ? crypto->EVP_sha384() : crypto->EVP_sha256(), side->secret,
                 wide ? 48 : 32, info, n, digest, NULL);
    memcpy(out, digest, len);
    sodium_memzero(digest, sizeof(digest));
}

static void derive(chat_tls_t *tls, chat_tls_side_t *side,
                   const chat_tls_crypto_t *crypto)
{
    expand_label(side->key, key_len(tls->suite), tls, side, "key", crypto);
    expand_label(side->iv, sizeof(side->iv), tls, side, "iv", crypto);
}

void chat_tls_update(chat_tls_t *tls, int side, const chat_tls_crypto_t *crypto)
{
    chat_tls_side_t *s = &tls->side[side];
    expand_label(s->secret, tls->suite == CHAT_TLS_AES_256 ? 48 : 32, tls, s,
                 "traffic upd", crypto);
    derive(tls, s, crypto);
    s->seq = 0;
}

int chat_tls_start(chat_tls_t *tls, const chat_tls_keys_t *keys,
                   const chat_tls_crypto_t *crypto)
{
    memset(tls, 0, sizeof(*tls));
    if ((keys->version != CHAT_TLS_1_2 && keys->version != CHAT_TLS_1_3) ||
        keys->suite >= CHAT_TLS_SUITES || !keys->record_max ||
        keys->record_max > CHAT_TLS_PLAIN_MAX ||
        keys->updates[0] > CHAT_TLS_UPDATES_MAX ||
        keys->updates[1] > CHAT_TLS_UPDATES_MAX)
        return 0;
    tls->version = (uint16_t)keys->version;
    tls->suite = (uint16_t)keys->suite;
    tls->record_max = keys->record_max;
    for (int i = 0; i < 2; i++) {
        chat_tls_side_t *side = &tls->side[i];
        if (tls->version == CHAT_TLS_1_3) {
            memcpy(side->secret, keys->secret[i], sizeof(side->secret));
            derive(tls, side, crypto);
            for (uint32_t n = 0; n < keys->updates[i]; n++)
                chat_tls_update(tls, i, crypto);
        }
        else {
            memcpy(side->key, keys->secret[i], sizeof(side->key));
            memcpy(side->iv, keys->secret[i] + sizeof(side->key), sizeof(side->iv));
        }
        side->seq = keys->seq[i];
    }
    return 1;
}

/* The PRF of TLS 1.2 (RFC 5246, 5); both suites of SHA-384 and SHA-256 fit. */
static void prf(uint8_t *out, size_t len, const chat_tls_master_t *master,
                const chat_tls_crypto_t *crypto)
{
    static const char label[] = "key expansion";
    uint8_t text[EVP_MAX_MD_SIZE + sizeof(label) - 1 + sizeof(master->randoms)];
    uint8_t *seed = text + EVP_MAX_MD_SIZE, block[EVP_MAX_MD_SIZE];
    size_t seed_len = sizeof(text) - EVP_MAX_MD_SIZE;
    unsigned n = 0;
    memcpy(seed, label, sizeof(label) - 1);
    memcpy(seed + sizeof(label) - 1, master->randoms, sizeof(master->randoms));
    /* A(1), then A(i) in front of the seed */
    crypto->HMAC(master->digest, master->secret, sizeof(master->secret), seed, seed_len,
                 block, &n);
    while (len) {
        uint8_t piece[EVP_MAX_MD_SIZE];
        size_t take = len < n ? len : n;
        memcpy(seed - n, block, n);
        crypto->HMAC(master->digest, master->secret, sizeof(master->secret), seed - n,
                     n + seed_len, piece, NULL);
        memcpy(out, piece, take);
        out += take;
        len -= take;
        crypto->HMAC(master->digest, master->secret, sizeof(master->secret), seed - n, n,
                     block, NULL);
        sodium_memzero(piece, sizeof(piece));
    }
    sodium_memzero(text, sizeof(text));
    sodium_memzero(block, sizeof(block));
}

void chat_tls_expand(chat_tls_keys_t *keys, const chat_tls_master_t *master,
                     const chat_tls_crypto_t *crypto)
{
    uint8_t block[2 * (CHAT_TLS_KEY_MAX + CHAT_TLS_IV)];
    size_t key = key_len((int)keys->suite), iv;
    iv = keys->suite == CHAT_TLS_CHACHA20 ? CHAT_TLS_IV : CHAT_TLS_IV - EXPLICIT;
    prf(block, 2 * (key + iv), master, crypto);
    memset(keys->secret, 0, sizeof(keys->secret));
    for (int i = 0; i < 2; i++) {
        memcpy(keys->secret[i], block + (size_t)i * key, key);
        memcpy(keys->secret[i] + CHAT_TLS_KEY_MAX, block + 2 * key + (size_t)i * iv, iv);
    }
    sodium_memzero(block, sizeof(block));
}

/* ---- records ---- */

static void put_seq(uint8_t out[8], uint64_t seq)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(seq >> (56 - 8 * i));
}

/* Nonce and additional data of RECORD; work->len is that of its plaintext, or in 1.3 of
 * the inner one. */
static void prepare(work_t *work, const chat_tls_t *tls, const uint8_t *record)
{
    uint8_t seq[8];
    put_seq(seq, work->side->seq);
    memcpy(work->nonce, work->side->iv, sizeof(work->nonce));
    if (is_explicit(tls))
        memcpy(work->nonce + 4, record + CHAT_TLS_HEAD, EXPLICIT);
    else {
        for (int i = 0; i < 8; i++)
            work->nonce[4 + i] ^= seq[i];
    }
    if (tls->version == CHAT_TLS_1_3) {
        work->aad_len = CHAT_TLS_HEAD;
        memcpy(work->aad, record, CHAT_TLS_HEAD);
        return;
    }
    work->aad_len = 13;
    memcpy(work->aad, seq, 8);
    memcpy(work->aad + 8, record, 3);
    work->aad[11] = (uint8_t)(work->len >> 8);
    work->aad[12] = (uint8_t)work->len;
}

static int run(const work_t *work, const chat_tls_bench_t *bench, int suite, int seal)
{
    const chat_tls_crypto_t *crypto = bench->crypto;
    EVP_CIPHER_CTX *context = bench->context[suite];
    uint8_t *tag = work->text + work->len;
    int n;
    return crypto->EVP_CipherInit_ex(context, NULL, NULL, work->side->key, work->nonce,
                                     seal) == 1 &&
           (seal ||
            crypto->EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1) &&
           crypto->EVP_CipherUpdate(context, NULL, &n, work->aad, work->aad_len) == 1 &&
           crypto->EVP_CipherUpdate(context, work->text, &n, work->text,
                                    (int)work->len) == 1 &&
           crypto->EVP_CipherFinal_ex(context, work->text + n, &n) == 1 &&
           (!seal ||
            crypto->EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1);
}

size_t chat_tls_gap(const chat_tls_t *tls)
{
    return is_explicit(tls) ? CHAT_TLS_HEAD + EXPLICIT : CHAT_TLS_HEAD;
}

size_t chat_tls_seal(chat_tls_t *tls, const chat_tls_bench_t *bench, int type,
                     uint8_t *record, size_t len)
{
    chat_tls_side_t *side = &tls->side[CHAT_TLS_WRITE];
    size_t gap = chat_tls_gap(tls), body;
    work_t work = {.side = side, .text = record + gap, .len = len};
    if (tls->version == CHAT_TLS_1_3) {
        work.text[work.len++] = (uint8_t)type;
        type = CHAT_TLS_DATA;
    }
    body = gap - CHAT_TLS_HEAD + work.len + TAG;
    record[0] = (uint8_t)type;
    record[1] = record[2] = 3;
    record[3] = (uint8_t)(body >> 8);
    record[4] = (uint8_t)body;
    if (is_explicit(tls))
        put_seq(record + CHAT_TLS_HEAD, side->seq);
    prepare(&work, tls, record);
    if (!run(&work, bench, tls->suite, 1))
        return 0;
    side->seq++;
    return CHAT_TLS_HEAD + body;
}

size_t chat_tls_size(const uint8_t *record)
{
    return CHAT_TLS_HEAD + (size_t)(record[3] << 8 | record[4]);
}

/* The type is the last byte that is not padding. */
static int strip(chat_tls_plain_t *out)
{
    while (out->len && !out->bytes[out->len - 1])
        out->len--;
    if (!out->len)
        return UNEXPECTED;
    out->type = out->bytes[--out->len];
    return 0;
}

int chat_tls_judge(const chat_tls_t *tls, const uint8_t *record)
{
    if (record[1] != 3 || (tls->version == CHAT_TLS_1_3 && record[0] != CHAT_TLS_DATA))
        return UNEXPECTED;
    return chat_tls_size(record) > CHAT_TLS_RECORD_MAX ? RECORD_OVERFLOW : 0;
}

int chat_tls_open(chat_tls_plain_t *out, chat_tls_t *tls, const chat_tls_bench_t *bench,
                  uint8_t *record)
{
    chat_tls_side_t *side = &tls->side[CHAT_TLS_READ];
    size_t gap = chat_tls_gap(tls), size = chat_tls_size(record);
    work_t work = {.side = side, .text = record + gap, .len = size - gap - TAG};
    int alert = chat_tls_judge(tls, record);
    if (alert)
        return alert;
    if (size < gap + TAG)
        return DECODE_ERROR;
    prepare(&work, tls, record);
    if (!run(&work, bench, tls->suite, 0))
        return BAD_RECORD_MAC;
    side->seq++;
    *out = (chat_tls_plain_t){record[0], work.text, work.len};
    if (tls->version == CHAT_TLS_1_3)
        alert = strip(out);
    return alert || out->len <= CHAT_TLS_PLAIN_MAX ? alert : RECORD_OVERFLOW;
}
