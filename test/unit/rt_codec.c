/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of the realtime layers as tables: HTTP, UTF-8, WebSocket, Engine.IO payloads,
 * Socket.IO packets; and that what is encoded is what the documents show. */
#include "chatd/rt/http.h"
#include "chatd/rt/message.h"
#include "chatd/rt/utf8.h"
#include "chatd/rt/ws.h"

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void utf8_table(void **state)
{
    static const struct {
        const char *text;
        int valid;
        size_t units;
    } table[] = {
        {"", 1, 0},
        {"abc", 1, 3},
        {"\xc3\xa9", 1, 1},
        {"\xe2\x82\xac", 1, 1},
        {"\xf0\x9f\x98\x80", 1, 2},
        {"\xef\xbf\xbf", 1, 1},
        {"\xf4\x8f\xbf\xbf", 1, 2},
        {"\x80", 0, 0},
        {"\xc0\xaf", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xed\xa0\x80", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xe2(\xa1", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        const uint8_t *bytes = (const uint8_t *)table[i].text;
        size_t len = strlen(table[i].text);
        assert_int_equal(rt_utf8_valid(bytes, len), table[i].valid);
        if (table[i].valid)
            assert_int_equal(rt_utf8_units(bytes, len), table[i].units);
    }
}

/* 0 = complete, else the status of the refusal; 1 = more is needed. */
static unsigned parse(const char *text, size_t piece, char *body)
{
    rt_http_parser *p = rt_http_create((rt_http_limits){512, 16});
    size_t at = 0, used, len = strlen(text);
    rt_http_result result = RT_HTTP_MORE;
    unsigned status = 1;
    while (result != RT_HTTP_DONE && result != RT_HTTP_BAD &&
           (at < len || result == RT_HTTP_HEAD)) {
        size_t take = len - at < piece ? len - at : piece;
        result = rt_http_feed(p, (const uint8_t *)text + at, take, &used);
        at += used;
    }
    if (result == RT_HTTP_BAD)
        status = rt_http_status(p);
    else if (result == RT_HTTP_DONE) {
        const rt_http_request *r = rt_http_parsed(p);
        status = 0;
        memcpy(body, r->body_len ? (const char *)r->body : "", r->body_len);
        body[r->body_len] = '\0';
    }
    rt_http_destroy(p);
    return status;
}

#define H "Host: a\r\n"

static void http_table(void **state)
{
    static const struct {
        const char *text;
        unsigned status;
        const char *body;
    } table[] = {
        {"GET / HTTP/1.1\r\n" H "\r\n", 0, ""},
        {"\r\nGET / HTTP/1.0\r\n\r\n", 0, ""},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", 0, "abc"},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0, ""},
        {"POST / HTTP/1.1\r\n" H
         "Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n2;e\r\nbc\r\n0\r\nX: y\r\n\r\n",
         0, "abc"},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 17\r\n\r\n", 1, NULL},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 17\r\n\r\nx", 413, NULL},
        {"POST / HTTP/1.1\r\n" H
         "Transfer-Encoding: chunked\r\n\r\n11\r\n01234567890123456",
         413, NULL},
        {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400,
         NULL},
        {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n\r\n", 400, NULL},
        {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n", 501,
         NULL},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 1 \r\n\r\nx", 0, "x"},
        {"POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\nx", 400, NULL},
        {"POST / HTTP/1.1\r\n" H "Content-Length: \r\n\r\nx", 400, NULL},
        {"POST / HTTP/1.1\r\n" H "Expect: tea\r\n\r\nx", 417, NULL},
        {"GET / HTTP/1.1\r\n\r\n", 400, NULL},
        {"GET  / HTTP/1.1\r\n" H "\r\n", 400, NULL},
        {"GET /\r\n" H "\r\n", 400, NULL},
        {"GET x HTTP/1.1\r\n" H "\r\n", 400, NULL},
        {"GET * HTTP/1.1\r\n" H "\r\n", 400, NULL},
        {"G(T / HTTP/1.1\r\n" H "\r\n", 400, NULL},
        {"GET / HTTP/1.2\r\n" H "\r\n", 505, NULL},
        {"GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 400, NULL},
        {"GET / HTTP/1.1\r\n" H "A\x01: x\r\n\r\n", 400, NULL},
        {"GET / HTTP/1.1\r\n" H "A: x\x7f\r\n\r\n", 400, NULL},
        {"GET / HTTP/1.1\r\n" H "\r\r\n", 1, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t piece = 1; piece < 100; piece += 7) {
            char body[32] = "";
            assert_int_equal(parse(table[i].text, piece, body), table[i].status);
            if (table[i].body)
                assert_string_equal(body, table[i].body);
        }
    }
}

static void http_query(void **state)
{
    static const char text[] = "GET http://h:1/p/?a=1&bb=2&c&sid=x%20y HTTP/1.1\r\n" H
                               "connection: Keep-Alive ,UPGRADE\r\n\r\n";
    rt_http_parser *p = rt_http_create((rt_http_limits){512, 16});
    const rt_http_request *r;
    size_t used;
    (void)state;
    assert_int_equal(rt_http_feed(p, (const uint8_t *)text, sizeof(text) - 1, &used),
                     RT_HTTP_HEAD);
    assert_int_equal(rt_http_feed(p, NULL, 0, &used), RT_HTTP_DONE);
    r = rt_http_parsed(p);
    assert_true(rt_span_is(r->path, "/p/"));
    assert_true(rt_span_is(rt_http_param(r, "a"), "1"));
    assert_true(rt_span_is(rt_http_param(r, "bb"), "2"));
    assert_true(rt_span_is(rt_http_param(r, "c"), ""));
    assert_true(rt_span_is(rt_http_param(r, "sid"), "x%20y"));
    assert_null(rt_http_param(r, "b").at);
    assert_true(rt_http_lists(r, "Connection", "upgrade"));
    assert_true(rt_http_lists(r, "Connection", "keep-alive"));
    assert_false(rt_http_lists(r, "Connection", "close"));
    rt_http_destroy(p);
}

static void ws_frame_heads(void **state)
{
    static const struct {
        size_t len;
        size_t head;
    } table[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}};
    static uint8_t payload[65536];
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        rt_buf *frame = rt_ws_frame_copy(RT_WS_OP_BINARY, payload, table[i].len);
        assert_int_equal(frame->len, table[i].head + table[i].len);
        assert_int_equal(rt_buf_bytes(frame)[0], 0x82);
        assert_int_equal(rt_buf_bytes(frame)[1], table[i].head == 2   ? table[i].len
                                                 : table[i].head == 4 ? 126
                                                                      : 127);
        rt_buf_unref(frame);
    }
}

/* Joins packets in every form. */
static void payload_forms(void **state)
{
    static const struct {
        rt_payload_form form;
        const char *bytes;
        size_t len;
    } table[] = {
        {RT_PAYLOAD_V4,
         "4h\xc3\xa9\x1e"
         "bAQIDBA==\x1e"
         "2",
         16},
        {RT_PAYLOAD_V3,
         "3:4h\xc3\xa9"
         "10:b4AQIDBA==1:2",
         22},
        {RT_PAYLOAD_V3_BINARY,
         "\0\4\xff"
         "4h\xc3\xa9\1\5\xff\4\1\2\3\4\0\1\xff"
         "2",
         19},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        rt_packet *packets[3] = {rt_packet_text(RT_PACKET_MESSAGE, "h\xc3\xa9"),
                                 rt_packet_binary("\1\2\3\4", 4),
                                 rt_packet_text(RT_PACKET_PING, "")};
        rt_text text = {0};
        for (size_t j = 0; j < 3; j++) {
            rt_payload_add(&text, packets[j], table[i].form);
            rt_packet_unref(packets[j]);
        }
        assert_int_equal(rt_text_len(&text), table[i].len);
        assert_memory_equal(rt_buf_bytes(text.buf), table[i].bytes, table[i].len);
        rt_text_free(&text);
    }
}

static void packet_is_shared(void **state)
{
    rt_packet *packet = rt_packet_text(RT_PACKET_MESSAGE, "x");
    rt_packet *binary = rt_packet_binary("\1", 1);
    rt_buf *four = rt_packet_frame(packet, 4), *three = rt_packet_frame(packet, 3);
    rt_buf *a = rt_packet_frame(binary, 3), *b = rt_packet_frame(binary, 3);
    (void)state;
    assert_ptr_equal(four, three);
    assert_ptr_equal(a, b);
    assert_memory_equal(rt_buf_bytes(a), "\x82\x02\x04\x01", 4);
    rt_buf_unref(four);
    rt_buf_unref(three);
    rt_buf_unref(a);
    rt_buf_unref(b);
    rt_packet_unref(packet);
    rt_packet_unref(binary);
}

static void message_table(void **state)
{
    static const struct {
        const char *text;
        int type; /* -1: malformed */
        const char *space;
        int attachments;
        long ack; /* -1: none */
        const char *query;
    } table[] = {
        {"0", RT_MESSAGE_CONNECT, "/", 0, -1, NULL},
        {"0{\"a\":1}", RT_MESSAGE_CONNECT, "/", 0, -1, NULL},
        {"0/x,", RT_MESSAGE_CONNECT, "/x", 0, -1, NULL},
        {"0/x?a=b,", RT_MESSAGE_CONNECT, "/x", 0, -1, "a=b"},
        {"1/x", RT_MESSAGE_DISCONNECT, "/x", 0, -1, NULL},
        {"2[\"a\"]", RT_MESSAGE_EVENT, "/", 0, -1, NULL},
        {"2[1]", RT_MESSAGE_EVENT, "/", 0, -1, NULL},
        {"2/x,12[\"a\"]", RT_MESSAGE_EVENT, "/x", 0, 12, NULL},
        {"312[]", RT_MESSAGE_ACK, "/", 0, 12, NULL},
        {"52-/x,3[\"a\"]", RT_MESSAGE_BINARY_EVENT, "/x", 2, 3, NULL},
        {"61-3[{\"_placeholder\":true,\"num\":0}]", RT_MESSAGE_BINARY_ACK, "/", 1, 3,
         NULL},
        {"", -1, NULL, 0, 0, NULL},
        {"7", -1, NULL, 0, 0, NULL},
        {"2", -1, NULL, 0, 0, NULL},
        {"2{}", -1, NULL, 0, 0, NULL},
        {"2[\"connect\"]", -1, NULL, 0, 0, NULL},
        {"2[true]", -1, NULL, 0, 0, NULL},
        {"3[]", -1, NULL, 0, 0, NULL},
        {"0[]", -1, NULL, 0, 0, NULL},
        {"1{}", -1, NULL, 0, 0, NULL},
        {"5[\"a\"]", -1, NULL, 0, 0, NULL},
        {"511-[\"a\"]", -1, NULL, 0, 0, NULL},
        {"51-[{\"_placeholder\":true,\"num\":1}]", -1, NULL, 0, 0, NULL},
        {"51-[\"a\",[{\"_placeholder\":true,\"num\":1}]]", -1, NULL, 0, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        rt_message_in m;
        int good = rt_message_decode(table[i].text, strlen(table[i].text), 10, &m);
        assert_int_equal(good, table[i].type >= 0);
        if (!good)
            continue;
        assert_int_equal(m.type, table[i].type);
        assert_string_equal(m.space, table[i].space);
        assert_int_equal(m.attachments, table[i].attachments);
        assert_int_equal(m.has_ack ? (long)m.ack : -1, table[i].ack);
        assert_true(!m.query == !table[i].query);
        if (m.query)
            assert_string_equal(m.query, table[i].query);
        rt_message_clear(&m);
    }
}

static void message_encoding(void **state)
{
    json_t *args = json_pack("[i{s:b}]", 1, "a", 1);
    rt_blob blob = {(const uint8_t *)"\1", 1};
    rt_message_out event = {
        .type = RT_MESSAGE_EVENT, .space = "/x", .name = "n\"", .data = args};
    rt_message_out ack = {.type = RT_MESSAGE_ACK,
                          .space = "/",
                          .has_ack = 1,
                          .ack = 7,
                          .data = args,
                          .blobs = {&blob, 1}};
    rt_message_out raw = {.type = RT_MESSAGE_EVENT, .space = "/", .raw = "[\"r\"]"};
    static const char *const expected[] = {"42/x,[\"n\\\"\",1,{\"a\":true}]",
                                           "461-7[1,{\"a\":true}]", "42[\"r\"]"};
    const rt_message_out *outs[] = {&event, &ack, &raw};
    (void)state;
    for (size_t i = 0; i < COUNT(outs); i++) {
        rt_message *m = rt_message_encode(outs[i]);
        rt_buf *frame = m->parts[0]->frame;
        assert_int_equal(m->count, 1 + outs[i]->blobs.count);
        assert_int_equal(frame->len, 2 + strlen(expected[i]));
        assert_memory_equal(rt_buf_bytes(frame) + 2, expected[i], strlen(expected[i]));
        rt_message_unref(m);
    }
    json_decref(args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_table),    cmocka_unit_test(http_table),
        cmocka_unit_test(http_query),    cmocka_unit_test(ws_frame_heads),
        cmocka_unit_test(payload_forms), cmocka_unit_test(packet_is_shared),
        cmocka_unit_test(message_table), cmocka_unit_test(message_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
