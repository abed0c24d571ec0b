/* SPDX-License-Identifier: Apache-2.0
 * wsload - load generator for WebSocket / Socket.IO servers (one thread, epoll).
 *
 * It opens N WebSocket connections to ONE server, then lets one or more of them
 * send messages which the server is expected to fan out to everybody, and
 * measures connect time, fan-out latency (p50/p99/max) and messages/s.
 *
 *   build:  cc -O2 -Wall -D_GNU_SOURCE -o wsload *.c -lssl -lcrypto
 *   usage:  wsload [options] ws://127.0.0.1:8080/path        (or wss://)
 *     -n N     connections (default 100)
 *     -c N     connects in flight at most (default 200)
 *     -s N     number of senders (default 1; the first N connections)
 *     -r R     messages/s in all, over all senders (default 10; 0 = none, idle)
 *     -w N     closed loop: keep N broadcasts outstanding instead of -r
 *     -t S     seconds of sending (default 10, at most 600)
 *     -l N     payload bytes (default 64, padded)
 *     -m MODE  raw    plain text frames: sender sends "B<stamp> pad",
 *                     server must send that frame to every connection
 *              sio    Socket.IO v5 over Engine.IO v4, websocket transport only:
 *                     sender emits ["msg","B<stamp> pad"], the server must
 *                     io.emit() it again under any event name
 *              echo   as raw, but only the sender gets the frame back
 *              idle   connect and hold only (no messages)
 *     -N NSP   namespace for sio (default "/")
 *     -j EVENT sio: emit this event (a JSON array) after connecting, e.g. to log
 *              in; an @ in it is replaced by a line of the -F file, if given
 *     -J NAME  sio: only the answer event NAME makes the connection ready
 *     -F FILE  tokens, one a line; connection i uses line i modulo their number
 *     -H H     extra request header line, e.g. "Cookie: a=b" (repeatable)
 *     -A N     spread over N source addresses 127.0.0.1..127.0.0.N (default 1;
 *              one address gives about 28,000 connections)
 *     -P URL   publish by HTTP POST to this URL (http://127.0.0.1:port/path)
 *              instead of by one of the connections; keep-alive, -k connections
 *     -b BODY  body of that POST; the first @ in it is replaced by the message
 *              text (default "@"). JSON-safe: the text is [0-9a-zA-Z ] only
 *     -T TYPE  its Content-Type (default text/plain)
 *     -G H     extra header line of that POST, e.g. "X-Token: abc" (repeatable)
 *     -k N     publishing connections (default 4, at most 64); a message due
 *              while all are busy waits, its latency counts from when it was due
 *     -p PID   server process to account CPU time and memory of, together with
 *              all its descendants (repeatable)
 *     -q       print only the JSON result line
 *
 * The stamp is searched in the first 1,024 bytes of every received message, so a
 * server may wrap the text in any event.
 * Latency = time of receipt - time of sending, taken on the same machine's
 * monotonic clock; the time this program itself needs to work off a burst is
 * part of the tail, so compare ratios between servers measured in one run.
 * Look at client_cpu_s: near the run time it means that this program, not the
 * server, was the limit. "missing" counts sent * connections - delivered; it is
 * wrong (even negative) if another client broadcasts in the same server.
 * Long-polling is not generated. Exit status 1 = some connection was lost.
 * Only loopback addresses are accepted as targets.
 */
#include "wsload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 600
#define CONNECT_NS 120000000000ull
#define DRAIN_NS 5000000000ull
#define LATENCIES_MAX 20000000

options_t opt = {.conns = 100,
                 .in_flight = 200,
                 .senders = 1,
                 .payload = 64,
                 .addresses = 1,
                 .publishers = 4,
                 .rate = 10,
                 .seconds = 10,
                 .nsp = "/",
                 .body = "@",
                 .type = "text/plain"};
counts_t count;

uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

void note(const char *format, ...)
{
    static int shown;
    va_list args;
    va_start(args, format);
    vsnprintf(count.last_error, sizeof(count.last_error), format, args);
    va_end(args);
    if (!opt.quiet && shown++ < 5)
        fprintf(stderr, "wsload: %s\n", count.last_error);
}

/* ---- command line ---- */

static void usage(const char *what)
{
    fprintf(
        stderr,
        "wsload: %s\nusage: wsload [options] ws://127.0.0.1:port/path (see the top of "
        "wsload.c)\n",
        what);
    exit(2);
}

static int number(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < least || n > most)
        usage(text);
    return (int)n;
}

static double real(const char *text)
{
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end || !(n >= 0))
        usage(text);
    return n;
}

/* ADDRESS:PORT, and a path or nothing. */
static void read_target(target_t *to, const char *text)
{
    size_t host = strcspn(text, ":/");
    char *path = NULL;
    long port = text[host] == ':' ? strtol(text + host + 1, &path, 10) : 0;
    if (port < 1 || port > 65535 || host >= sizeof(to->host) ||
        strlen(path) >= sizeof(to->path))
        usage("a URL needs address:port");
    snprintf(to->host, sizeof(to->host), "%.*s", (int)host, text);
    if (!strcmp(to->host, "localhost"))
        snprintf(to->host, sizeof(to->host), "127.0.0.1");
    if (strncmp(to->host, "127.", 4))
        usage("only loopback targets");
    to->port = (int)port;
    snprintf(to->path, sizeof(to->path), "%s", path);
}

static void read_publish(const char *url)
{
    if (strncmp(url, "http://", 7))
        usage("-P needs http://127.x.y.z:port/path");
    read_target(&opt.publish, url + 7);
    if (!opt.publish.path[0])
        usage("-P needs a path");
}

static void read_server(const char *url)
{
    opt.tls = !strncmp(url, "wss://", 6);
    if (opt.tls || !strncmp(url, "ws://", 5))
        url += opt.tls ? 6 : 5;
    read_target(&opt.server, url);
    if (!opt.server.path[0])
        snprintf(opt.server.path, sizeof(opt.server.path), "%s",
                 opt.mode == MODE_SIO ? "/socket.io/?EIO=4&transport=websocket" : "/");
}

static void read_tokens(const char *file)
{
    char line[1024];
    FILE *in = fopen(file, "r");
    if (!in)
        usage(file);
    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0])
            continue;
        opt.tokens = realloc(opt.tokens, (size_t)(opt.ntokens + 1) * sizeof(*opt.tokens));
        opt.tokens[opt.ntokens++] = strdup(line);
    }
    fclose(in);
}

static load_mode_t mode(const char *name)
{
    static const char *const names[] = {"raw", "sio", "echo", "idle"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(name, names[i]))
            return (load_mode_t)i;
    usage(name);
    return MODE_RAW;
}

static void add_header(char *all, size_t size, const char *line)
{
    size_t len = strlen(all);
    if (len + strlen(line) + 3 > size)
        usage("too many headers");
    snprintf(all + len, size - len, "%s\r\n", line);
}

static void add_pid(int pid)
{
    if (opt.npids == PIDS_MAX)
        usage("too many -p");
    opt.pids[opt.npids++] = pid;
}

/* clang-format off: a table of options */
static void read_option(int o, const char *arg)
{
    switch (o) {
    case 'n':
        opt.conns = number(arg, 1, 1000000);
        break;
    case 'c':
        opt.in_flight = number(arg, 1, 1000000);
        break;
    case 's':
        opt.senders = number(arg, 1, 1000000);
        break;
    case 'r':
        opt.rate = real(arg);
        break;
    case 'w':
        opt.outstanding = number(arg, 0, 1000000);
        break;
    case 't':
        opt.seconds = real(arg);
        break;
    case 'l':
        opt.payload = number(arg, 0, PAYLOAD_MAX);
        break;
    case 'm':
        opt.mode = mode(arg);
        break;
    case 'N':
        opt.nsp = arg;
        break;
    case 'j':
        opt.event = arg;
        break;
    case 'J':
        opt.answer = arg;
        break;
    case 'F':
        read_tokens(arg);
        break;
    case 'H':
        add_header(opt.headers, sizeof(opt.headers), arg);
        break;
    case 'A':
        opt.addresses = number(arg, 1, 65535);
        break;
    case 'p':
        add_pid(number(arg, 1, 0x7fffffff));
        break;
    case 'P':
        read_publish(arg);
        break;
    case 'b':
        opt.body = arg;
        break;
    case 'T':
        opt.type = arg;
        break;
    case 'G':
        add_header(opt.publish_headers, sizeof(opt.publish_headers), arg);
        break;
    case 'k':
        opt.publishers = number(arg, 1, PUBLISHERS_MAX);
        break;
    case 'q':
        opt.quiet = 1;
        break;
    default:
        exit(2);
    }
}
/* clang-format on */

static void read_options(int argc, char **argv)
{
    int o;
    while ((o = getopt(argc, argv, "n:c:s:r:w:t:l:m:N:j:J:F:H:A:p:P:b:T:G:k:q")) != -1)
        read_option(o, optarg);
    if (optind >= argc)
        usage("no URL");
    if (strlen(opt.body) > 4096)
        usage("-b is too long");
    read_server(argv[optind]);
    if (opt.seconds > SECONDS_MAX)
        opt.seconds = SECONDS_MAX;
    if (opt.senders > opt.conns)
        opt.senders = opt.conns;
}

/* ---- load ---- */

static void poll_once(int ep, int timeout_ms)
{
    struct epoll_event events[512];
    int n = epoll_wait(ep, events, 512, timeout_ms);
    for (int i = 0; i < n; i++)
        if (!publish_event(events[i].data.ptr))
            conn_event(events[i].data.ptr, events[i].events);
}

/* Returns how long it took, in seconds; so does send_all(). */
static double connect_all(int ep)
{
    uint64_t begin = now_ns();
    while (count.ready + count.dead < opt.conns) {
        while (count.started < opt.conns && count.in_flight < opt.in_flight)
            conn_start();
        poll_once(ep, 100);
        if (now_ns() - begin > CONNECT_NS) {
            note("gave up connecting: %d ready, %d in flight, %d dead", count.ready,
                 count.in_flight, count.dead);
            break;
        }
    }
    return (double)(now_ns() - begin) / 1e9;
}

/* In turn over the senders. */
static void send_one(void)
{
    static unsigned turn;
    if (opt.publish.port)
        publish_send();
    else
        conn_send((int)(turn++ % (unsigned)opt.senders));
}

/* What is due by now; returns how long to wait for the next, in ms. */
static int send_due(uint64_t *next, uint64_t now)
{
    for (int burst = 0; *next <= now && burst < 1000; burst++) {
        send_one();
        *next += (uint64_t)(1e9 / opt.rate);
    }
    return *next > now ? (int)((*next - now) / 1000000) : 0;
}

/* EACH: receivers of a message. */
static double send_all(int ep, uint64_t each)
{
    uint64_t begin = now_ns(), next = begin, now,
             end = begin + (uint64_t)(opt.seconds * 1e9);
    int idle = opt.mode == MODE_IDLE || !each;
    while ((now = now_ns()) < end) {
        if (!idle && opt.outstanding) {
            uint64_t most = count.delivered + (uint64_t)opt.outstanding * each;
            for (int n = 0; n < opt.outstanding && count.sent * each < most; n++)
                send_one();
            poll_once(ep, 5);
        }
        else if (!idle && opt.rate > 0)
            poll_once(ep, send_due(&next, now));
        else
            poll_once(ep, 100);
    }
    return (double)(now_ns() - begin) / 1e9;
}

static void drain(int ep, uint64_t wanted)
{
    uint64_t end = now_ns() + DRAIN_NS;
    while (opt.mode != MODE_IDLE && count.delivered < wanted && now_ns() < end)
        poll_once(ep, 20);
}

static void allow_files(rlim_t n)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= n)
        return;
    limit.rlim_cur = n;
    if (limit.rlim_max < n)
        limit.rlim_max = n;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        perror("setrlimit");
}

int main(int argc, char **argv)
{
    run_t run = {0};
    uint64_t each;
    int ep = epoll_create1(EPOLL_CLOEXEC);
    read_options(argc, argv);
    run.url = argv[optind];
    allow_files((rlim_t)opt.conns + 128);
    count.connect = calloc((size_t)opt.conns, sizeof(*count.connect));
    count.latency_max = LATENCIES_MAX;
    count.latency = malloc(count.latency_max * sizeof(*count.latency));
    conns_init(ep);

    run.before = look();
    run.connect_s = connect_all(ep);
    run.connected = look();
    if (!opt.quiet)
        print_connected(&run);

    if (opt.publish.port)
        publish_init(ep);
    run.ready = count.ready;
    each = opt.mode == MODE_ECHO ? 1 : (uint64_t)run.ready;
    count.nlatency = 0;
    count.delivered = count.sent = 0;
    run.begin = look();
    run.send_s = send_all(ep, run.ready ? each : 0);
    run.in_time = count.delivered;
    run.end = look();
    drain(ep, count.sent * each);
    run.wanted = count.sent * each;
    print_result(&run);
    if (count.dead && opt.quiet)
        fprintf(stderr, "wsload: %d lost, last: %s\n", count.dead, count.last_error);
    return count.dead ? 1 : 0;
}
