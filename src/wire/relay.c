/* SPDX-License-Identifier: Apache-2.0 */
/* The relay thread: bytes from chatd to clients whose connections are parked. An epoll of
 * its own and no library: what waits here waits in httpd's MPM as well, and shares one
 * mutex. */
#include "wire/relay.h"

#include "base/thread.h"
#include "wire/places.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define PIECE 16384 /* one TLS record */
#define LOOK_MS_MAX 60000
#define PIECES 4 /* of one client in a row, while the others wait */

/* The lowest bit of an event's pointer selects the descriptor. */
#define ABOUT_CLIENT ((uintptr_t)1)

struct chat_relay_t {
    int epoll;
    int wake; /* eventfd */
    int stop;
    chat_places_t places;
    int users; /* the child's pool and every connection: the last one frees all */
    pthread_t thread;
    chat_parked_t *graves;
    chat_parked_t *idle;  /* answered, and not heard of since; the thread's */
    apr_time_t idle_look; /* when the first of them may be due; 0: never */
    apr_time_t retire_at; /* the last ones end then; 0: the child is not about to end */
    pthread_mutex_t mutex;
    chat_parked_t *all; /* guarded by the mutex */
    struct chat_relay_t **owner;
};

static int is_retiring(const chat_relay_t *relay)
{
    return __atomic_load_n(&relay->retire_at, __ATOMIC_RELAXED) != 0;
}

/* ---- permission to write ---- */

/* The relay thread never waits for an MPM's thread: that one calls it back. */
static int lock_or_miss(chat_parked_t *p)
{
    if (pthread_mutex_trylock(&p->mutex) == 0)
        return 1;
    __atomic_store_n(&p->missed, 1, __ATOMIC_SEQ_CST);
    if (pthread_mutex_trylock(&p->mutex) != 0)
        return 0;
    __atomic_store_n(&p->missed, 0, __ATOMIC_SEQ_CST);
    return 1;
}

static void arm(const chat_parked_t *p, int client)
{
    struct epoll_event event = {
        .events = (client ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT,
        .data.u64 = (uintptr_t)p | (client ? ABOUT_CLIENT : 0),
    };
    epoll_ctl(p->relay->epoll, EPOLL_CTL_MOD, client ? p->fd : p->sp, &event);
}

static void arm_next(const chat_parked_t *p)
{
    if (p->backlog_len)
        arm(p, 1);
    else if (p->sp >= 0 && !p->eof && !p->closing)
        arm(p, 0);
}

void chat_relay_lock(chat_parked_t *p)
{
    if (!p->mine) {
        pthread_mutex_lock(&p->mutex);
        p->mine = 1;
    }
}

void chat_relay_unlock(chat_parked_t *p)
{
    int backlog = p->backlog_len > 0;
    p->mine = 0;
    pthread_mutex_unlock(&p->mutex);
    /* The relay thread may come, and miss, while this arms it. */
    while (__atomic_exchange_n(&p->missed, 0, __ATOMIC_SEQ_CST) || backlog) {
        backlog = 0;
        pthread_mutex_lock(&p->mutex);
        arm_next(p);
        pthread_mutex_unlock(&p->mutex);
    }
}

/* ---- to the client ---- */

static int keep(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    apr_size_t need = p->backlog_start + p->backlog_len + len;
    char *more;
    if (need > p->backlog_size) {
        more = realloc(p->backlog, need);
        if (!more)
            return 0;
        p->backlog = more;
        p->backlog_size = need;
    }
    memcpy(p->backlog + p->backlog_start + p->backlog_len, bytes, len);
    p->backlog_len += len;
    return 1;
}

static ssize_t send_some(const chat_parked_t *p, const char *bytes, apr_size_t len)
{
    ssize_t n;
    do
        n = send(p->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

apr_status_t chat_relay_write(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    ssize_t n = 0;
    if (p->broken)
        return APR_ECONNABORTED;
    if (!p->backlog_len)
        n = send_some(p, bytes, len);
    if (n < 0 || ((apr_size_t)n < len && !keep(p, bytes + n, len - (apr_size_t)n))) {
        p->broken = 1;
        return APR_ECONNABORTED;
    }
    return APR_SUCCESS;
}

static void flush_backlog(chat_parked_t *p)
{
    ssize_t n = send_some(p, p->backlog + p->backlog_start, p->backlog_len);
    if (n < 0) {
        p->broken = 1;
        return;
    }
    p->backlog_start += (apr_size_t)n;
    p->backlog_len -= (apr_size_t)n;
    if (!p->backlog_len) {
        free(p->backlog);
        p->backlog = NULL;
        p->backlog_start = p->backlog_size = 0;
    }
}

static void pass(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    if (len && !p->broken && p->pass(p, bytes, len) != APR_SUCCESS)
        p->broken = 1;
}

/* ---- answers to polls ---- */

typedef struct text_t {
    char bytes[CHAT_WIRE_ANSWER_HEAD_MAX + 512];
    apr_size_t len;
} text_t;

static void add(text_t *text, const char *bytes)
{
    apr_size_t len = strlen(bytes);
    if (len < sizeof(text->bytes) - text->len) {
        memcpy(text->bytes + text->len, bytes, len);
        text->len += len;
    }
}

static void add_line(void *baton, const char *name, const char *value)
{
    add(baton, name);
    add(baton, ": ");
    add(baton, value);
    add(baton, "\r\n");
}

static void pass_head(void *baton)
{
    chat_parked_t *p = baton;
    text_t text = {.len = 0};
    char *end = strchr(p->answer.head, '\n');
    if (is_retiring(p->relay))
        p->close = 1;
    *end = '\0';
    add(&text, p->answer.head);
    *end = '\n';
    add(&text, "\n");
    chat_wire_answer_lines(&p->answer, add_line, &text);
    add(&text, p->close ? "Connection: close\r\n" : p->connection);
    add(&text, "\r\n");
    pass(p, text.bytes, text.len);
}

static void pass_body(void *baton, const char *bytes, apr_size_t len)
{
    pass(baton, bytes, len);
}

static void take_answer(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    p->answer.begin = pass_head;
    p->answer.body = pass_body;
    p->answer.baton = p;
    chat_wire_answer_take(&p->answer, bytes, len);
    if (p->answer.state == CHAT_WIRE_ANSWER_BAD)
        p->broken = 1;
}

/* ---- from chatd ---- */

/* The socket becomes readable, the MPM gives the connection to a thread, and that closes
 * it in httpd's own way. */
static void end(chat_parked_t *p)
{
    p->closing = 1;
    shutdown(p->fd, SHUT_RD);
}

/* A poll whose answer will not come. Were its connection just closed, browsers might send
 * the request once more by themselves. */
static void pass_unavailable(chat_parked_t *p)
{
    static const char body[] = "{\"code\":4,\"message\":\"Realtime is not available\"}";
    char head[256];
    int len = apr_snprintf(head, sizeof(head),
                           "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                           "Cache-Control: no-store\r\nConnection: close\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %d\r\n\r\n",
                           (int)sizeof(body) - 1);
    p->answer.state = CHAT_WIRE_ANSWER_DONE;
    p->close = 1;
    pass(p, head, (apr_size_t)len);
    if (!p->answer.bodyless)
        pass(p, body, sizeof(body) - 1);
}

static void pump(chat_parked_t *p)
{
    char bytes[PIECE];
    ssize_t n = 0;
    for (int i = 0; i < PIECES && !p->backlog_len && !p->broken && !p->eof; i++) {
        n = recv(p->sp, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0)
            p->eof = 1;
        else if (p->poll)
            take_answer(p, bytes, (apr_size_t)n);
        else
            pass(p, bytes, (apr_size_t)n);
    }
    if (p->eof && p->poll && p->answer.state == CHAT_WIRE_ANSWER_HEAD)
        pass_unavailable(p);
}

void chat_relay_drain(chat_parked_t *p)
{
    while (!p->backlog_len && !p->broken && !p->eof)
        pump(p);
}

static int over(const chat_parked_t *p)
{
    if (p->broken)
        return 1;
    if (p->backlog_len)
        return 0;
    if (p->answer.state == CHAT_WIRE_ANSWER_DONE)
        return p->close;
    return p->eof;
}

/* ---- answered polls ---- */

/* The poll is over, but the MPM does not know: it would keep the connection for Timeout,
 * which is meant for polls that wait. */
static void idle_begin(chat_parked_t *p)
{
    chat_relay_t *relay = p->relay;
    /* whole seconds: many that are due at different times are one look */
    p->idle_until = apr_time_from_sec(apr_time_sec(apr_time_now() + p->keep) + 1);
    if (!relay->idle_look || p->idle_until < relay->idle_look)
        relay->idle_look = p->idle_until;
    p->idle_next = relay->idle;
    p->idle_at = &relay->idle;
    if (p->idle_next)
        p->idle_next->idle_at = &p->idle_next;
    relay->idle = p;
}

static void idle_end(chat_parked_t *p)
{
    if (!p->idle_at)
        return;
    *p->idle_at = p->idle_next;
    if (p->idle_next)
        p->idle_next->idle_at = p->idle_at;
    p->idle_at = NULL;
}

/* One whose client has just sent its next request is the MPM's already. One that a thread
 * has just now is looked at again. */
static void idle_close(chat_parked_t *p)
{
    char byte;
    if (pthread_mutex_trylock(&p->mutex) != 0) {
        p->idle_until = apr_time_now() + apr_time_from_sec(1);
        return;
    }
    idle_end(p);
    if (!p->released && !p->closing && recv(p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
        end(p);
    pthread_mutex_unlock(&p->mutex);
}

/* Closes idle ones that are due; milliseconds until more may be, -1 for never. */
static int idle_check(chat_relay_t *relay)
{
    apr_time_t now = relay->idle_look ? apr_time_now() : 0;
    int all = is_retiring(relay);
    chat_parked_t *p, *next;
    if (all || now >= relay->idle_look) {
        relay->idle_look = 0;
        for (p = relay->idle; p; p = next) {
            next = p->idle_next;
            if (all || p->idle_until <= now)
                idle_close(p);
            if (p->idle_at && (!relay->idle_look || p->idle_until < relay->idle_look))
                relay->idle_look = p->idle_until;
        }
    }
    if (!relay->idle_look)
        return -1;
    return (int)MIN(apr_time_as_msec(relay->idle_look - now) + 1, LOOK_MS_MAX);
}

/* The last ones may wait without end: clients that read nothing, a stopped chatd. Their
 * owner finds the end of the connection. */
static int retire_check(chat_relay_t *relay)
{
    apr_time_t at = __atomic_load_n(&relay->retire_at, __ATOMIC_RELAXED);
    apr_time_t left = at - apr_time_now();
    chat_parked_t *p;
    if (!at)
        return -1;
    if (left > 0)
        return (int)apr_time_as_msec(left) + 1;
    pthread_mutex_lock(&relay->mutex);
    for (p = relay->all; p; p = p->all_next)
        shutdown(p->fd, SHUT_RDWR);
    pthread_mutex_unlock(&relay->mutex);
    return 1000; /* for one that arrived meanwhile */
}

static void finish(chat_parked_t *p)
{
    p->answered = 1;
    close(p->sp);
    p->sp = -1;
    p->counted = 0;
    chat_relay_dismiss(p->relay, p->key);
    idle_begin(p);
}

static void serve(chat_parked_t *p)
{
    if (p->backlog_len)
        flush_backlog(p);
    if (p->sp >= 0)
        pump(p);
    if (over(p)) {
        end(p);
        return;
    }
    if (p->answer.state == CHAT_WIRE_ANSWER_DONE && !p->backlog_len)
        finish(p);
    arm_next(p);
}

/* ---- the thread ---- */

static void free_graves(chat_relay_t *relay)
{
    chat_parked_t *p = __atomic_exchange_n(&relay->graves, NULL, __ATOMIC_ACQUIRE);
    while (p) {
        chat_parked_t *next = p->next;
        idle_end(p);
        pthread_mutex_destroy(&p->mutex);
        chat_wire_answer_clear(&p->answer);
        free(p->backlog);
        free(p);
        p = next;
    }
}

static void handle(chat_relay_t *relay, const struct epoll_event *event)
{
    chat_parked_t *p = (chat_parked_t *)(uintptr_t)(event->data.u64 & ~ABOUT_CLIENT);
    eventfd_t n;
    if (!p) {
        eventfd_read(relay->wake, &n);
        return;
    }
    if (!lock_or_miss(p))
        return;
    if (!p->released && !p->closing && !p->answered)
        serve(p);
    pthread_mutex_unlock(&p->mutex);
}

static void *relay_thread(void *baton)
{
    chat_relay_t *relay = baton;
    struct epoll_event events[EVENTS];
    while (!__atomic_load_n(&relay->stop, __ATOMIC_ACQUIRE)) {
        int idle = idle_check(relay), retire = retire_check(relay), i, n;
        int wait = idle < 0 || (retire >= 0 && retire < idle) ? retire : idle;
        n = epoll_wait(relay->epoll, events, EVENTS, wait);
        for (i = 0; i < n; i++)
            handle(relay, &events[i]);
        free_graves(relay);
    }
    return NULL;
}

/* ---- for the MPM's threads ---- */

/* A child may end with connections still parked: their pools go after the relay's. */
static void leave(chat_relay_t *relay)
{
    if (__atomic_sub_fetch(&relay->users, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free_graves(relay);
    if (relay->epoll >= 0)
        close(relay->epoll);
    if (relay->wake >= 0)
        close(relay->wake);
    pthread_mutex_destroy(&relay->mutex);
    free(relay);
}

static void list(chat_relay_t *relay, chat_parked_t *p)
{
    pthread_mutex_lock(&relay->mutex);
    p->all_next = relay->all;
    p->all_at = &relay->all;
    if (p->all_next)
        p->all_next->all_at = &p->all_next;
    relay->all = p;
    pthread_mutex_unlock(&relay->mutex);
}

static void unlist(chat_relay_t *relay, chat_parked_t *p)
{
    pthread_mutex_lock(&relay->mutex);
    *p->all_at = p->all_next;
    if (p->all_next)
        p->all_next->all_at = p->all_at;
    pthread_mutex_unlock(&relay->mutex);
}

apr_status_t chat_relay_add(chat_parked_t *p)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLONESHOT,
        .data.u64 = (uintptr_t)p,
    };
    __atomic_add_fetch(&p->relay->users, 1, __ATOMIC_RELAXED);
    p->counted = 1;
    pthread_mutex_init(&p->mutex, NULL);
    chat_relay_lock(p);
    list(p->relay, p);
    if (epoll_ctl(p->relay->epoll, EPOLL_CTL_ADD, p->sp, &event) != 0)
        return errno;
    /* armed when there is a backlog; errors are the MPM's to see */
    event.events = EPOLLONESHOT;
    event.data.u64 |= ABOUT_CLIENT;
    if (epoll_ctl(p->relay->epoll, EPOLL_CTL_ADD, p->fd, &event) != 0)
        return errno;
    return APR_SUCCESS;
}

void chat_relay_remove(chat_parked_t *p)
{
    chat_relay_t *relay = p->relay;
    apr_uint64_t key = p->key;
    int counted = p->counted;
    p->released = 1;
    unlist(relay, p);
    epoll_ctl(relay->epoll, EPOLL_CTL_DEL, p->fd, NULL);
    if (p->sp >= 0) {
        epoll_ctl(relay->epoll, EPOLL_CTL_DEL, p->sp, NULL);
        close(p->sp);
        p->sp = -1;
    }
    p->mine = 0;
    pthread_mutex_unlock(&p->mutex);
    p->next = __atomic_load_n(&relay->graves, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&relay->graves, &p->next, p, 0, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
    eventfd_write(relay->wake, 1);
    if (counted)
        chat_relay_dismiss(relay, key);
    leave(relay);
}

int chat_relay_admit(chat_relay_t *relay, apr_uint64_t key)
{
    return chat_places_take(&relay->places, key);
}

void chat_relay_dismiss(chat_relay_t *relay, apr_uint64_t key)
{
    chat_places_leave(&relay->places, key);
}

void chat_relay_retire(chat_relay_t *relay)
{
    __atomic_store_n(&relay->retire_at,
                     apr_time_now() + apr_time_from_msec(CHAT_RELAY_RETIRE_MS),
                     __ATOMIC_RELAXED);
    eventfd_write(relay->wake, 1);
}

static apr_status_t stop(void *baton)
{
    chat_relay_t *relay = baton;
    *relay->owner = NULL;
    __atomic_store_n(&relay->stop, 1, __ATOMIC_RELEASE);
    eventfd_write(relay->wake, 1);
    pthread_join(relay->thread, NULL);
    leave(relay);
    return APR_SUCCESS;
}

static apr_status_t start(chat_relay_t *relay)
{
    struct epoll_event event = {.events = EPOLLIN};
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
    relay->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (relay->epoll < 0 || relay->wake < 0 ||
        epoll_ctl(relay->epoll, EPOLL_CTL_ADD, relay->wake, &event) != 0)
        return errno;
    return chat_thread_start(&relay->thread, relay_thread, relay);
}

apr_status_t chat_relay_create(chat_relay_t **out, int max, int share, apr_pool_t *pool)
{
    chat_relay_t *relay = calloc(1, sizeof(*relay));
    apr_status_t rv;
    if (!relay)
        return APR_ENOMEM;
    relay->places.max = max;
    relay->places.share = share;
    relay->users = 1;
    relay->wake = -1;
    pthread_mutex_init(&relay->mutex, NULL);
    relay->owner = out;
    rv = start(relay);
    if (rv != APR_SUCCESS) {
        leave(relay);
        return rv;
    }
    apr_pool_pre_cleanup_register(pool, relay, stop);
    *out = relay;
    return APR_SUCCESS;
}
