/* SPDX-License-Identifier: Apache-2.0
 * Socket.IO packets: decoding of what clients send, encoding once for all receivers.
 * No socket, no clock. JSON by jansson.
 *
 * Documents: socketio/socket.io-protocol, v5-current.md; v4.md and v3.md for clients of
 * Engine.IO 3, whose packets differ in CONNECT and CONNECT_ERROR only.
 *
 * Binary data travels beside the JSON as attachments. In the JSON an object
 * {"_placeholder":true,"num":N} stands for attachment number N; it is left there on
 * receiving and expected there on sending.
 */
#ifndef RT_MESSAGE_H
#define RT_MESSAGE_H

#include "chatd/rt/packet.h"

#include <jansson.h>

typedef enum rt_message_type {
    RT_MESSAGE_CONNECT,
    RT_MESSAGE_DISCONNECT,
    RT_MESSAGE_EVENT,
    RT_MESSAGE_ACK,
    RT_MESSAGE_CONNECT_ERROR,
    RT_MESSAGE_BINARY_EVENT,
    RT_MESSAGE_BINARY_ACK
} rt_message_type;

/* Longer names are not namespaces. */
#define RT_NAMESPACE_MAX 128
/* The largest acknowledgement number that JavaScript can hold: 2^53 - 1. */
#define RT_ACK_MAX UINT64_C(9007199254740991)

typedef struct rt_blob {
    const uint8_t *bytes;
    size_t len;
} rt_blob;

typedef struct rt_blobs {
    const rt_blob *list;
    unsigned count;
} rt_blobs;

/* A received packet, of which the attachments may be still to come. */
typedef struct rt_message_in {
    rt_message_type type;
    char space[RT_NAMESPACE_MAX + 1]; /* "/" when none was named */
    char *query; /* what stood behind a '?' in the namespace (revision 3), or NULL */
    int has_ack;
    uint64_t ack;
    unsigned attachments;
    json_t *data; /* object, array, string, or NULL: what the type allows */
} rt_message_in;

/* LEN bytes of valid UTF-8. False: the packet is malformed, MESSAGE holds nothing. */
int rt_message_decode(const char *text, size_t len, unsigned attachments_max,
                      rt_message_in *message);
void rt_message_clear(rt_message_in *message);

/* A packet to be sent, with its attachments; shared by its receivers. */
typedef struct rt_message {
    uint32_t refs;
    uint32_t count;
    const void *space; /* the namespace it was made for */
    rt_packet *parts[];
} rt_message;

/* What to encode. */
typedef struct rt_message_out {
    rt_message_type type; /* EVENT and ACK become binary when there are blobs */
    const char *space;
    int has_ack;
    uint64_t ack;
    const char *name;   /* of an event: first in the array, or NULL */
    const json_t *data; /* or NULL */
    const char *raw;    /* ready JSON instead of name and data, or NULL */
    rt_blobs blobs;
} rt_message_out;

/* One reference; the arguments stay the caller's. */
rt_message *rt_message_encode(const rt_message_out *out);
void rt_message_unref(rt_message *message);

#endif
