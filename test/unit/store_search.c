/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "base/text.h"
#include "search.h"
#include "store/stream.h"

#include <signal.h>

#define ACCOUNTS 4
#define CHANNELS 4
#define MESSAGES 18000

/* A message as it has to be found. */
typedef struct said_t {
    apr_int64_t id, channel, author, peer;
    int party[ACCOUNTS], gone;
    const char *body;
} said_t;

typedef struct world_t {
    fixture_t *f;
    apr_int64_t accounts[ACCOUNTS], channels[CHANNELS];
    said_t *said;
    int n;
    apr_uint32_t seed;
    int left;  /* connections until one is not given; 0: all are */
    int other; /* when the next one comes back, another program brings the index on */
} world_t;

static int dice(world_t *w, int n)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return (int)((w->seed >> 8) % (apr_uint32_t)n);
}

static const char *any_word(world_t *w)
{
    static const char *const words[] = {"the",
                                        "The",
                                        "red",
                                        "ready",
                                        "reed",
                                        "car",
                                        "cars",
                                        "caf\u00e9",
                                        "cafe\u0301",
                                        "M\u00fcller",
                                        "\u6771\u4eac",
                                        "\u4eac\u90fd",
                                        "\u6771",
                                        "\u0e01\u0e34\u0e19",
                                        "\ud559\uad50\uc5d0\uc11c",
                                        "\u0130stanbul",
                                        "x-y",
                                        "a@b.de",
                                        "\U0001f44d",
                                        "rare"};
    int i = dice(w, 60);
    if (i > 40)
        return apr_psprintf(w->f->pool, "w%d", dice(w, 5000));
    return words[i < (int)COUNT(words) ? i : i % 3];
}

static const char *any_text(world_t *w)
{
    const char *out = any_word(w);
    for (int i = dice(w, 12); i > 0; i--)
        out = apr_pstrcat(w->f->pool, out, dice(w, 8) ? " " : "", any_word(w), NULL);
    return out;
}

static void say(world_t *w, chat_tx_t *tx)
{
    said_t *s = &w->said[w->n++];
    int kind = dice(w, 20);
    chat_message_t m = {.kind = kind ? CHAT_MESSAGE_TEXT : CHAT_MESSAGE_ANNOUNCEMENT};
    apr_int64_t number;
    OK(chat_tx_number(&number, &m.created, tx, 1));
    s->id = m.id = CHAT_ROW_ID(1, number);
    s->body = m.body = any_text(w);
    m.body_len = strlen(m.body);
    m.author_name = "somebody";
    s->author = m.author = kind ? w->accounts[dice(w, ACCOUNTS)] : 0;
    if (kind > 6)
        s->channel = m.channel = w->channels[dice(w, CHANNELS)];
    m.recipients = kind && kind <= 6 ? "somebody" : NULL;
    OK(chat_message_insert(tx, &m));
    if (!m.recipients)
        return;
    for (int i = 0, to = dice(w, ACCOUNTS); i < ACCOUNTS; i++)
        s->party[i] = w->accounts[i] == m.author || i == to || kind == 6;
    for (int i = 0; i < ACCOUNTS; i++) {
        apr_int64_t peer = 0;
        for (int k = 0; k < ACCOUNTS; k++) {
            if (s->party[k] && k != i && kind != 6)
                peer = w->accounts[k];
        }
        if (s->party[i])
            OK(chat_recipient_insert(tx, w->accounts[i], peer, &m));
        if (s->party[i] && !i)
            s->peer = peer;
    }
}

/* Something happens to an old message. */
static void change(world_t *w, chat_tx_t *tx)
{
    said_t *s = &w->said[dice(w, w->n)];
    chat_message_t m = {.id = s->id};
    int how = dice(w, 5);
    if (s->gone)
        return;
    s->gone = how > 2;
    if (how == 3)
        OK(chat_message_set_deleted(tx, s->id, 5));
    else if (how == 4)
        OK(chat_message_erase(tx, s->id, 5));
    if (s->gone) {
        s->body = "";
        return;
    }
    s->body = m.body = any_text(w);
    m.body_len = strlen(m.body);
    OK(chat_message_set_body(tx, &m, 5));
}

static int is_wanted(const said_t *s, const chat_search_t *wanted)
{
    if (s->gone || s->id < wanted->first || s->id >= wanted->end ||
        (wanted->author && s->author != wanted->author))
        return 0;
    if (s->channel) {
        for (int i = 0; i < wanted->n_channels; i++) {
            if (wanted->channels[i] == s->channel)
                return 1;
        }
        return 0;
    }
    if (!s->author)
        return wanted->announcements;
    return wanted->direct && s->party[0] && (!wanted->peer || s->peer == wanted->peer);
}

/* What a look at every text finds, as text. */
static const char *naive(const world_t *w, const chat_search_t *wanted, apr_pool_t *pool)
{
    chat_buffer_t out;
    int found = 0;
    chat_buffer_init(&out, 256, APR_INT32_MAX, pool);
    for (int i = w->n - 1; i >= 0 && found < wanted->limit; i--) {
        const said_t *s = &w->said[i];
        chat_hits_t hits[CHAT_QUERY_TERMS];
        int score;
        if (!is_wanted(s, wanted))
            continue;
        chat_query_hits(hits, wanted->query, s->body, strlen(s->body), pool);
        score = chat_query_score(wanted->query, hits);
        found += score > 0;
        if (score)
            chat_buffer_printf(&out, "%d:%d ", (int)CHAT_ROW_NUMBER(s->id), score);
    }
    return chat_buffer_text(&out);
}

static const char *indexed(const world_t *w, const chat_search_t *wanted,
                           apr_pool_t *pool)
{
    chat_search_t s = *wanted;
    finding_t g = {.wanted = &s, .pool = pool};
    chat_buffer_t out;
    chat_buffer_init(&out, 256, APR_INT32_MAX, pool);
    do {
        OK(chat_store_read(w->f->store, find, &g));
        for (int i = 0; i < g.found.n; i++)
            chat_buffer_printf(&out, "%d:%d ", (int)CHAT_ROW_NUMBER(g.found.list[i].id),
                               g.found.list[i].score);
        s.limit -= g.found.n;
        s.end = g.found.older;
    } while (s.limit && s.end);
    return chat_buffer_text(&out);
}

/* A search for two or three words, with what else may be said. */
static void look(world_t *w)
{
    static const char *const forms[] = {"%s",    "%s %s",        "\"%s %s\"", "%s -%s",
                                        "%.3s*", "%s \"%s %s\"", "re* %s",    "%s*"};
    chat_query_t q;
    chat_search_t s = {.query = &q, .room = 1, .reader = w->accounts[0]};
    apr_pool_t *pool;
    const char *text, *a, *b;
    apr_pool_create(&pool, w->f->pool);
    text = apr_psprintf(pool, forms[dice(w, COUNT(forms))], any_word(w), any_word(w),
                        any_word(w));
    if (!chat_text_valid(text, strlen(text)) ||
        chat_query_parse(&q, text, strlen(text), pool) != CHAT_QUERY_OK)
        return;
    s.channels = w->channels;
    s.n_channels = dice(w, CHANNELS + 1);
    s.announcements = dice(w, 2);
    s.direct = dice(w, 2);
    s.peer = dice(w, 3) ? 0 : w->accounts[1];
    s.author = dice(w, 3) ? 0 : w->accounts[dice(w, ACCOUNTS)];
    s.first = CHAT_ROW_ID(1, dice(w, 3) ? 0 : dice(w, w->n));
    s.end = CHAT_ROW_ID(1, dice(w, 3) ? CHAT_NUMBER_MAX : dice(w, w->n + 1));
    s.limit = dice(w, 2) ? 10000 : 1 + dice(w, 40);
    s.work = dice(w, 2) ? 1 << 20 : (apr_size_t)dice(w, 30000);
    a = naive(w, &s, pool);
    b = indexed(w, &s, pool);
    if (strcmp(a, b) != 0) {
        size_t same = 0;
        while (a[same] == b[same])
            same++;
        same -= same > 9 ? 9 : same;
        fail_msg("%s; every text: %.99s; index: %.99s", text, a + same, b + same);
    }
    apr_pool_destroy(pool);
}

static apr_status_t take_or_not(chat_db_t **db, void **lease, apr_interval_time_t within,
                                void *baton)
{
    world_t *w = baton;
    if (w->left && !--w->left)
        return CHAT_BUSY;
    return take_connection(db, lease, within, w->f);
}

static void give_back(void *lease, void *baton)
{
    world_t *w = baton;
    int more;
    give_connection(lease, w->f);
    if (!w->other)
        return;
    w->other = 0;
    chat_tx_t *tx = begin(w->f);
    for (int i = 0; i < 9; i++)
        change(w, tx);
    commit(w->f);
    OK(chat_search_fill(&more, w->f->store, 1));
}

static world_t *world(void **state)
{
    fixture_t *f = fixture(state);
    world_t *w = apr_pcalloc(f->pool, sizeof(*w));
    chat_tx_t *tx = begin(f);
    w->f = f;
    f->source = (chat_source_t){take_or_not, give_back, w};
    OK(chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool));
    w->seed = 18;
    w->said = apr_pcalloc(f->pool, sizeof(*w->said) * MESSAGES);
    make_people(w->accounts, ACCOUNTS, tx, f->pool);
    make_channels(w->channels, CHANNELS, tx, f->pool);
    commit(f);
    return w;
}

/* Below UNITS units of bringing the index on; 0 when there are none left. */
static int fill_some(world_t *w, int old, int units)
{
    apr_status_t rv;
    int more;
    w->left = w->other ? 0 : 1 + dice(w, units);
    rv = chat_search_fill(&more, w->f->store, old);
    w->left = 0;
    assert_true(rv == APR_SUCCESS || rv == CHAT_BUSY);
    return more || rv == CHAT_BUSY;
}

/* The index has what the texts have and nothing else. */
static void check_all(world_t *w)
{
    const char *findings;
    OK(chat_search_check(&findings, w->f->store, w->f->pool));
    assert_string_equal(findings, "");
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_block WHERE size = 0"), 0);
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_posting WHERE block NOT IN "
                               "(SELECT block FROM search_block)"),
                     0);
}

static void the_index_finds_what_a_look_at_every_text_does(void **state)
{
    world_t *w = world(state);
    while (w->n < MESSAGES) {
        chat_tx_t *tx = begin(w->f);
        for (int i = 0; i < 600; i++)
            say(w, tx);
        for (int i = dice(w, 30); i > 0; i--)
            change(w, tx);
        commit(w->f);
        for (int i = 0; i < 3; i++) {
            fill_some(w, dice(w, 2), 16);
            look(w);
        }
    }
    while (fill_some(w, 1, 16))
        look(w);
    check_all(w);
    assert_true(ask(w->f, "SELECT count(*) FROM search_posting") > 100);
    assert_int_equal(ask(w->f,
                         "SELECT count(*) FROM search_stale WHERE message_id / 512 < "
                         "(SELECT MAX(block + 1) FROM search_block)"),
                     0);
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_block WHERE size > 1"), 1);
    for (int i = 0; i < 60; i++)
        look(w);
    for (int i = 0; i < CHAT_SEARCH_CHANGED / 100 + 2; i++) {
        chat_tx_t *tx = begin(w->f);
        for (int k = 0; k < 100; k++)
            change(w, tx);
        commit(w->f);
        for (int k = 0; k < 3; k++)
            look(w);
    }
    assert_true(ask(w->f, "SELECT count(*) FROM search_stale") > CHAT_SEARCH_CHANGED);
    for (int i = 0; i < 9; i++)
        look(w);
    OK(chat_search_restart(w->f->store));
    assert_true(w->n > CHAT_SEARCH_TAIL);
    for (int i = 0; i < 9; i++) {
        look(w);
        fill_some(w, 0, 16);
    }
    fill_index(w->f);
    check_all(w);
}

/* A large block gives way to small ones when its texts became too large for it. */
static void long_texts_have_small_blocks(void **state)
{
    world_t *w = world(state);
    chat_tx_t *tx = begin(w->f);
    for (int i = 0; i < 600; i++)
        say(w, tx);
    commit(w->f);
    assert_int_equal(tell(w->f, "UPDATE chatroom SET last_number = 17000"), 0);
    fill_index(w->f);
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_block WHERE size > 1"), 1);
    tx = begin(w->f);
    for (int i = 0; i < 300; i++) {
        said_t *s = &w->said[i * 2];
        chat_message_t m = {.id = s->id};
        char *body = apr_palloc(w->f->pool, 60001);
        apr_snprintf(body, 60001, "%s %60000d", any_text(w), i);
        s->body = m.body = body;
        m.body_len = strlen(body);
        OK(chat_message_set_body(tx, &m, 5));
    }
    commit(w->f);
    fill_index(w->f);
    check_all(w);
    OK(chat_search_restart(w->f->store));
    do
        look(w);
    while (fill_some(w, 0, 3));
    check_all(w);
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_block WHERE size > 1"), 0);
    for (int i = 0; i < 9; i++)
        look(w);
}

/* A process that brings the index on, as the janitor does, until it is killed. */
static pid_t begin_indexing(world_t *w)
{
    fixture_t *f = w->f;
    pid_t child;
    int more;
    close_connections(f); /* SQLite must not be carried over a fork */
    child = fork();
    if (child)
        return child;
    if (chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool))
        _exit(1);
    for (;;)
        chat_search_fill(&more, f->store, 1);
}

static void it_may_be_killed_at_any_time(void **state)
{
    world_t *w = world(state);
    int status;
    for (int round = 0; round < 30 || !ask(w->f, "SELECT count(*) FROM search_block");
         round++) {
        pid_t child[] = {begin_indexing(w), begin_indexing(w)};
        assert_true(child[0] > 0 && child[1] > 0);
        for (int part = dice(w, 4); part >= 0; part--) {
            chat_tx_t *tx = begin(w->f);
            for (int i = 0; i < 140; i++)
                say(w, tx);
            for (int i = dice(w, 9); i > 0; i--)
                change(w, tx);
            commit(w->f);
            look(w);
        }
        usleep((useconds_t)dice(w, 30000));
        for (int i = 0; i < (int)COUNT(child); i++) {
            kill(child[i], SIGKILL);
            waitpid(child[i], &status, 0);
            assert_true(WIFSIGNALED(status));
        }
        for (int i = 0; i < 4; i++)
            look(w);
    }
    fill_index(w->f);
    check_all(w);
    for (int i = 0; i < 30; i++)
        look(w);
}

/* Another program writes the same block between the reading and the writing of it. */
static void a_block_is_written_once(void **state)
{
    world_t *w = world(state);
    chat_search_totals_t before, after;
    chat_tx_t *tx = begin(w->f);
    for (int i = 0; i < 1100; i++)
        say(w, tx);
    commit(w->f);
    for (int round = 0; round < 6; round++) {
        w->other = 1;
        fill_some(w, 1, 16);
        look(w);
        fill_index(w->f);
        check_all(w);
        if (round % 2)
            OK(chat_search_restart(w->f->store));
    }
    fill_index(w->f);
    OK(chat_search_totals(&before, w->f->store));
    assert_int_equal(before.blocks, 2);
    OK(chat_search_restart(w->f->store));
    assert_int_equal(ask(w->f, "SELECT blocks FROM search_room"), 0);
    for (int i = 0; i < 20; i++)
        look(w);
    fill_index(w->f);
    OK(chat_search_totals(&after, w->f->store));
    assert_memory_equal(&before, &after, sizeof(before));
}

static void the_check_finds_what_differs(void **state)
{
    world_t *w = world(state);
    const char *findings;
    chat_tx_t *tx = begin(w->f);
    for (int i = 0; i < 1100; i++)
        say(w, tx);
    commit(w->f);
    fill_index(w->f);
    OK(chat_search_check(&findings, w->f->store, w->f->pool));
    assert_string_equal(findings, "");
    assert_int_equal(tell(w->f, "UPDATE search_posting SET entries = '100' WHERE word = "
                                "(SELECT MAX(word) FROM search_posting)"),
                     0);
    OK(chat_search_check(&findings, w->f->store, w->f->pool));
    assert_non_null(strstr(findings, "block"));
    OK(chat_search_restart(w->f->store));
    fill_index(w->f);
    OK(chat_search_check(&findings, w->f->store, w->f->pool));
    assert_string_equal(findings, "");
}

/* Letters of words that were erased are in no file of the database once the log is
 * written back. */
static void erased_words_leave_the_files(void **state)
{
    world_t *w = world(state);
    apr_int64_t id = 0;
    chat_tx_t *tx = begin(w->f);
    char command[256];
    w->channels[0] = new_channel(tx, "secrets", 1, w->f->pool);
    OK(put_message(&id, tx, w->accounts[0], w->channels[0], "ZXQCANARY canaryedited"));
    for (int i = 0; i < 1100; i++)
        say(w, tx);
    commit(w->f);
    fill_index(w->f);
    assert_int_equal(ask(w->f, "SELECT count(*) FROM search_posting WHERE word || ' ' || "
                               "entries LIKE '%zxqcanary %'"),
                     1);
    tx = begin(w->f);
    OK(chat_message_erase(tx, id, 5));
    commit(w->f);
    fill_index(w->f);
    assert_int_equal(
        ask(w->f,
            "SELECT count(*) FROM search_posting WHERE word || entries LIKE '%canary%'"),
        0);
    if (!w->f->database.file)
        return;
    ask(w->f, "PRAGMA wal_checkpoint(TRUNCATE)");
    apr_snprintf(command, sizeof(command), "! grep -aqi 'zxqcanary' '%s' '%s-wal'",
                 w->f->database.file, w->f->database.file);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_index_finds_what_a_look_at_every_text_does),
        ON_BOTH(long_texts_have_small_blocks),
        ON_BOTH(a_block_is_written_once),
        ON_BOTH(it_may_be_killed_at_any_time),
        ON_BOTH(the_check_finds_what_differs),
        ON_BOTH(erased_words_leave_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
