/* SPDX-License-Identifier: Apache-2.0
 * RFC 6455, the server's side, without a socket: handshake answer, decoder of what
 * clients send (masked, possibly fragmented), encoder of frames to send.
 *
 * Not libwslay: it would replace 200 lines of the decoder. Its encoder copies a frame for
 * each receiver (1.25 times the CPU a message was measured); ours are built once.
 */
#ifndef RT_WS_H
#define RT_WS_H

#include "chatd/rt/buf.h"
#include "chatd/rt/http.h"

/* The longest head of an unmasked frame. */
#define RT_WS_HEAD_MAX 10

enum {
    RT_WS_OP_TEXT = 1,
    RT_WS_OP_BINARY = 2,
    RT_WS_OP_CLOSE = 8,
    RT_WS_OP_PING = 9,
    RT_WS_OP_PONG = 10
};

typedef struct rt_ws_limits {
    size_t message_max;     /* payload bytes of a whole message */
    unsigned fragments_max; /* frames of one message */
} rt_ws_limits;

typedef enum rt_ws_result {
    RT_WS_MORE,
    RT_WS_TEXT,
    RT_WS_BINARY,
    RT_WS_PING,
    RT_WS_PONG,
    RT_WS_CLOSE, /* code: 1005 when the client gave none */
    RT_WS_BAD    /* code: what to close with (1002, 1007, 1009) */
} rt_ws_result;

typedef struct rt_ws_event {
    uint8_t *data; /* valid until the next call; not for RT_WS_BAD */
    size_t len;
    unsigned code;
} rt_ws_event;

typedef struct rt_ws_decoder rt_ws_decoder;

rt_ws_decoder *rt_ws_create(rt_ws_limits limits);
void rt_ws_destroy(rt_ws_decoder *decoder);
void rt_ws_limit_message(rt_ws_decoder *decoder, size_t max);
/* Bytes of an incomplete message; DECODER may be NULL. */
size_t rt_ws_held(const rt_ws_decoder *decoder);
/* True between messages: the decoder holds nothing and may be destroyed. */
int rt_ws_idle(const rt_ws_decoder *decoder);
/* Consumes bytes up to the end of the next message or control frame; *USED gets how many.
 * BYTES are unmasked in place. Text is valid UTF-8, as are close reasons. After RT_WS_BAD
 * or RT_WS_CLOSE nothing more may be fed. */
rt_ws_result rt_ws_feed(rt_ws_decoder *decoder, uint8_t *bytes, size_t len, size_t *used,
                        rt_ws_event *event);

/* Puts the head of an unmasked final frame before the bytes of BUF, which was created
 * with at least RT_WS_HEAD_MAX bytes to spare before them. */
void rt_ws_frame(rt_buf *buf, unsigned opcode);
/* A ready frame with a copy of the payload. */
rt_buf *rt_ws_frame_copy(unsigned opcode, const void *payload, size_t len);
rt_buf *rt_ws_frame_close(unsigned code);

/* 0 when REQUEST is a right WebSocket handshake, else the HTTP status to refuse it with:
 * 400, or 426 when only the version is wrong. */
unsigned rt_ws_check(const rt_http_request *request);
/* Whether REQUEST asks for a WebSocket at all. */
int rt_ws_wanted(const rt_http_request *request);
/* The whole 101 answer to a request that was found right. */
rt_buf *rt_ws_accept(const rt_http_request *request);

#endif
