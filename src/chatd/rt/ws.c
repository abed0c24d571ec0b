/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket handshake, frame decoder, frame heads. */
#include "chatd/rt/ws.h"

#include "chatd/rt/utf8.h"

#include <apr_sha1.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_MAX 125

struct rt_ws_decoder {
    rt_ws_limits limits;
    uint8_t head[14];
    uint8_t head_len;
    uint8_t mask_at; /* position in the mask of the next payload byte */
    uint8_t opcode;  /* of the frame being read */
    uint8_t message; /* opcode of the message being read, 0 = none */
    int fin;
    int in_payload;
    uint8_t mask[4];
    rt_utf8 utf8;
    uint8_t control_len;
    uint8_t control[CONTROL_MAX];
    unsigned fragments;
    uint64_t left; /* payload bytes of the frame to come */
    uint8_t *data;
    size_t len;
    size_t cap;
};

rt_ws_decoder *rt_ws_create(rt_ws_limits limits)
{
    rt_ws_decoder *d = rt_alloc(sizeof(*d));
    d->limits = limits;
    return d;
}

void rt_ws_destroy(rt_ws_decoder *d)
{
    if (!d)
        return;
    free(d->data);
    free(d);
}

void rt_ws_limit_message(rt_ws_decoder *d, size_t max)
{
    d->limits.message_max = max;
}

size_t rt_ws_held(const rt_ws_decoder *d)
{
    return d ? d->cap : 0;
}

int rt_ws_idle(const rt_ws_decoder *d)
{
    return !d->head_len && !d->in_payload && !d->message;
}

static int is_control(const rt_ws_decoder *d)
{
    return d->opcode & 8;
}

static rt_ws_result fail(rt_ws_event *event, unsigned code)
{
    event->code = code;
    return RT_WS_BAD;
}

/* Length of the head, as far as its bytes are known. */
static size_t head_size(const rt_ws_decoder *d)
{
    unsigned len = d->head[1] & 0x7f;
    if (d->head_len < 2)
        return 2;
    return 6u + (len == 126 ? 2 : len == 127 ? 8 : 0);
}

/* The first two bytes are enough to refuse most bad frames. 0, or the close code. */
static unsigned check_start(rt_ws_decoder *d)
{
    d->fin = d->head[0] & 0x80;
    d->opcode = d->head[0] & 0x0f;
    if ((d->head[0] & 0x70) || !(d->head[1] & 0x80))
        return 1002;
    if (is_control(d)) {
        int known = d->opcode <= RT_WS_OP_PONG;
        return known && d->fin && (d->head[1] & 0x7f) <= CONTROL_MAX ? 0 : 1002;
    }
    if (d->opcode > RT_WS_OP_BINARY || (d->opcode == 0) != (d->message != 0))
        return 1002;
    if (++d->fragments > d->limits.fragments_max)
        return 1009;
    if (d->opcode)
        d->message = d->opcode;
    return 0;
}

static unsigned check_length(rt_ws_decoder *d)
{
    unsigned len = d->head[1] & 0x7f, bytes = len == 126 ? 2 : len == 127 ? 8 : 0;
    uint64_t n = bytes ? 0 : len;
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | d->head[2 + i];
    if ((bytes == 2 && n < 126) || (bytes == 8 && (n < 65536 || n >> 63)))
        return 1002;
    if (!is_control(d) && n > d->limits.message_max - d->len)
        return 1009;
    d->left = n;
    memcpy(d->mask, d->head + 2 + bytes, 4);
    d->mask_at = 0;
    d->head_len = 0;
    d->in_payload = 1;
    return 0;
}

/* 1: the head is complete, 0: more bytes are needed, else the close code. */
static unsigned feed_head(rt_ws_decoder *d, const uint8_t *bytes, size_t len,
                          size_t *used)
{
    while (*used < len) {
        d->head[d->head_len++] = bytes[(*used)++];
        if (d->head_len == 2) {
            unsigned code = check_start(d);
            if (code)
                return code;
        }
        if (d->head_len > 2 && d->head_len == head_size(d)) {
            unsigned code = check_length(d);
            return code ? code : 1;
        }
    }
    return 0;
}

static void unmask(rt_ws_decoder *d, uint8_t *bytes, size_t len)
{
    size_t i = 0;
    uint8_t turned[8];
    uint64_t mask, word;
    for (i = 0; i < 8; i++)
        turned[i] = d->mask[(d->mask_at + i) & 3];
    memcpy(&mask, turned, 8);
    for (i = 0; i + 8 <= len; i += 8) {
        memcpy(&word, bytes + i, 8);
        word ^= mask;
        memcpy(bytes + i, &word, 8);
    }
    for (; i < len; i++)
        bytes[i] ^= turned[i & 7];
    d->mask_at = (uint8_t)((d->mask_at + len) & 3);
}

static void keep(rt_ws_decoder *d, const uint8_t *bytes, size_t len)
{
    if (!len)
        return;
    if (d->len + len > d->cap) {
        size_t cap = 2 * d->cap > d->len + len ? 2 * d->cap : d->len + len;
        d->data = rt_resize(d->data, cap);
        d->cap = cap;
    }
    memcpy(d->data + d->len, bytes, len);
    d->len += len;
}

static int close_code_valid(unsigned code)
{
    if (code >= 3000 && code <= 4999)
        return 1;
    return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

static rt_ws_result end_control(rt_ws_decoder *d, rt_ws_event *event)
{
    event->data = d->control;
    event->len = d->control_len;
    d->control_len = 0;
    if (d->opcode != RT_WS_OP_CLOSE)
        return d->opcode == RT_WS_OP_PING ? RT_WS_PING : RT_WS_PONG;
    event->code = 1005;
    if (event->len == 0)
        return RT_WS_CLOSE;
    event->code = event->len < 2 ? 0 : (unsigned)event->data[0] << 8 | event->data[1];
    if (!close_code_valid(event->code))
        return fail(event, 1002);
    if (!rt_utf8_valid(event->data + 2, event->len - 2))
        return fail(event, 1007);
    return RT_WS_CLOSE;
}

static rt_ws_result feed_control(rt_ws_decoder *d, uint8_t *bytes, size_t take,
                                 rt_ws_event *event)
{
    memcpy(d->control + d->control_len, bytes, take);
    d->control_len = (uint8_t)(d->control_len + take);
    if (d->left)
        return RT_WS_MORE;
    d->in_payload = 0;
    return end_control(d, event);
}

static rt_ws_result end_message(rt_ws_decoder *d, rt_ws_event *event)
{
    int text = d->message == RT_WS_OP_TEXT;
    if (text && !rt_utf8_complete(&d->utf8))
        return fail(event, 1007);
    d->message = 0;
    d->fragments = 0;
    d->len = 0;
    return text ? RT_WS_TEXT : RT_WS_BINARY;
}

static rt_ws_result feed_data(rt_ws_decoder *d, uint8_t *bytes, size_t take,
                              rt_ws_event *event)
{
    int whole = !d->len && d->fin && !d->left;
    if (d->message == RT_WS_OP_TEXT && !rt_utf8_feed(&d->utf8, bytes, take))
        return fail(event, 1007);
    if (!whole)
        keep(d, bytes, take);
    if (d->left)
        return RT_WS_MORE;
    d->in_payload = 0;
    if (!d->fin)
        return RT_WS_MORE;
    event->data = whole ? bytes : d->data;
    event->len = whole ? take : d->len;
    return end_message(d, event);
}

rt_ws_result rt_ws_feed(rt_ws_decoder *d, uint8_t *bytes, size_t len, size_t *used,
                        rt_ws_event *event)
{
    rt_ws_result result = RT_WS_MORE;
    *used = 0;
    while (result == RT_WS_MORE) {
        size_t take;
        uint8_t *from;
        if (!d->in_payload) {
            unsigned code = feed_head(d, bytes, len, used);
            if (code == 0)
                return RT_WS_MORE;
            if (code != 1)
                return fail(event, code);
        }
        if (d->left && *used == len)
            return RT_WS_MORE;
        take = len - *used < d->left ? len - *used : (size_t)d->left;
        from = bytes + *used;
        unmask(d, from, take);
        *used += take;
        d->left -= take;
        result = is_control(d) ? feed_control(d, from, take, event)
                               : feed_data(d, from, take, event);
    }
    return result;
}

void rt_ws_frame(rt_buf *buf, unsigned opcode)
{
    uint8_t head[RT_WS_HEAD_MAX] = {(uint8_t)(0x80 | opcode)};
    uint64_t len = buf->len;
    unsigned bytes = len < 126 ? 0 : len < 65536 ? 2 : 8;
    head[1] = (uint8_t)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
    for (unsigned i = 0; i < bytes; i++)
        head[2 + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
    rt_buf_prepend(buf, head, 2 + bytes);
}

rt_buf *rt_ws_frame_copy(unsigned opcode, const void *payload, size_t len)
{
    rt_buf *buf = rt_buf_create(RT_WS_HEAD_MAX + len);
    buf->start = RT_WS_HEAD_MAX;
    buf->len = (uint32_t)len;
    if (len)
        memcpy(rt_buf_bytes(buf), payload, len);
    rt_ws_frame(buf, opcode);
    return buf;
}

rt_buf *rt_ws_frame_close(unsigned code)
{
    uint8_t bytes[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    return rt_ws_frame_copy(RT_WS_OP_CLOSE, bytes, 2);
}

int rt_ws_wanted(const rt_http_request *r)
{
    return rt_http_lists(r, "Upgrade", "websocket") &&
           rt_http_lists(r, "Connection", "upgrade");
}

unsigned rt_ws_check(const rt_http_request *r)
{
    rt_span key = rt_http_find(r, "Sec-WebSocket-Key");
    uint8_t nonce[17];
    size_t len;
    if (!rt_span_is(r->method, "GET") || !r->minor || r->has_body || !rt_ws_wanted(r))
        return 400;
    if (!rt_span_is(rt_http_find(r, "Sec-WebSocket-Version"), "13"))
        return 426;
    if (!key.at || key.len != 24 ||
        sodium_base642bin(nonce, sizeof(nonce), key.at, key.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) ||
        len != 16)
        return 400;
    return 0;
}

rt_buf *rt_ws_accept(const rt_http_request *r)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    rt_span key = rt_http_find(r, "Sec-WebSocket-Key");
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    char accept[sodium_base64_ENCODED_LEN(APR_SHA1_DIGESTSIZE,
                                          sodium_base64_VARIANT_ORIGINAL)];
    apr_sha1_ctx_t sha1;
    rt_text text = {0};
    apr_sha1_init(&sha1);
    apr_sha1_update(&sha1, key.at, (unsigned)key.len);
    apr_sha1_update(&sha1, guid, sizeof(guid) - 1);
    apr_sha1_final(digest, &sha1);
    sodium_bin2base64(accept, sizeof(accept), digest, sizeof(digest),
                      sodium_base64_VARIANT_ORIGINAL);
    rt_text_puts(&text, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    rt_text_puts(&text, accept);
    rt_text_puts(&text, "\r\n\r\n");
    return rt_text_take(&text);
}
