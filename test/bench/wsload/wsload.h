/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of wsload. It is one process with one load: options and counts are two
 * structs that all parts see. */
#ifndef WSLOAD_H
#define WSLOAD_H

#include <stddef.h>
#include <stdint.h>

#define PUBLISHERS_MAX 64
#define PAYLOAD_MAX 65000
#define TEXT_MAX (PAYLOAD_MAX + 100) /* a message's text: stamp and padding */
#define PIDS_MAX 64

typedef enum { MODE_RAW, MODE_SIO, MODE_ECHO, MODE_IDLE } load_mode_t;

typedef struct target_t {
    char host[128], path[1024];
    int port;
} target_t;

/* What the command line says; each is explained at the top of wsload.c. */
typedef struct options_t {
    int conns, in_flight, senders, outstanding, payload, addresses, publishers;
    int quiet, tls;
    load_mode_t mode;
    double rate, seconds;
    const char *nsp, *event, *answer, *body, *type;
    char **tokens;
    int ntokens;
    char headers[4096], publish_headers[2048];
    target_t server, publish; /* publish.port 0: one of the connections publishes */
    int pids[PIDS_MAX], npids;
} options_t;

typedef struct counts_t {
    int ready, dead, in_flight, started;
    uint64_t sent, delivered, publish_errors;
    uint32_t *latency, *connect; /* microseconds */
    size_t nlatency, latency_max, nconnect;
    char last_error[256];
} counts_t;

extern options_t opt;
extern counts_t count;

uint64_t now_ns(void);
/* Keeps the text as the last error, and writes the first five to standard error. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- conn.c: WebSocket and Socket.IO connections to the server ---- */

/* Makes room for opt.conns connections, of which none is open. EPOLL lasts as long. */
void conns_init(int epoll);
/* Opens the next one. It becomes ready, or dead, in conn_event(). */
void conn_start(void);
/* What epoll said of DATA, which conn_start() gave it. */
void conn_event(void *data, unsigned events);
/* Sends a stamped message over connection I, if that one is ready. */
void conn_send(int i);
/* Writes a text with the time T, padded to opt.payload; returns its length. */
size_t stamp_write(char out[TEXT_MAX], uint64_t t);

/* ---- publish.c: publishing by HTTP POST ---- */

void publish_init(int epoll);
/* Sends a message as soon as a publishing connection is free. */
void publish_send(void);
/* Whether DATA of epoll is a publishing connection; if so, what it has to say is read. */
int publish_event(void *data);

/* ---- figures.c: what is measured, and the line that says it ---- */

/* One look at the server's processes and at this one. */
typedef struct look_t {
    double server_cpu, own_cpu; /* seconds */
    long kb;                    /* the server's memory, as PSS */
} look_t;

look_t look(void);

typedef struct run_t {
    const char *url;
    look_t before, connected; /* around connecting */
    look_t begin, end;        /* around sending */
    double connect_s, send_s;
    int ready;        /* connections when sending began */
    uint64_t in_time; /* messages that had arrived when it ended */
    uint64_t wanted;  /* that should arrive */
} run_t;

void print_connected(const run_t *run);
void print_result(const run_t *run);

#endif
