/* SPDX-License-Identifier: Apache-2.0 */
/* A client with TLS after its handover. First byte: version and suite. Then steps: a byte
 * what is done, a byte its length, a byte the type of a record or the place of a change,
 * the bytes. */
#include "rt_tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void step(tls_pair *p, unsigned what, unsigned type, const uint8_t *text,
                 size_t len)
{
    uint8_t record[512];
    size_t n;
    switch (what % 5) {
    case 0: /* a record, */
    case 1: /* with a change, */
        n = tls_seal(p, record, (int)type, text, len);
        if (what % 5)
            record[type % n] ^= 0x40;
        send(p->fd, record, n, MSG_NOSIGNAL);
        break;
    case 2: /* anything, */
        send(p->fd, text, len, MSG_NOSIGNAL);
        break;
    case 3: /* the daemon's own messages */
        rt_stream_write(&p->stream, rt_buf_copy(text, len));
        break;
    case 4:
        if (type & 1)
            rt_stream_pause(&p->stream, (int)(type >> 1 & 1) * RT_STREAM_DEAF);
        else
            rt_stream_finish(&p->stream, RT_REASON_DONE);
    }
    rt_loop_step(p->loop, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_tls_keys_t keys = tls_keys(size ? data[0] % TLS_PAIRS : 0);
    size_t at = 1, raw = size > 1 ? data[1] % 64 : 0;
    tls_pair p;
    tls_create(&p);
    tls_start_client(&p, keys);
    raw = raw < size ? raw : 0;
    if (!tls_open_pair(&p, keys, data, raw))
        abort();
    p.echo = size > 2 && data[2] & 1;
    while (at + 3 <= size) {
        size_t len = data[at + 1];
        if (len > size - at - 3)
            len = size - at - 3;
        step(&p, data[at], data[at + 2], data + at + 3, len);
        at += 3 + len;
    }
    if (p.got > size + raw)
        abort();
    tls_close_pair(&p);
    if (!p.closed)
        abort();
    rt_loop_destroy(p.loop);
    return 0;
}
