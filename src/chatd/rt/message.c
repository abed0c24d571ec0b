/* SPDX-License-Identifier: Apache-2.0 */
/* Socket.IO packets: decoder and encoder. */
#include "chatd/rt/message.h"

#include "base/json_bounds.h"
#include "chatd/rt/ws.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *at;
    const char *end;
} cursor;

static int take_digits(cursor *c, uint64_t max, uint64_t *number)
{
    const char *from = c->at;
    *number = 0;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        *number = *number * 10 + (uint64_t)(*c->at++ - '0');
        if (*number > max)
            return 0;
    }
    return c->at > from;
}

static int decode_space(cursor *c, rt_message_in *m)
{
    const char *from = c->at, *comma, *end, *mark;
    m->space[0] = '/';
    m->space[1] = '\0';
    if (c->at == c->end || *c->at != '/')
        return 1;
    comma = memchr(from, ',', (size_t)(c->end - from));
    end = comma ? comma : c->end;
    mark = memchr(from, '?', (size_t)(end - from));
    c->at = comma ? comma + 1 : c->end;
    if ((mark ? mark : end) - from > RT_NAMESPACE_MAX ||
        memchr(from, '\0', (size_t)(end - from)))
        return 0;
    memcpy(m->space, from, (size_t)((mark ? mark : end) - from));
    m->space[(mark ? mark : end) - from] = '\0';
    if (mark)
        m->query = rt_strndup(mark + 1, (size_t)(end - mark - 1));
    return 1;
}

/* Names that have a meaning of their own in clients and servers. */
static int is_reserved(const char *name)
{
    static const char *const names[] = {"connect",     "connect_error",
                                        "disconnect",  "disconnecting",
                                        "newListener", "removeListener"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0)
            return 1;
    }
    return 0;
}

static int is_event(const json_t *data)
{
    const json_t *name = json_array_get(data, 0);
    if (json_is_string(name))
        return !is_reserved(json_string_value(name));
    return json_is_number(name);
}

static int payload_fits(const rt_message_in *m)
{
    switch (m->type) {
    case RT_MESSAGE_CONNECT:
        return !m->data || json_is_object(m->data);
    case RT_MESSAGE_DISCONNECT:
        return !m->data;
    case RT_MESSAGE_CONNECT_ERROR:
        return json_is_object(m->data) || json_is_string(m->data);
    case RT_MESSAGE_EVENT:
    case RT_MESSAGE_BINARY_EVENT:
        return json_is_array(m->data) && is_event(m->data);
    case RT_MESSAGE_ACK:
    case RT_MESSAGE_BINARY_ACK:
        return m->has_ack && json_is_array(m->data);
    }
    return 0;
}

/* Whether every placeholder in DATA names one of COUNT attachments. */
static int placeholders_fit(const json_t *data, unsigned count)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(data)) {
        json_array_foreach(data, i, value)
        {
            if (!placeholders_fit(value, count))
                return 0;
        }
    }
    else if (json_is_object(data)) {
        const json_t *num = json_object_get(data, "num");
        if (count && json_is_true(json_object_get(data, "_placeholder")))
            return json_is_integer(num) && json_integer_value(num) >= 0 &&
                   json_integer_value(num) < (json_int_t)count;
        json_object_foreach((json_t *)data, key, value)
        {
            if (!placeholders_fit(value, count))
                return 0;
        }
    }
    return 1;
}

static int decode(cursor *c, unsigned attachments_max, rt_message_in *m)
{
    uint64_t number;
    if (c->at == c->end || *c->at < '0' || *c->at > '6')
        return 0;
    m->type = (rt_message_type)(*c->at++ - '0');
    if (m->type == RT_MESSAGE_BINARY_EVENT || m->type == RT_MESSAGE_BINARY_ACK) {
        if (!take_digits(c, attachments_max, &number) || c->at == c->end ||
            *c->at++ != '-')
            return 0;
        m->attachments = (unsigned)number;
    }
    if (!decode_space(c, m))
        return 0;
    if (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        m->has_ack = 1;
        if (!take_digits(c, RT_ACK_MAX, &m->ack))
            return 0;
    }
    if (c->at < c->end) {
        if (chat_json_refusal(c->at, (size_t)(c->end - c->at)))
            return 0;
        m->data = json_loadb(c->at, (size_t)(c->end - c->at),
                             JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
        if (!m->data)
            return 0;
    }
    return payload_fits(m) && placeholders_fit(m->data, m->attachments);
}

int rt_message_decode(const char *text, size_t len, unsigned attachments_max,
                      rt_message_in *m)
{
    cursor c = {text, text + len};
    memset(m, 0, sizeof(*m));
    if (decode(&c, attachments_max, m))
        return 1;
    rt_message_clear(m);
    return 0;
}

void rt_message_clear(rt_message_in *m)
{
    json_decref(m->data);
    free(m->query);
    m->data = NULL;
    m->query = NULL;
}

static int dump_chunk(const char *bytes, size_t len, void *text)
{
    rt_text_add(text, bytes, len);
    return 0;
}

static void add_json(rt_text *text, const json_t *value)
{
    json_dump_callback(value, dump_chunk, text, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* ["name",args…] */
static void add_event(rt_text *text, const char *name, const json_t *args)
{
    json_t *string = json_string(name), *value;
    size_t i;
    rt_text_putc(text, '[');
    add_json(text, string);
    json_decref(string);
    json_array_foreach(args, i, value)
    {
        rt_text_putc(text, ',');
        add_json(text, value);
    }
    rt_text_putc(text, ']');
}

static rt_packet *encode_head(const rt_message_out *out)
{
    rt_text text = {0};
    rt_message_type type = out->type;
    if (out->blobs.count)
        type = type == RT_MESSAGE_EVENT ? RT_MESSAGE_BINARY_EVENT : RT_MESSAGE_BINARY_ACK;
    rt_text_gap(&text, RT_WS_HEAD_MAX);
    rt_text_putc(&text, '0' + RT_PACKET_MESSAGE);
    rt_text_putc(&text, (uint8_t)('0' + type));
    if (out->blobs.count) {
        rt_text_number(&text, out->blobs.count);
        rt_text_putc(&text, '-');
    }
    if (strcmp(out->space, "/") != 0) {
        rt_text_puts(&text, out->space);
        rt_text_putc(&text, ',');
    }
    if (out->has_ack)
        rt_text_number(&text, out->ack);
    if (out->raw)
        rt_text_puts(&text, out->raw);
    else if (out->name)
        add_event(&text, out->name, out->data);
    else if (out->data)
        add_json(&text, out->data);
    return rt_packet_take(&text);
}

rt_message *rt_message_encode(const rt_message_out *out)
{
    unsigned count = 1 + out->blobs.count;
    rt_message *m = rt_alloc(sizeof(*m) + count * sizeof(*m->parts));
    m->refs = 1;
    m->count = count;
    m->parts[0] = encode_head(out);
    for (unsigned i = 1; i < count; i++) {
        const rt_blob *blob = &out->blobs.list[i - 1];
        m->parts[i] = rt_packet_binary(blob->bytes, blob->len);
    }
    return m;
}

void rt_message_unref(rt_message *m)
{
    if (!m || --m->refs)
        return;
    for (uint32_t i = 0; i < m->count; i++)
        rt_packet_unref(m->parts[i]);
    free(m);
}
