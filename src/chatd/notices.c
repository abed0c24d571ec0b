/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that speaks to other machines on a PostgreSQL database: store/notice.h on
 * one side, the loop on the other. */
#include "chatd/notices.h"

#include "base/thread.h"
#include "store/notice.h"

#include <apr_strings.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Texts that wait on either side; what is more is dropped. */
#define WAITING_MAX 4096
/* News of chatrooms gather for this long behind those that were just told. */
#define PAUSE_US 3000
#define RETRY_US 200000
#define RETRIES 5

typedef struct text_t {
    struct text_t *next;
    char text[];
} text_t;

typedef struct queue_t {
    text_t *first, **last;
    int n;
} queue_t;

typedef struct chatd_notices_t {
    chatd_site_t *site;
    void (*hear)(chatd_site_t *site, const char *text);
    rt_watch came; /* an eventfd: texts are in `in` */
    int wake;      /* an eventfd: the thread has something to do */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    queue_t in, out;
    chatd_int_map_t rooms; /* that have news */
    int connected, ends;
} chatd_notices_t;

int chatd_notices_prefix(const chatd_site_t *site, char *text, chatd_notice_kind_t kind)
{
    return apr_snprintf(text, CHAT_NOTICE_MAX,
                        "%" APR_UINT64_T_HEX_FMT "\n%" APR_INT64_T_FMT "\n%c",
                        chat_hash_short(&site->site.secret, "notices", 7),
                        (apr_int64_t)(site->daemon->node + (int64_t)site->number), kind);
}

static void put(queue_t *q, const char *text)
{
    size_t size = strlen(text) + 1;
    text_t *t;
    if (q->n >= WAITING_MAX)
        return;
    t = rt_alloc(sizeof(*t) + size);
    memcpy(t->text, text, size);
    if (!q->first)
        q->last = &q->first;
    *q->last = t;
    q->last = &t->next;
    q->n++;
}

static text_t *take_all(chatd_notices_t *n, queue_t *q)
{
    text_t *first;
    pthread_mutex_lock(&n->mutex);
    first = q->first;
    *q = (queue_t){NULL, NULL, 0};
    pthread_mutex_unlock(&n->mutex);
    return first;
}

static text_t *drop_first(text_t *t)
{
    text_t *next = t->next;
    free(t);
    return next;
}

static int ends(chatd_notices_t *n)
{
    int yes;
    pthread_mutex_lock(&n->mutex);
    yes = n->ends;
    pthread_mutex_unlock(&n->mutex);
    return yes;
}

/* Whether there are some: one text of all chatrooms that have news. */
static int take_rooms(chatd_notices_t *n, char *text)
{
    int64_t room;
    size_t i = 0;
    int len;
    pthread_mutex_lock(&n->mutex);
    len = chatd_notices_prefix(n->site, text, CHATD_NOTICE_NEWS);
    while (len < CHAT_NOTICE_MAX - 24 && chatd_int_map_next(&n->rooms, &i, &room))
        len += apr_snprintf(text + len, 24, "\n%" APR_INT64_T_FMT, room);
    chatd_int_map_free(&n->rooms);
    n->rooms = (chatd_int_map_t){0};
    pthread_mutex_unlock(&n->mutex);
    return i != 0;
}

static apr_status_t say_all(chatd_notices_t *n, chat_notices_t *link)
{
    char news[CHAT_NOTICE_MAX + 1];
    apr_status_t rv = APR_SUCCESS;
    text_t *t = take_all(n, &n->out);
    for (; t; t = drop_first(t)) {
        if (rv == APR_SUCCESS)
            rv = chat_notices_say(link, t->text);
    }
    if (rv == APR_SUCCESS && take_rooms(n, news)) {
        rv = chat_notices_say(link, news);
        usleep(PAUSE_US);
    }
    return rv;
}

static apr_status_t hear_all(chatd_notices_t *n, chat_notices_t *link)
{
    const char *text;
    int any = 0;
    apr_status_t rv;
    while ((rv = chat_notices_next(&text, link)) == APR_SUCCESS && text) {
        pthread_mutex_lock(&n->mutex);
        put(&n->in, text);
        pthread_mutex_unlock(&n->mutex);
        any = 1;
    }
    if (any)
        eventfd_write(n->came.fd, 1);
    return rv;
}

static apr_status_t serve(chatd_notices_t *n, chat_notices_t *link)
{
    struct pollfd fds[2] = {{chat_notices_socket(link), POLLIN, 0}, {n->wake, POLLIN, 0}};
    apr_status_t rv = APR_SUCCESS;
    while (rv == APR_SUCCESS && !ends(n)) {
        eventfd_t count;
        poll(fds, 2, -1);
        if (fds[1].revents) {
            eventfd_read(n->wake, &count);
            rv = say_all(n, link);
        }
        /* what came during a statement is with libpq, and no longer in the socket */
        if (rv == APR_SUCCESS)
            rv = hear_all(n, link);
    }
    return rv;
}

/* One line when the connection goes, one when it is back. */
static void note(chatd_notices_t *n, int connected, const char *why)
{
    int before;
    pthread_mutex_lock(&n->mutex);
    before = n->connected;
    n->connected = connected;
    pthread_mutex_unlock(&n->mutex);
    if (connected == before)
        return;
    if (!connected)
        chat_log(&n->site->daemon->log, CHAT_LOG_WARNING, 1070, APR_SUCCESS,
                 "%s: no notices to and from other machines: %s; events of theirs come a "
                 "little later",
                 n->site->conf->name, why);
    else if (before == 0)
        chat_log(&n->site->daemon->log, CHAT_LOG_NOTICE, 1071, APR_SUCCESS,
                 "%s: notices to and from other machines again", n->site->conf->name);
}

static void *work(void *data)
{
    chatd_notices_t *n = data;
    while (!ends(n)) {
        chat_notices_t *link;
        const char *why = "";
        apr_pool_t *pool;
        apr_status_t rv;
        apr_pool_create(&pool, NULL);
        rv = chat_notices_open(&link, &why, &n->site->database, pool);
        if (rv == APR_SUCCESS) {
            note(n, 1, NULL);
            serve(n, link);
            why = "the connection was lost";
        }
        if (!ends(n))
            note(n, 0, why);
        apr_pool_destroy(pool);
        for (int i = 0; i < RETRIES && !ends(n); i++)
            usleep(RETRY_US);
    }
    return NULL;
}

static void notices_came(rt_watch *watch, uint32_t events)
{
    chatd_notices_t *n = rt_container(watch, chatd_notices_t, came);
    eventfd_t count;
    (void)events;
    eventfd_read(watch->fd, &count);
    for (text_t *t = take_all(n, &n->in); t; t = drop_first(t))
        n->hear(n->site, t->text);
    apr_pool_clear(n->site->daemon->scratch);
}

void chatd_notices_create(chatd_site_t *site,
                          void (*hear)(chatd_site_t *site, const char *text))
{
    chatd_notices_t *n;
    unsigned i = 0;
    if (site->database.file || chatd_site_sharing(site, &i) != site)
        return;
    n = rt_alloc(sizeof(*n));
    n->site = site;
    n->hear = hear;
    n->connected = -1;
    n->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    n->came.ready = notices_came;
    pthread_mutex_init(&n->mutex, NULL);
    rt_watch_start(site->daemon->loop, &n->came, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                   EPOLLIN);
    site->notices = n;
    if (chat_thread_start(&n->thread, work, n) == 0)
        return;
    n->ends = -1;
    chatd_notices_destroy(site);
}

static chatd_notices_t *of(const chatd_site_t *site)
{
    unsigned i = 0;
    const chatd_site_t *first = chatd_site_sharing(site, &i);
    return first ? first->notices : NULL;
}

void chatd_notices_say(const chatd_site_t *site, const char *text)
{
    chatd_notices_t *n = of(site);
    if (!n)
        return;
    pthread_mutex_lock(&n->mutex);
    put(&n->out, text);
    pthread_mutex_unlock(&n->mutex);
    eventfd_write(n->wake, 1);
}

void chatd_notices_news(const chatd_site_t *site, apr_int64_t room)
{
    chatd_notices_t *n = of(site);
    int first;
    if (!n)
        return;
    pthread_mutex_lock(&n->mutex);
    first = !n->rooms.used;
    chatd_int_map_set(&n->rooms, room, n);
    pthread_mutex_unlock(&n->mutex);
    if (first)
        eventfd_write(n->wake, 1);
}

void chatd_notices_destroy(chatd_site_t *site)
{
    chatd_notices_t *n = site->notices;
    int runs;
    if (!n)
        return;
    pthread_mutex_lock(&n->mutex);
    runs = !n->ends;
    n->ends = 1;
    pthread_mutex_unlock(&n->mutex);
    eventfd_write(n->wake, 1);
    if (runs)
        pthread_join(n->thread, NULL);
    rt_watch_stop(site->daemon->loop, &n->came);
    close(n->came.fd);
    close(n->wake);
    for (text_t *t = take_all(n, &n->in); t;)
        t = drop_first(t);
    for (text_t *t = take_all(n, &n->out); t;)
        t = drop_first(t);
    chatd_int_map_free(&n->rooms);
    pthread_mutex_destroy(&n->mutex);
    free(n);
    site->notices = NULL;
}
