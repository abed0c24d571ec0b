/* SPDX-License-Identifier: Apache-2.0 */
/* Read markers that sockets set. A commit waits for the disk, and the loop must not: a
 * thread of the site writes them, on a connection of its own. */
#include "api/button.h"
#include "base/bounds.h"
#include "base/thread.h"
#include "chatd/chatd.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct mark_t {
    rt_list link;
    chatd_user_t *user; /* the loop's */
    int has_ack;
    uint64_t ack;
    char hash[CHAT_HASH_SIZE];
    char *text; /* the body, then the answer */
} mark_t;

struct chatd_marks_t {
    chatd_site_t *site;
    chat_site_t chat; /* with a store of the thread's own, or NULL */
    apr_pool_t *pool; /* of that store */
    int failing;      /* it cannot be opened: logged once */
    rt_watch done;    /* an eventfd */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more;
    rt_list waiting, ended;
    int halted;
};

/* ---- in the thread ---- */

static apr_status_t open_store(struct chatd_marks_t *k)
{
    const chatd_site_t *site = k->site;
    const char *why;
    apr_status_t rv;
    if (k->chat.store && !chat_store_moved(k->chat.store))
        return APR_SUCCESS;
    k->chat.store = NULL;
    apr_pool_clear(k->pool);
    rv = chat_store_open(&k->chat.store, &why, &site->database, &k->chat.log, k->pool);
    if (rv == APR_SUCCESS)
        rv = chat_store_limit_time(k->chat.store, k->pool);
    if (rv != APR_SUCCESS && !k->failing)
        chat_log(&k->chat.log, CHAT_LOG_ERROR, 1040, rv,
                 "%s: read markers of sockets are refused, chatd tries again: %s",
                 site->conf->name, why);
    k->failing = rv != APR_SUCCESS;
    return rv == APR_SUCCESS ? rv : CHAT_BUSY;
}

/* The answer of /markread/ to M, as JSON. */
static void write_mark(struct chatd_marks_t *k, mark_t *m, apr_pool_t *pool)
{
    chat_call_t call = {.pool = pool,
                        .site = &k->chat,
                        .settings = &k->site->settings,
                        .dialect = CHAT_BUTTON,
                        .room = k->site->settings.room,
                        .address = "",
                        .now = apr_time_now()};
    chat_response_t resp;
    chat_button_t b = {.call = &call, .resp = &resp};
    const char *why;
    apr_status_t rv = open_store(k);
    chat_response_init(&resp, pool);
    memcpy(b.auth.hash, m->hash, sizeof(b.auth.hash));
    if (rv == APR_SUCCESS)
        rv = chat_json_parse(&b.body, &why, m->text, strlen(m->text), pool);
    if (rv == CHAT_MALFORMED)
        rv = chat_call_refuse_detail(&call, CHAT_P_MALFORMED, NULL, why);
    if (rv == APR_SUCCESS)
        rv = chat_button_markread(&b);
    if (rv != APR_SUCCESS && rv != CHAT_REFUSED)
        chat_problem_of_status(&call.problem, rv);
    if (rv != APR_SUCCESS)
        chat_button_refuse(&call, NULL, &resp);
    free(m->text);
    m->text = rt_strndup(resp.body.data, resp.body.len);
}

static mark_t *next_mark(struct chatd_marks_t *k)
{
    mark_t *m = NULL;
    pthread_mutex_lock(&k->lock);
    while (!k->halted && rt_list_empty(&k->waiting))
        pthread_cond_wait(&k->more, &k->lock);
    if (!k->halted) {
        m = rt_container(k->waiting.next, mark_t, link);
        rt_list_remove(&m->link);
    }
    pthread_mutex_unlock(&k->lock);
    return m;
}

static void *work(void *data)
{
    struct chatd_marks_t *k = data;
    apr_pool_t *pool;
    mark_t *m;
    /* pools of one thread alone */
    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS)
        return NULL;
    apr_pool_create(&k->pool, pool);
    while ((m = next_mark(k))) {
        apr_pool_t *scratch;
        apr_pool_create(&scratch, pool);
        write_mark(k, m, scratch);
        apr_pool_destroy(scratch);
        pthread_mutex_lock(&k->lock);
        rt_list_append(&k->ended, &m->link);
        pthread_mutex_unlock(&k->lock);
        eventfd_write(k->done.fd, 1);
    }
    apr_pool_destroy(pool);
    return NULL;
}

/* ---- in the loop ---- */

void chatd_user_free(chatd_user_t *user)
{
    user->socket = NULL;
    if (!user->marks)
        free(user);
}

static void free_mark(mark_t *m)
{
    m->user->marks--;
    if (!m->user->socket)
        chatd_user_free(m->user);
    free(m->text);
    free(m);
}

static void acknowledge(chatd_user_t *user, uint64_t ack, const char *json)
{
    json_t *args = json_array();
    json_array_append_new(args, json_loads(json, 0, NULL));
    rt_socket_acknowledge(user->socket, ack, args, (rt_blobs){NULL, 0});
    json_decref(args);
}

static void feed_sites(const chatd_site_t *site)
{
    chatd_site_t *other;
    chatd_room_t *room;
    for (unsigned i = 0; (other = chatd_site_sharing(site, &i));) {
        room = chatd_room_find(other, site->settings.room);
        if (room && chatd_site_ready(other))
            chatd_room_feed(room);
    }
}

static void tell_ended(rt_watch *watch, uint32_t events)
{
    struct chatd_marks_t *k = rt_container(watch, struct chatd_marks_t, done);
    rt_list ended;
    eventfd_t n;
    (void)events;
    eventfd_read(watch->fd, &n);
    pthread_mutex_lock(&k->lock);
    rt_list_move(&ended, &k->ended);
    pthread_mutex_unlock(&k->lock);
    while (!rt_list_empty(&ended)) {
        mark_t *m = rt_container(ended.next, mark_t, link);
        rt_list_remove(&m->link);
        if (m->has_ack && m->user->socket)
            acknowledge(m->user, m->ack, m->text);
        free_mark(m);
    }
    feed_sites(k->site);
}

static void free_marks(struct chatd_marks_t *k)
{
    rt_watch_stop(k->site->daemon->loop, &k->done);
    close(k->done.fd);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->more);
    free(k);
}

/* NULL: there are no descriptors or threads left. */
static struct chatd_marks_t *marks_of(chatd_site_t *site)
{
    struct chatd_marks_t *k = site->marks;
    int fd;
    if (k || (fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return k;
    k = rt_alloc(sizeof(*k));
    k->site = site;
    k->chat.log = site->site.log;
    k->done.ready = tell_ended;
    rt_list_init(&k->waiting);
    rt_list_init(&k->ended);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->more, NULL);
    if (rt_watch_start(site->daemon->loop, &k->done, fd, EPOLLIN) != 0 ||
        chat_thread_start(&k->thread, work, k) != 0) {
        k->done.fd = fd;
        free_marks(k);
        return NULL;
    }
    site->marks = k;
    return k;
}

static int within_rules(const chatd_user_t *user)
{
    const chat_rule_t rule = {CHAT_MARKS_PER_ACCOUNT, CHAT_MARKS_SECONDS, 1};
    chatd_site_t *site = user->site;
    const char *key = apr_pstrcat(site->daemon->scratch, "marks ", user->hash, NULL);
    apr_int64_t wait;
    return user->marks < CHAT_MARKS_PER_SOCKET &&
           chat_limit_take(site->daemon->limits,
                           chat_hash_short(&site->site.secret, key, strlen(key)), &rule,
                           apr_time_now(), &wait);
}

static void refuse(chatd_user_t *user, const rt_event *event, chat_problem_code_t code)
{
    chat_call_t call;
    chat_response_t resp;
    if (!event->has_ack)
        return;
    chatd_site_call(&call, user->site);
    chat_response_init(&resp, call.pool);
    chat_refuse_number(&call.problem, code, CHAT_MARK_BYTES);
    chat_button_refuse(&call, NULL, &resp);
    acknowledge(user, event->ack, chat_buffer_text(&resp.body));
}

static void queue(struct chatd_marks_t *k, mark_t *m)
{
    m->user->marks++;
    pthread_mutex_lock(&k->lock);
    rt_list_append(&k->waiting, &m->link);
    pthread_cond_signal(&k->more);
    pthread_mutex_unlock(&k->lock);
}

void chatd_mark(chatd_user_t *user, const rt_event *event, const json_t *body)
{
    struct chatd_marks_t *k = NULL;
    char *text = json_is_object(body) ? json_dumps(body, JSON_COMPACT) : NULL;
    mark_t *m;
    if (!user->member)
        refuse(user, event, CHAT_P_NOT_LOGGED_IN);
    else if (!text)
        refuse(user, event, CHAT_P_MALFORMED);
    else if (strlen(text) > CHAT_MARK_BYTES)
        refuse(user, event, CHAT_P_TOO_LARGE);
    else if (!within_rules(user))
        refuse(user, event, CHAT_P_RATE);
    else if (!(k = marks_of(user->site)))
        refuse(user, event, CHAT_P_UNAVAILABLE);
    if (!k) {
        free(text);
        return;
    }
    m = rt_alloc(sizeof(*m));
    m->user = user;
    m->has_ack = event->has_ack;
    m->ack = event->ack;
    m->text = text;
    memcpy(m->hash, user->hash, sizeof(m->hash));
    queue(k, m);
}

void chatd_marks_halt(chatd_site_t *site)
{
    struct chatd_marks_t *k = site->marks;
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->halted = 1;
    pthread_cond_signal(&k->more);
    pthread_mutex_unlock(&k->lock);
}

void chatd_marks_destroy(chatd_site_t *site)
{
    struct chatd_marks_t *k = site->marks;
    if (!k)
        return;
    chatd_marks_halt(site);
    pthread_join(k->thread, NULL);
    for (rt_list *list = &k->waiting; list;
         list = list == &k->waiting ? &k->ended : NULL) {
        while (!rt_list_empty(list)) {
            mark_t *m = rt_container(list->next, mark_t, link);
            rt_list_remove(&m->link);
            free_mark(m);
        }
    }
    free_marks(k);
    site->marks = NULL;
}
