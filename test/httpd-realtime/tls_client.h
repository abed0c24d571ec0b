/* SPDX-License-Identifier: Apache-2.0 */
/* A client with TLS that cuts its bytes where it likes: OpenSSL over memory, a WebSocket
 * to the stand-in for chatd above it. A function that returns int returns 1 if what it
 * waits for came, or 0 with the reason in why. */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <openssl/ssl.h>
#include <stddef.h>

#define PATIENCE 15000 /* ms */
#define GAP_US 3000    /* until the other side has seen the first piece */
#define REQUEST                                                                  \
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"  \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

typedef struct client_t {
    SSL *ssl;
    BIO *in, *out;
    int fd;
    int ended;     /* the server closed the TCP connection */
    int alert;     /* the last one from it, -1: none */
    size_t widest; /* record */
    char *heard;   /* all data, terminated */
    size_t len, cap;
} client_t;

typedef struct suite_t {
    const char *name;
    int version;
    SSL_SESSION *session; /* of the last connection */
    int tickets;
} suite_t;

extern int port;        /* the server's */
extern int holder;      /* the process that has to hold the sockets; 0: another one */
extern const char *why; /* what was needed and did not come; NULL: nothing */

#define NEED(what)                   \
    do {                             \
        if (!(what)) {               \
            why = why ? why : #what; \
            return 0;                \
        }                            \
    } while (0)

/* Connects and shakes hands, with the suite's session if it has one. MFL: a code of RFC
 * 6066 for the largest fragment; 0: none. End with finish(). */
int start(client_t *c, suite_t *suite, int mfl);
void finish(client_t *c);
/* Reads what comes in WAIT ms at most, without decrypting it. */
void take(client_t *c, int wait);
/* Until TEXT was heard; NULL: until the end. */
int hears(client_t *c, const char *text);

void send_bytes(client_t *c, const char *bytes, size_t len);
/* Encrypts; the records stay in c->out until flush_all(), or flush_cut(), which sends CUT
 * bytes of it first and the rest later. */
void put(client_t *c, const void *bytes, size_t len);
void put_frame(client_t *c, const char *text);
void flush_cut(client_t *c, size_t cut);
void flush_all(client_t *c);

/* A text frame, of at most len + 14 bytes; returns its length. */
size_t frame(unsigned char *out, const char *text, size_t len);
/* A message there and back; echo_long() of LEN bytes, which waits before it reads if it
 * is patient. */
int echo(client_t *c, const char *word);
int echo_long(client_t *c, size_t len, int patient);
/* Whether process HOLDER has the server's end. */
int held(const client_t *c);
/* The handshake's answer and the greeting came, and the socket is where it has to be. */
int greeted(client_t *c);
int open_plain(client_t *c, suite_t *suite);

#endif
