/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a stream: pieces in, control messages, what the kernel did not take. */
#include "chatd/rt/tls.h"

#include "chatd/rt/alloc.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A client that sends nothing but KeyUpdates, alerts and empty records is at fault. */
#define WITHOUT_DATA_MAX 32

enum { WARNING = 1, FATAL = 2 };
enum {
    CLOSE_NOTIFY = 0,
    UNEXPECTED = 10,
    BAD_RECORD_MAC = 20,
    ILLEGAL_PARAMETER = 47,
    DECODE_ERROR = 50,
    USER_CANCELED = 90,
    NO_RENEGOTIATION = 100
};
enum { BYE_LATER = 1, BYE_SAID = 2 };

static const uint8_t key_update[] = {24, 0, 0, 1, 0};

struct rt_tls {
    chat_tls_t keys;
    unsigned *failures;
    uint8_t *part; /* of a record that is being received */
    uint8_t *rest; /* sealed bytes that the kernel did not take */
    uint32_t part_len;
    uint32_t rest_len;
    uint32_t rest_sent;
    uint8_t without_data; /* records in a row */
    uint8_t opened;       /* a record has been */
    uint8_t updating;     /* a KeyUpdate is to be sent */
    uint8_t alert[2];     /* that is to be sent: level, or 0, and description */
    uint8_t bye;
    uint8_t ended; /* the reason */
};

rt_tls_bench *rt_tls_bench_create(void)
{
    static const chat_tls_crypto_t crypto = {
#define LINKED(name) &name,
        CHAT_TLS_CRYPTO(LINKED)
#undef LINKED
    };
    rt_tls_bench *bench = rt_alloc(sizeof(*bench));
    bench->suites = chat_tls_bench_open(&bench->ciphers, &crypto);
    return bench;
}

void rt_tls_bench_destroy(rt_tls_bench *bench)
{
    if (!bench)
        return;
    chat_tls_bench_close(&bench->ciphers);
    sodium_memzero(bench->out, sizeof(bench->out));
    free(bench);
}

void rt_tls_destroy(rt_tls *tls)
{
    if (!tls)
        return;
    free(tls->part);
    free(tls->rest);
    sodium_memzero(tls, sizeof(*tls));
    free(tls);
}

/* ---- reading ---- */

static void end(rt_tls *tls, rt_reason reason, int level, int alert)
{
    tls->ended = (uint8_t)reason;
    tls->alert[0] = (uint8_t)level;
    tls->alert[1] = (uint8_t)alert;
}

static int take_alert(rt_tls *tls, const chat_tls_plain_t *plain)
{
    int harmless;
    if (plain->len != 2)
        return DECODE_ERROR;
    harmless = tls->keys.version == CHAT_TLS_1_3 ? plain->bytes[1] == USER_CANCELED
                                                 : plain->bytes[0] == WARNING;
    if (plain->bytes[1] == CLOSE_NOTIFY)
        end(tls, RT_REASON_PEER, WARNING, CLOSE_NOTIFY);
    else if (!harmless)
        end(tls, RT_REASON_ERROR, 0, 0);
    return 0;
}

/* It stands alone in its record, because the keys change behind it. */
static int take_key_update(rt_tls *tls, const rt_tls_bench *bench,
                           const chat_tls_plain_t *plain)
{
    size_t request = sizeof(key_update) - 1;
    if (plain->len != sizeof(key_update) || memcmp(plain->bytes, key_update, request))
        return UNEXPECTED;
    if (plain->bytes[request] > 1)
        return ILLEGAL_PARAMETER;
    tls->updating |= plain->bytes[request];
    chat_tls_update(&tls->keys, CHAT_TLS_READ, bench->ciphers.crypto);
    return 0;
}

static int take_handshake(rt_tls *tls, const rt_tls_bench *bench,
                          const chat_tls_plain_t *plain)
{
    if (tls->keys.version == CHAT_TLS_1_3)
        return take_key_update(tls, bench, plain);
    tls->alert[0] = WARNING;
    tls->alert[1] = NO_RENEGOTIATION;
    return 0;
}

static int take(rt_tls *tls, const rt_tls_bench *bench, const chat_tls_plain_t *plain)
{
    if (plain->type == CHAT_TLS_DATA && plain->len) {
        tls->without_data = 0;
        return 0;
    }
    if (++tls->without_data > WITHOUT_DATA_MAX)
        return UNEXPECTED;
    switch (plain->type) {
    case CHAT_TLS_DATA:
        return 0;
    case CHAT_TLS_ALERT:
        return take_alert(tls, plain);
    case CHAT_TLS_HANDSHAKE:
        return take_handshake(tls, bench, plain);
    default:
        return UNEXPECTED;
    }
}

/* Wrong keys or numbers show with the first record: it cannot be opened, or says that
 * ours could not be. */
static void count_first(rt_tls *tls, int alert, const chat_tls_plain_t *plain)
{
    int theirs = !alert && plain->type == CHAT_TLS_ALERT && plain->len == 2 &&
                 plain->bytes[1] == BAD_RECORD_MAC;
    if (tls->opened)
        return;
    tls->opened = 1;
    *tls->failures = alert == BAD_RECORD_MAC || theirs ? *tls->failures + 1 : 0;
}

size_t rt_tls_recall(const rt_tls *tls, uint8_t *bytes)
{
    if (tls->part_len)
        memcpy(bytes, tls->part, tls->part_len);
    return tls->part_len;
}

static void keep_part(rt_tls *tls, const uint8_t *bytes, size_t len)
{
    if (!len) {
        free(tls->part);
        tls->part = NULL;
    }
    else {
        tls->part = rt_resize(tls->part, len);
        memcpy(tls->part, bytes, len);
    }
    tls->part_len = (uint32_t)len;
}

size_t rt_tls_open(rt_tls *tls, rt_tls_bench *bench, uint8_t *bytes, size_t len)
{
    uint8_t *at = bytes, *data = bytes;
    while (!tls->ended && len >= CHAT_TLS_HEAD) {
        chat_tls_plain_t plain = {0};
        size_t size = chat_tls_size(at);
        int alert = chat_tls_judge(&tls->keys, at);
        if (!alert && size > len)
            break;
        if (!alert)
            alert = chat_tls_open(&plain, &tls->keys, &bench->ciphers, at);
        count_first(tls, alert, &plain);
        if (!alert)
            alert = take(tls, bench, &plain);
        if (alert) {
            end(tls, RT_REASON_PARSE, FATAL, alert);
            break;
        }
        if (plain.type == CHAT_TLS_DATA) {
            memmove(data, plain.bytes, plain.len);
            data += plain.len;
        }
        at += size;
        len -= size;
    }
    keep_part(tls, at, tls->ended ? 0 : len);
    return (size_t)(data - bytes);
}

rt_reason rt_tls_ended(const rt_tls *tls)
{
    return (rt_reason)tls->ended;
}

rt_tls *rt_tls_receive(uint8_t *bytes, size_t *len, rt_tls_bench *bench,
                       unsigned *failures)
{
    rt_tls *tls;
    chat_tls_keys_t keys;
    int good;
    if (*len < sizeof(keys))
        return NULL;
    *len -= sizeof(keys);
    memcpy(&keys, bytes + *len, sizeof(keys));
    sodium_memzero(bytes + *len, sizeof(keys));
    tls = rt_alloc(sizeof(*tls));
    tls->failures = failures;
    good = keys.raw_len <= *len &&
           chat_tls_start(&tls->keys, &keys, bench->ciphers.crypto) &&
           bench->suites >> tls->keys.suite & 1;
    if (good) {
        *len -= keys.raw_len;
        *len += rt_tls_open(tls, bench, bytes + *len, keys.raw_len);
    }
    else {
        rt_tls_destroy(tls);
        tls = NULL;
    }
    sodium_memzero(&keys, sizeof(keys));
    return tls;
}

/* ---- writing ---- */

static void seal(rt_tls *tls, rt_tls_bench *bench, int type, size_t len)
{
    size_t n =
        chat_tls_seal(&tls->keys, &bench->ciphers, type, bench->out + bench->used, len);
    bench->used += n;
    if (!n)
        tls->ended = RT_REASON_ERROR;
}

static uint8_t *place(const rt_tls *tls, rt_tls_bench *bench)
{
    return bench->out + bench->used + chat_tls_gap(&tls->keys);
}

static void seal_copy(rt_tls *tls, rt_tls_bench *bench, int type, const uint8_t *bytes,
                      size_t len)
{
    memcpy(place(tls, bench), bytes, len);
    seal(tls, bench, type, len);
}

/* Before too many records were sealed with one key: another one, or in 1.2, which cannot
 * change it, the end. */
static void rest_key(rt_tls *tls)
{
    if (tls->keys.side[CHAT_TLS_WRITE].seq < CHAT_TLS_SEALS_MAX || tls->ended)
        return;
    if (tls->keys.version == CHAT_TLS_1_3)
        tls->updating = 1;
    else if (tls->keys.suite != CHAT_TLS_CHACHA20)
        end(tls, RT_REASON_LIMIT, WARNING, CLOSE_NOTIFY);
}

uint8_t *rt_tls_begin(rt_tls *tls, rt_tls_bench *bench, size_t *room)
{
    bench->used = *room = 0;
    if (tls->rest)
        return bench->out;
    rest_key(tls);
    if (tls->updating) {
        seal_copy(tls, bench, CHAT_TLS_HANDSHAKE, key_update, sizeof(key_update));
        chat_tls_update(&tls->keys, CHAT_TLS_WRITE, bench->ciphers.crypto);
        tls->updating = 0;
    }
    if (tls->alert[0]) {
        seal_copy(tls, bench, CHAT_TLS_ALERT, tls->alert, sizeof(tls->alert));
        tls->alert[0] = 0;
    }
    if (!tls->ended && tls->bye != BYE_SAID)
        *room = tls->keys.record_max;
    return place(tls, bench);
}

static int again(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static int32_t send_rest(rt_tls *tls, int fd)
{
    ssize_t n = send(fd, tls->rest + tls->rest_sent, tls->rest_len - tls->rest_sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
        return again(errno) ? 0 : -errno;
    tls->rest_sent += (uint32_t)n;
    if (tls->rest_sent == tls->rest_len) {
        free(tls->rest);
        tls->rest = NULL;
    }
    return 0;
}

/* Numbers of records are used up, so they are kept as they are. */
static void keep_rest(rt_tls *tls, const uint8_t *bytes, size_t len)
{
    tls->rest = rt_alloc(len);
    memcpy(tls->rest, bytes, len);
    tls->rest_len = (uint32_t)len;
    tls->rest_sent = 0;
}

int32_t rt_tls_send(rt_tls *tls, rt_tls_bench *bench, int fd, size_t len, int last)
{
    static const uint8_t bye[] = {WARNING, CLOSE_NOTIFY};
    ssize_t n;
    if (tls->rest)
        return send_rest(tls, fd);
    if (len)
        seal(tls, bench, CHAT_TLS_DATA, len);
    if (last && tls->bye == BYE_LATER && !tls->ended) {
        seal_copy(tls, bench, CHAT_TLS_ALERT, bye, sizeof(bye));
        tls->bye = BYE_SAID;
    }
    if (!bench->used)
        return 0;
    n = send(fd, bench->out, bench->used, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && !again(errno))
        return -errno;
    if (n < (ssize_t)bench->used)
        keep_rest(tls, bench->out + (n > 0 ? n : 0),
                  bench->used - (size_t)(n > 0 ? n : 0));
    return (int32_t)len;
}

int rt_tls_blocked(const rt_tls *tls)
{
    return tls->rest != NULL;
}

int rt_tls_more(const rt_tls *tls, int queued)
{
    return !tls->rest && (tls->updating || tls->alert[0] ||
                          (!tls->ended && (queued || tls->bye == BYE_LATER)));
}

void rt_tls_finish(rt_tls *tls)
{
    if (!tls->bye)
        tls->bye = BYE_LATER;
}

size_t rt_tls_held(const rt_tls *tls)
{
    return tls->part_len + (tls->rest ? tls->rest_len : 0);
}
