/* SPDX-License-Identifier: Apache-2.0
 * Engine.IO packets, revisions 4 and 3: encoding once for all receivers, decoding of
 * WebSocket messages and of polling payloads. No socket, no clock.
 *
 * Documents: socketio/engine.io-protocol, v4-current.md and v3.md.
 */
#ifndef RT_PACKET_H
#define RT_PACKET_H

#include "chatd/rt/buf.h"

typedef enum rt_packet_type {
    RT_PACKET_OPEN,
    RT_PACKET_CLOSE,
    RT_PACKET_PING,
    RT_PACKET_PONG,
    RT_PACKET_MESSAGE,
    RT_PACKET_UPGRADE,
    RT_PACKET_NOOP
} rt_packet_type;

/* Packets of one polling payload; each costs a dispatch. A client that was offline and
 * catches up sends some hundreds. */
#define RT_PAYLOAD_PACKETS_MAX 10000

/*
 * A packet to be sent, shared by its receivers. The WebSocket frame is encoded first; of
 * a text packet the bytes of that frame serve polling too. Forms that only few receivers
 * need are encoded for the first of them. */
typedef struct rt_packet {
    uint32_t refs;
    int binary;
    uint8_t body;     /* where the packet begins in the frame */
    rt_buf *frame;    /* WebSocket: text of both revisions, binary of revision 4 */
    rt_buf *frame_v3; /* WebSocket: binary of revision 3 */
    rt_buf *base64;   /* polling: binary, without a prefix */
    uint32_t units;   /* length of a text in UTF-16 units, 0 = not counted yet */
} rt_packet;

/* TEXT holds the packet (type digit first) behind a gap of RT_WS_HEAD_MAX bytes; it is
 * taken over. Valid UTF-8 is the caller's business. */
rt_packet *rt_packet_take(rt_text *text);
rt_packet *rt_packet_text(rt_packet_type type, const char *data);
/* A message of LEN bytes. */
rt_packet *rt_packet_binary(const void *bytes, size_t len);
rt_packet *rt_packet_ref(rt_packet *packet);
void rt_packet_unref(rt_packet *packet);
/* Approximate bytes of the packet on the wire. */
size_t rt_packet_size(const rt_packet *packet);

/* The frame for a receiver of REVISION 4 or 3, with a new reference. */
rt_buf *rt_packet_frame(rt_packet *packet, unsigned revision);

/* How the packets of one answer to a poll are joined. */
typedef enum rt_payload_form {
    RT_PAYLOAD_V4,       /* separated by 0x1E, binary as base64 */
    RT_PAYLOAD_V3,       /* length in UTF-16 units, binary as base64 */
    RT_PAYLOAD_V3_BINARY /* length in bytes, as digits of one byte each */
} rt_payload_form;

void rt_payload_add(rt_text *payload, rt_packet *packet, rt_payload_form form);

/* A packet that was received. */
typedef struct rt_packet_in {
    rt_packet_type type;
    int binary;
    uint8_t *data; /* without the type */
    size_t len;
} rt_packet_in;

/* One WebSocket message; TEXT of it is valid UTF-8. False: it is not a packet. */
int rt_packet_decode(unsigned revision, int binary, uint8_t *bytes, size_t len,
                     rt_packet_in *packet);

/* Reads the packets of one polling payload, in order. */
typedef struct rt_payload {
    rt_payload_form form;
    uint8_t *at;
    size_t left;
    unsigned count;
    uint8_t *decoded; /* base64 of the current packet */
} rt_payload;

/* BYTES stay the caller's and may be changed; they live as long as the reader. False
 * when no packet can be in them. */
int rt_payload_start(rt_payload *reader, rt_payload_form form, uint8_t *bytes,
                     size_t len);
/* 1: a packet, valid until the next call; 0: the end; -1: malformed. */
int rt_payload_next(rt_payload *reader, rt_packet_in *packet);
void rt_payload_end(rt_payload *reader);

#endif
