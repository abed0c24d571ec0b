/* SPDX-License-Identifier: Apache-2.0 */
/* Engine.IO packets and polling payloads: encoder and decoder. */
#include "chatd/rt/packet.h"

#include "chatd/rt/utf8.h"
#include "chatd/rt/ws.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR 0x1e
#define BASE64 sodium_base64_VARIANT_ORIGINAL
/* Digits of a length in a revision 3 payload: no body is that long. */
#define LENGTH_DIGITS_MAX 9

static rt_packet *packet_create(rt_buf *buf, int binary)
{
    rt_packet *p = rt_alloc(sizeof(*p));
    uint32_t start = buf->start;
    rt_ws_frame(buf, binary ? RT_WS_OP_BINARY : RT_WS_OP_TEXT);
    p->refs = 1;
    p->binary = binary;
    p->body = (uint8_t)(start - buf->start);
    p->frame = buf;
    return p;
}

rt_packet *rt_packet_take(rt_text *text)
{
    return packet_create(rt_text_take(text), 0);
}

rt_packet *rt_packet_text(rt_packet_type type, const char *data)
{
    rt_text text = {0};
    rt_text_gap(&text, RT_WS_HEAD_MAX);
    rt_text_putc(&text, (uint8_t)('0' + type));
    rt_text_puts(&text, data);
    return rt_packet_take(&text);
}

rt_packet *rt_packet_binary(const void *bytes, size_t len)
{
    rt_text text = {0};
    rt_text_gap(&text, RT_WS_HEAD_MAX);
    rt_text_add(&text, bytes, len);
    return packet_create(rt_text_take(&text), 1);
}

rt_packet *rt_packet_ref(rt_packet *p)
{
    p->refs++;
    return p;
}

void rt_packet_unref(rt_packet *p)
{
    if (!p || --p->refs)
        return;
    rt_buf_unref(p->frame);
    rt_buf_unref(p->frame_v3);
    rt_buf_unref(p->base64);
    free(p);
}

static const uint8_t *body(const rt_packet *p)
{
    return rt_buf_bytes(p->frame) + p->body;
}

static size_t body_len(const rt_packet *p)
{
    return p->frame->len - p->body;
}

size_t rt_packet_size(const rt_packet *p)
{
    return p->binary ? p->frame->len / 3 * 4 : p->frame->len;
}

rt_buf *rt_packet_frame(rt_packet *p, unsigned revision)
{
    if (!p->binary || revision == 4)
        return rt_buf_ref(p->frame);
    if (!p->frame_v3) {
        rt_text text = {0};
        rt_text_gap(&text, RT_WS_HEAD_MAX);
        rt_text_putc(&text, RT_PACKET_MESSAGE);
        rt_text_add(&text, body(p), body_len(p));
        p->frame_v3 = rt_text_take(&text);
        rt_ws_frame(p->frame_v3, RT_WS_OP_BINARY);
    }
    return rt_buf_ref(p->frame_v3);
}

static rt_buf *base64(rt_packet *p)
{
    if (!p->base64) {
        size_t size = sodium_base64_encoded_len(body_len(p), BASE64);
        p->base64 = rt_buf_create(size);
        sodium_bin2base64((char *)p->base64->data, size, body(p), body_len(p), BASE64);
        p->base64->len = (uint32_t)(size - 1);
    }
    return p->base64;
}

static void add_digits(rt_text *payload, size_t number)
{
    uint8_t digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (uint8_t)(number % 10);
        number /= 10;
    } while (number);
    rt_text_add(payload, digits + at, sizeof(digits) - at);
}

static void add_v3_binary(rt_text *payload, rt_packet *p)
{
    rt_text_putc(payload, p->binary);
    add_digits(payload, body_len(p) + p->binary);
    rt_text_putc(payload, 255);
    if (p->binary)
        rt_text_putc(payload, RT_PACKET_MESSAGE);
    rt_text_add(payload, body(p), body_len(p));
}

static void add_v3(rt_text *payload, rt_packet *p)
{
    if (p->binary) {
        rt_buf *encoded = base64(p);
        rt_text_number(payload, encoded->len + 2);
        rt_text_puts(payload, ":b4");
        rt_text_add(payload, encoded->data, encoded->len);
        return;
    }
    if (!p->units)
        p->units = (uint32_t)rt_utf8_units(body(p), body_len(p));
    rt_text_number(payload, p->units);
    rt_text_putc(payload, ':');
    rt_text_add(payload, body(p), body_len(p));
}

void rt_payload_add(rt_text *payload, rt_packet *p, rt_payload_form form)
{
    if (form == RT_PAYLOAD_V3_BINARY)
        add_v3_binary(payload, p);
    else if (form == RT_PAYLOAD_V3)
        add_v3(payload, p);
    else {
        if (rt_text_len(payload))
            rt_text_putc(payload, SEPARATOR);
        if (p->binary) {
            rt_buf *encoded = base64(p);
            rt_text_putc(payload, 'b');
            rt_text_add(payload, encoded->data, encoded->len);
        }
        else
            rt_text_add(payload, body(p), body_len(p));
    }
}

static int packet_set(rt_packet_in *packet, unsigned type, uint8_t *data, size_t len)
{
    if (type > RT_PACKET_NOOP)
        return 0;
    packet->type = (rt_packet_type)type;
    packet->data = data;
    packet->len = len;
    return 1;
}

int rt_packet_decode(unsigned revision, int binary, uint8_t *bytes, size_t len,
                     rt_packet_in *packet)
{
    packet->binary = binary;
    if (binary && revision == 4)
        return packet_set(packet, RT_PACKET_MESSAGE, bytes, len);
    if (!len)
        return 0;
    if (binary)
        return packet_set(packet, bytes[0], bytes + 1, len - 1);
    return bytes[0] >= '0' && packet_set(packet, bytes[0] - '0', bytes + 1, len - 1);
}

int rt_payload_start(rt_payload *r, rt_payload_form form, uint8_t *bytes, size_t len)
{
    *r = (rt_payload){.form = form, .at = bytes, .left = len};
    return len && (form == RT_PAYLOAD_V3_BINARY || rt_utf8_valid(bytes, len));
}

void rt_payload_end(rt_payload *r)
{
    free(r->decoded);
    r->decoded = NULL;
}

static int decode_base64(rt_payload *r, const uint8_t *text, size_t len,
                         rt_packet_in *packet)
{
    const char *from = (const char *)text;
    size_t got;
    free(r->decoded);
    r->decoded = rt_alloc(len / 4 * 3 + 3);
    /* Java's encoders end, or wrap, their lines */
    if (sodium_base642bin(r->decoded, len / 4 * 3 + 3, from, len, "\r\n", &got, NULL,
                          BASE64) &&
        sodium_base642bin(r->decoded, len / 4 * 3 + 3, from, len, "\r\n", &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING))
        return 0;
    packet->binary = 1;
    return packet_set(packet, RT_PACKET_MESSAGE, r->decoded, got);
}

/* A packet in text form; binary is 'b', in revision 3 the type, and base64. */
static int decode_text(rt_payload *r, uint8_t *bytes, size_t len, rt_packet_in *packet)
{
    unsigned skip = r->form == RT_PAYLOAD_V4 ? 1 : 2;
    if (len < skip || bytes[0] != 'b')
        return rt_packet_decode(4, 0, bytes, len, packet);
    if (skip == 2 && bytes[1] != '0' + RT_PACKET_MESSAGE)
        return 0;
    return decode_base64(r, bytes + skip, len - skip, packet);
}

static int next_v4(rt_payload *r, rt_packet_in *packet)
{
    uint8_t *end = memchr(r->at, SEPARATOR, r->left), *from = r->at;
    size_t len = end ? (size_t)(end - from) : r->left;
    if (end && len + 1 == r->left)
        return -1;
    r->at += end ? len + 1 : len;
    r->left -= end ? len + 1 : len;
    return decode_text(r, from, len, packet) ? 1 : -1;
}

/* Bytes of the first UNITS UTF-16 units of the valid UTF-8, SIZE_MAX if there are fewer.
 */
static size_t bytes_of_units(const uint8_t *bytes, size_t len, size_t units)
{
    size_t i = 0;
    while (units && i < len) {
        size_t size = bytes[i] < 0x80 ? 1 : bytes[i] < 0xe0 ? 2 : bytes[i] < 0xf0 ? 3 : 4;
        size_t worth = size == 4 ? 2 : 1;
        if (worth > units || size > len - i)
            return SIZE_MAX;
        units -= worth;
        i += size;
    }
    return units ? SIZE_MAX : i;
}

static int next_v3(rt_payload *r, rt_packet_in *packet)
{
    size_t i, units = 0, len;
    uint8_t *from;
    for (i = 0; i < r->left && i <= LENGTH_DIGITS_MAX && r->at[i] != ':'; i++) {
        if (r->at[i] < '0' || r->at[i] > '9')
            return -1;
        units = units * 10 + (r->at[i] - '0');
    }
    if (!i || i == r->left || i > LENGTH_DIGITS_MAX)
        return -1;
    from = r->at + i + 1;
    len = bytes_of_units(from, r->left - i - 1, units);
    if (len == SIZE_MAX)
        return -1;
    r->at = from + len;
    r->left -= i + 1 + len;
    return decode_text(r, from, len, packet) ? 1 : -1;
}

static int next_v3_binary(rt_payload *r, rt_packet_in *packet)
{
    size_t i, len = 0;
    uint8_t kind = r->at[0], *from;
    for (i = 1; i < r->left && i <= LENGTH_DIGITS_MAX + 1 && r->at[i] != 255; i++) {
        if (r->at[i] > 9)
            return -1;
        len = len * 10 + r->at[i];
    }
    if (kind > 1 || i == 1 || i >= r->left || r->at[i] != 255 || len > r->left - i - 1)
        return -1;
    from = r->at + i + 1;
    r->at = from + len;
    r->left -= i + 1 + len;
    if (kind == 1)
        return rt_packet_decode(3, 1, from, len, packet) ? 1 : -1;
    return rt_utf8_valid(from, len) && decode_text(r, from, len, packet) ? 1 : -1;
}

int rt_payload_next(rt_payload *r, rt_packet_in *packet)
{
    if (!r->left)
        return 0;
    if (++r->count > RT_PAYLOAD_PACKETS_MAX)
        return -1;
    packet->binary = 0;
    if (r->form == RT_PAYLOAD_V4)
        return next_v4(r, packet);
    return r->form == RT_PAYLOAD_V3 ? next_v3(r, packet) : next_v3_binary(r, packet);
}
