/* SPDX-License-Identifier: Apache-2.0
 * rt_tls.h - a stream whose keys were handed over, and the client at its other end.
 */
#ifndef TEST_RT_TLS_H
#define TEST_RT_TLS_H

#include "chatd/rt/stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TLS_PAIRS 6 /* version and suite */

typedef struct tls_pair {
    rt_loop *loop;
    rt_stream stream;
    chat_tls_t client;
    rt_tls_bench *bench;
    int fd; /* the client's */
    unsigned failures;
    size_t got; /* bytes of data */
    int echo;
    int closed; /* the reason */
} tls_pair;

static void tls_on_data(rt_stream *stream, uint8_t *bytes, size_t len)
{
    tls_pair *p = rt_container(stream, tls_pair, stream);
    p->got += len;
    if (p->echo)
        rt_stream_write(stream, rt_buf_copy(bytes, len));
}

static void tls_on_timeout(rt_stream *stream)
{
    rt_stream_close(stream, RT_REASON_REQUEST_TIMEOUT);
}

static void tls_on_closed(rt_stream *stream, rt_reason reason)
{
    rt_container(stream, tls_pair, stream)->closed = (int)reason;
}

static const rt_stream_ops tls_ops = {tls_on_data, tls_on_timeout, tls_on_closed};

static chat_tls_keys_t tls_keys(unsigned which)
{
    chat_tls_keys_t keys = {.version = which / 3 ? CHAT_TLS_1_3 : CHAT_TLS_1_2,
                            .suite = which % 3,
                            .record_max = CHAT_TLS_PLAIN_MAX,
                            .seq = {5, 2}};
    for (unsigned n = 0; n < sizeof(keys.secret[0]); n++) {
        keys.secret[0][n] = (uint8_t)(n + which);
        keys.secret[1][n] = (uint8_t)(n * 3 + which);
    }
    return keys;
}

static void tls_start_client(tls_pair *p, chat_tls_keys_t keys)
{
    chat_tls_keys_t swapped = keys;
    for (int i = 0; i < 2; i++) {
        swapped.seq[i] = keys.seq[!i];
        memcpy(swapped.secret[i], keys.secret[!i], sizeof(keys.secret[i]));
    }
    chat_tls_start(&p->client, &swapped, p->bench->ciphers.crypto);
}

/* RAW: encrypted bytes that httpd has read. Gives the number of plain ones. 0 when the
 * message is refused. */
static int tls_open_pair(tls_pair *p, chat_tls_keys_t keys, const void *raw,
                         size_t raw_len)
{
    int fds[2];
    uint8_t *message = malloc(raw_len + sizeof(keys));
    size_t len = raw_len + sizeof(keys);
    keys.raw_len = (uint32_t)raw_len;
    if (raw_len)
        memcpy(message, raw, raw_len);
    memcpy(message + raw_len, &keys, sizeof(keys));
    p->stream = (rt_stream){.backlog_max = 4u << 20};
    p->stream.tls = rt_tls_receive(message, &len, p->bench, &p->failures);
    p->got = p->stream.tls ? len : 0;
    p->closed = 0;
    free(message);
    if (!p->stream.tls || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) ||
        rt_stream_open(&p->stream, p->loop, fds[0], &tls_ops))
        return 0;
    p->fd = fds[1];
    return 1;
}

static void tls_settle(tls_pair *p)
{
    for (int i = 0; i < 4; i++)
        rt_loop_step(p->loop, 0);
}

static void tls_close_pair(tls_pair *p)
{
    rt_stream_close(&p->stream, RT_REASON_SHUTDOWN);
    tls_settle(p);
    close(p->fd);
}

static void tls_create(tls_pair *p)
{
    memset(p, 0, sizeof(*p));
    p->loop = rt_loop_create();
    p->bench = rt_loop_bench(p->loop, 0);
}

/* Seals a record of the client's; its length. */
static size_t tls_seal(tls_pair *p, uint8_t *record, int type, const void *text,
                       size_t len)
{
    memcpy(record + chat_tls_gap(&p->client), text, len);
    return chat_tls_seal(&p->client, &p->bench->ciphers, type, record, len);
}

#endif
