/* SPDX-License-Identifier: Apache-2.0 */
/* Units that share a transaction on PostgreSQL. */
#include "store.h"

static apr_int64_t author(fixture_t *f)
{
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    commit(f);
    return id;
}

#define APPENDS 12

typedef enum kind_t {
    GATE,
    PLAIN,
    REFUSED,
    REFUSED_LATE,
    REFUSED_WRITTEN, /* its message, and those before it, are inserted */
    FAILING,
    ELSEWHERE
} kind_t;

/* A unit that lasts until it is let go. */
typedef struct held_t {
    fixture_t *f;
    int begun, done;
    pthread_t thread;
} held_t;

static apr_status_t hold(chat_tx_t *tx, void *baton)
{
    held_t *h = baton;
    (void)tx;
    __atomic_store_n(&h->begun, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&h->done, __ATOMIC_SEQ_CST))
        apr_sleep(1000);
    return APR_SUCCESS;
}

static void use_stack(void)
{
    volatile unsigned char used[16384];
    for (size_t i = 0; i < sizeof(used); i++)
        used[i] = 0xff;
}

static void *hold_thread(void *baton)
{
    held_t *h = baton;
    chat_store_read(h->f->store, hold, h);
    use_stack();
    return NULL;
}

static void begin_held(held_t *h, fixture_t *f)
{
    *h = (held_t){.f = f};
    pthread_create(&h->thread, NULL, hold_thread, h);
    while (!__atomic_load_n(&h->begun, __ATOMIC_SEQ_CST))
        apr_sleep(1000);
}

/* Does nothing for one that was let go. */
static void end_held(held_t *h)
{
    if (__atomic_exchange_n(&h->done, 1, __ATOMIC_SEQ_CST))
        return;
    pthread_join(h->thread, NULL);
}

typedef struct append_t {
    fixture_t *f;
    held_t *held; /* or NULL: ends within a unit that is refused */
    kind_t kind;
    apr_int64_t author;
    int *begun;
    apr_status_t rv;
    pthread_t thread;
} append_t;

static int is_refused(kind_t kind)
{
    return kind == REFUSED || kind == REFUSED_LATE || kind == REFUSED_WRITTEN;
}

static apr_status_t append(chat_tx_t *tx, void *baton)
{
    append_t *a = baton;
    chat_message_t m;
    apr_int64_t number;
    apr_time_t time;
    apr_status_t rv;
    while (a->kind == GATE && __atomic_load_n(a->begun, __ATOMIC_SEQ_CST) < APPENDS)
        apr_sleep(1000);
    if (a->kind == GATE)
        apr_sleep(50000);
    if (a->kind == REFUSED && a->held)
        end_held(a->held);
    if (a->kind == REFUSED)
        return CHAT_REFUSED;
    if (a->kind == ELSEWHERE)
        return chat_tx_number(&number, &time, tx, 2);
    rv = put_message(&number, tx, a->kind == FAILING ? 4711 : a->author, 1, "hello");
    if (rv == APR_SUCCESS && a->kind == REFUSED_WRITTEN)
        rv = chat_message_by_id(&m, tx, number, a->f->pool);
    return rv == APR_SUCCESS && is_refused(a->kind) ? CHAT_REFUSED : rv;
}

static void *append_thread(void *baton)
{
    append_t *a = baton;
    __atomic_add_fetch(a->begun, 1, __ATOMIC_SEQ_CST);
    a->rv = chat_store_append(a->f->store, append, a);
    return NULL;
}

/* Appends of KINDS in turn, which wait behind a first one; returns how many messages are
 * there then. */
static apr_int64_t append_all(fixture_t *f, const kind_t *kinds, int n, apr_int64_t who,
                              held_t *held)
{
    append_t all[APPENDS] = {{0}};
    int begun = 0;
    for (int i = 0; i < APPENDS; i++) {
        append_t *a = &all[i];
        *a = (append_t){.f = f, .held = held, .author = who, .begun = &begun};
        a->kind = i ? kinds[i % n] : GATE;
        pthread_create(&a->thread, NULL, append_thread, a);
        while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST))
            apr_sleep(1000);
    }
    for (int i = 0; i < APPENDS; i++) {
        kind_t kind = all[i].kind;
        pthread_join(all[i].thread, NULL);
        if (is_refused(kind))
            IS(all[i].rv, CHAT_REFUSED);
        else if (kind == FAILING)
            assert_true(CHAT_IS_FAILURE(all[i].rv));
        else
            OK(all[i].rv);
    }
    return ask(f, "SELECT count(*) FROM message");
}

/* On a busy machine some wait too long and go alone. */
static void shared_transaction(void **state)
{
    static const kind_t kinds[] = {PLAIN, REFUSED, PLAIN};
    fixture_t *f = fixture(state);
    apr_int64_t who = author(f), shared = 0;
    for (int i = 1; i <= 20 && !shared; i++) {
        assert_int_equal(append_all(f, kinds, 3, who, NULL), 8 * i);
        assert_int_equal(ask(f, "SELECT last_number FROM chatroom WHERE id = 1"), 8 * i);
        shared = ask(f, "SELECT count(*) - count(DISTINCT xmin::text) FROM message");
    }
    assert_true(shared > 0);
    assert_int_equal(ask(f,
                         "SELECT count(*) FROM message m JOIN message n ON n.id > m.id "
                         "AND n.created_at <= m.created_at"),
                     0);
}

/* A bad one fails alone, and one of another chatroom goes alone. */
static void bad_ones_in_a_shared_transaction(void **state)
{
    static const kind_t kinds[] = {PLAIN, ELSEWHERE, REFUSED_LATE, PLAIN, FAILING},
                        seen[] = {PLAIN, REFUSED_WRITTEN, PLAIN};
    fixture_t *f = fixture(state);
    apr_int64_t who = author(f), room;
    chat_tx_t *tx = begin(f);
    OK(chat_room_insert(&room, tx, new_uuid(f->pool), "second", 5));
    commit(f);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(append_all(f, kinds, 5, who, NULL), 5 * i);
        assert_int_equal(ask(f, "SELECT last_number FROM chatroom WHERE id = 1"), 5 * i);
        assert_int_equal(ask(f, "SELECT last_number FROM chatroom WHERE id = 2"), 3 * i);
    }
    assert_int_equal(append_all(f, seen, 3, who, NULL), 25 + 8);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom WHERE id = 1"), 25 + 8);
}

#define WRITERS 6
#define EACH 40

typedef struct writer_t {
    apr_int64_t author;
    chat_store_t *store;
    pthread_t thread;
} writer_t;

static apr_status_t post(chat_tx_t *tx, void *baton)
{
    const writer_t *w = baton;
    return put_message(NULL, tx, w->author, 1, "hello");
}

static void *write_many(void *data)
{
    writer_t *w = data;
    for (int i = 0; i < EACH; i++)
        OK((i % 8 ? chat_store_append : chat_store_write)(w->store, post, w));
    return NULL;
}

typedef struct follower_t {
    apr_int64_t last;
    apr_pool_t *pool;
} follower_t;

static apr_status_t follow(chat_tx_t *tx, void *baton)
{
    follower_t *r = baton;
    chat_followed_t *e;
    int n;
    apr_status_t rv = chat_event_follow(&e, &n, tx, 1, r->last, 100, r->pool);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++)
        assert_int_equal(CHAT_ROW_NUMBER(e[i].event.id), ++r->last);
    return rv;
}

/* Two programs write; who reads meanwhile never misses an event below one that is there.
 */
static void order_is_commit_order(void **state)
{
    fixture_t *f = fixture(state);
    follower_t r = {0, f->pool};
    writer_t w[WRITERS];
    apr_int64_t who = author(f);
    chat_store_t *other;
    OK(chat_store_create(&other, &f->database, &f->source, &f->log, f->pool));
    for (int i = 0; i < WRITERS; i++) {
        w[i] = (writer_t){.author = who, .store = i % 2 ? other : f->store};
        pthread_create(&w[i].thread, NULL, write_many, &w[i]);
    }
    while (r.last < WRITERS * EACH)
        OK(chat_store_read(f->store, follow, &r));
    for (int i = 0; i < WRITERS; i++)
        pthread_join(w[i].thread, NULL);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), WRITERS * EACH);
    assert_int_equal(ask(f, "SELECT count(*) FROM message m JOIN event e ON e.id = m.id"),
                     WRITERS * EACH);
}

/* Units that were under way before and end meanwhile leave nothing behind. */
static void refused_while_another_ends(void **state)
{
    static const kind_t kinds[] = {PLAIN, REFUSED};
    fixture_t *f = fixture(state);
    apr_int64_t who = author(f);
    OK(chat_store_limit_time(f->store, f->pool));
    for (int i = 0; i < 5; i++) {
        held_t before, during;
        begin_held(&before, f);
        begin_held(&during, f);
        append_all(f, kinds, 2, who, &during);
        end_held(&during);
        end_held(&before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_PGSQL(shared_transaction),
        ON_PGSQL(bad_ones_in_a_shared_transaction),
        ON_PGSQL(order_is_commit_order),
        ON_PGSQL(refused_while_another_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
