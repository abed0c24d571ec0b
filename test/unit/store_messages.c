/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of messages, events, outbox, links and keys of requests, on every engine. */
#include "base/text.h"
#include "store.h"
#include "store/stream.h"

static chat_message_t text_message(chat_tx_t *tx, apr_int64_t author, apr_int64_t channel)
{
    chat_message_t m = {.kind = CHAT_MESSAGE_TEXT, .author_name = "ann"};
    apr_int64_t number;
    OK(chat_tx_number(&number, &m.created, tx, 1));
    m.id = CHAT_ROW_ID(1, number);
    m.author = author;
    m.channel = channel;
    m.body = "b";
    m.body_len = 1;
    return m;
}

static void whole_message(void **state)
{
    static const char body[] = "\xf0\x9f\x90\xa2 \"quoted\" \\ \x01\x7f end";
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool);
    chat_message_t m = text_message(tx, ann, 1), got;
    m.body = body;
    m.body_len = sizeof(body) - 1;
    m.parent = CHAT_ROW_ID(1, 77);
    OK(chat_message_insert(tx, &m));
    OK(chat_message_by_id(&got, tx, m.id, f->pool));
    assert_true(got.id == m.id);
    assert_int_equal(got.kind, CHAT_MESSAGE_TEXT);
    assert_int_equal(got.channel, 1);
    assert_string_equal(got.channel_name, "default");
    assert_int_equal(got.author, ann);
    assert_string_equal(got.author_name, "ann");
    assert_null(got.recipients);
    assert_true(got.parent == CHAT_ROW_ID(1, 77));
    assert_int_equal(got.body_len, sizeof(body) - 1);
    assert_memory_equal(got.body, body, sizeof(body));
    assert_true(got.created == m.created);
    assert_int_equal(got.deleted, 0);
    IS(chat_message_by_id(&got, tx, m.id + 1, f->pool), CHAT_NOTFOUND);
    undo(f);
}

static void same_text(const char *got, const char *wanted)
{
    assert_string_equal(got ? got : "(NULL)", wanted ? wanted : "(NULL)");
}

/* Those that are inserted together come back as each was sent. */
static void posts(void **state)
{
    static const char *const texts[] = {
        NULL,          "",  "NULL", "{a,b}",           "\\", "\"x\"",
        "line\nbreak", "'", " x ",  "\xf0\x9f\x90\xa2"};
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool);
    chat_message_t m[COUNT(texts)], got;
    chat_followed_t *e;
    int n;
    for (size_t i = 0; i < COUNT(texts); i++) {
        m[i] = text_message(tx, i % 2 ? ann : 0, i % 3 ? 1 : 0);
        m[i].author_name = m[i].body = texts[i] ? texts[i] : "first";
        m[i].body_len = strlen(m[i].body);
        m[i].recipients = texts[i];
        m[i].parent = m[i].root = i / 2 ? CHAT_ROW_ID(1, i / 2) : 0;
        OK(chat_post_insert(tx, &m[i], texts[i]));
    }
    OK(chat_event_follow(&e, &n, tx, 1, 0, 100, f->pool));
    assert_int_equal(n, COUNT(texts));
    for (int i = 0; i < n; i++, e++) {
        assert_int_equal(e->event.id, m[i].id);
        assert_int_equal(e->event.kind, CHAT_EVENT_MESSAGE);
        assert_int_equal(e->event.channel, m[i].channel);
        assert_int_equal(e->event.account, m[i].author);
        assert_int_equal(e->event.created, m[i].created);
        same_text(e->event.audience, texts[i]);
        OK(chat_message_by_id(&got, tx, m[i].id, f->pool));
        assert_int_equal(got.channel, m[i].channel);
        assert_int_equal(got.author, m[i].author);
        assert_int_equal(got.parent, m[i].parent);
        assert_int_equal(got.root, m[i].root);
        assert_int_equal(got.created, m[i].created);
        same_text(got.author_name, m[i].author_name);
        same_text(got.recipients, texts[i]);
        same_text(got.body, m[i].body);
    }
    commit(f);
    assert_int_equal(ask(f, "SELECT last_number FROM chatroom"), COUNT(texts));
}

/* What a damaged file has in its rows is read as text all the same. */
static void damaged_texts(void **state)
{
    static const char body[] = "a\xff\xc3(\xf0\x9f\x90\xa2\xed\xa0\x80z";
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_message_t m = text_message(tx, 0, 1), got;
    m.body = body;
    m.body_len = sizeof(body) - 1;
    OK(chat_message_insert(tx, &m));
    OK(chat_message_by_id(&got, tx, m.id, f->pool));
    assert_true(chat_text_valid(got.body, got.body_len));
    assert_memory_equal(got.body, "a\xef\xbf\xbd", 4);
    assert_non_null(strstr(got.body, "\xf0\x9f\x90\xa2"));
    assert_int_equal(got.body[got.body_len - 1], 'z');
    undo(f);
}

/* A body is LEN bytes, whatever stands behind them; it may be empty, and large. */
static void bodies(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_message_t m, got;
    apr_size_t sizes[] = {0, 1, 65536, 1000000};
    char *body = apr_palloc(f->pool, 1000001);
    memset(body, 'x', 1000001);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        m = text_message(tx, 0, 0);
        m.body = body;
        m.body_len = sizes[i];
        OK(chat_message_insert(tx, &m));
        OK(chat_message_by_id(&got, tx, m.id, f->pool));
        assert_int_equal(got.body_len, sizes[i]);
        assert_non_null(got.body);
        assert_int_equal(strlen(got.body), sizes[i]);
        assert_null(got.channel_name);
        assert_int_equal(got.author, 0);
    }
    undo(f);
}

static void deleted(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_message_t m = text_message(tx, 0, 1), got;
    chat_messages_t page;
    OK(chat_message_insert(tx, &m));
    OK(chat_message_set_deleted(tx, m.id, 55));
    IS(chat_message_set_deleted(tx, m.id, 66), CHAT_NOTFOUND);
    IS(chat_message_set_deleted(tx, m.id + 1, 66), CHAT_NOTFOUND);
    OK(chat_message_by_id(&got, tx, m.id, f->pool));
    assert_int_equal(got.deleted, 55);
    assert_int_equal(got.body_len, 0);
    OK(chat_message_of_channel(&page, tx, 1, APR_INT64_MAX, 10, f->pool));
    assert_int_equal(page.n, 0);
    undo(f);
}

/* The page of ID with that `before` has the numbers FROM down to TO. */
static void expect(const chat_messages_t *page, apr_int64_t from, apr_int64_t to)
{
    assert_int_equal(page->n, from - to + 1);
    for (int i = 0; i < page->n; i++)
        assert_int_equal(CHAT_ROW_NUMBER(page->list[i].id), from - i);
}

static void pages(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool),
                ben = new_account(tx, "ben", f->pool);
    chat_messages_t page;
    for (int i = 1; i <= 30; i++) { /* 1-10 channel, 11-20 direct, 21-30 announced */
        chat_message_t m = text_message(tx, i > 20 ? 0 : ann, i > 10 ? 0 : 1);
        m.recipients = i > 10 && i <= 20 ? "ben" : NULL;
        m.kind = i > 20 ? CHAT_MESSAGE_ANNOUNCEMENT : CHAT_MESSAGE_TEXT;
        OK(chat_message_insert(tx, &m));
        if (m.recipients)
            OK(chat_recipient_insert(tx, ben, ben, &m));
    }
    OK(chat_message_of_channel(&page, tx, 1, CHAT_ROW_ID(1, CHAT_NUMBER_MAX), 3,
                               f->pool));
    expect(&page, 10, 8);
    assert_int_equal(page.list[0].channel, 1);
    OK(chat_message_of_channel(&page, tx, 1, CHAT_ROW_ID(1, 8), 100, f->pool));
    expect(&page, 7, 1);
    OK(chat_message_of_channel(&page, tx, 1, CHAT_ROW_ID(1, 1), 100, f->pool));
    assert_int_equal(page.n, 0);
    OK(chat_message_of_author(&page, tx, ann, CHAT_ROW_ID(1, 15), 6, f->pool));
    expect(&page, 14, 9);
    assert_null(page.list[0].channel_name);
    assert_string_equal(page.list[5].channel_name, "default");
    OK(chat_message_direct(&page, tx, ben, CHAT_ROW_ID(1, 19), 3, f->pool));
    expect(&page, 18, 16);
    assert_string_equal(page.list[0].recipients, "ben");
    OK(chat_message_direct(&page, tx, ann, CHAT_ROW_ID(1, 99), 3, f->pool));
    assert_int_equal(page.n, 0);
    OK(chat_message_announced(&page, tx, 1, CHAT_ROW_ID(1, 30), 100, f->pool));
    expect(&page, 29, 21);
    OK(chat_message_announced(&page, tx, 2, CHAT_ROW_ID(2, 30), 100, f->pool));
    assert_int_equal(page.n, 0);
    undo(f);
}

/* However many are asked for, the texts of a page have a bound; the next page goes on. */
static void heavy_pages(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_size_t size = CHAT_PAGE_BYTES / 4;
    char *body = apr_palloc(f->pool, CHAT_PAGE_BYTES + 1);
    apr_int64_t ann = new_account(tx, "ann", f->pool);
    chat_messages_t page;
    memset(body, 'x', CHAT_PAGE_BYTES + 1);
    for (int i = 0; i < 8; i++) {
        chat_message_t m = text_message(tx, ann, 1);
        m.body = body;
        m.body_len = i ? size : CHAT_PAGE_BYTES + 1;
        OK(chat_message_insert(tx, &m));
    }
    OK(chat_message_history(&page, tx, 1, 2500, f->pool));
    assert_int_equal(page.n, 4);
    OK(chat_message_of_author(&page, tx, ann, CHAT_ROW_ID(2, 0), 1000, f->pool));
    assert_int_equal(page.n, 4);
    OK(chat_message_of_channel(&page, tx, 1, CHAT_ROW_ID(2, 0), 1000, f->pool));
    assert_int_equal(page.n, 4);
    OK(chat_message_of_channel(&page, tx, 1, page.list[3].id, 1000, f->pool));
    assert_int_equal(page.n, 4);
    /* one that is larger than a page is a page */
    OK(chat_message_of_channel(&page, tx, 1, page.list[2].id, 1000, f->pool));
    assert_int_equal(page.n, 1);
    undo(f);
}

static void recipients(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool),
                ben = new_account(tx, "ben", f->pool);
    chat_message_t m = text_message(tx, ann, 0);
    OK(chat_message_insert(tx, &m));
    OK(chat_recipient_insert(tx, ann, ann, &m));
    OK(chat_recipient_insert(tx, ann, ann, &m)); /* to oneself: two parties in one */
    OK(chat_recipient_check(tx, ann, m.id));
    IS(chat_recipient_check(tx, ben, m.id), CHAT_NOTFOUND);
    undo(f);
}

static void events(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool), id, oldest;
    chat_event_t e = {.kind = CHAT_EVENT_MEMBER_ADDED,
                      .channel = 1,
                      .account = ann,
                      .subject = APR_INT64_MAX,
                      .audience = "1 2 3",
                      .created = 9};
    chat_followed_t *list;
    int n;
    OK(chat_event_oldest(&oldest, tx, 1));
    assert_int_equal(oldest, 0);
    OK(put_message(&id, tx, ann, 1, "hello"));
    OK(chat_tx_number(&e.id, &e.created, tx, 1));
    e.id = CHAT_ROW_ID(1, e.id);
    OK(chat_event_insert(tx, &e));
    commit(f);
    tx = begin(f);
    OK(chat_event_follow(&list, &n, tx, 1, 0, 10, f->pool));
    assert_int_equal(n, 2);
    assert_true(list[0].event.id == id);
    assert_int_equal(list[0].event.kind, CHAT_EVENT_MESSAGE);
    assert_int_equal(list[0].event.subject, 0);
    assert_null(list[0].event.audience);
    assert_true(list[1].event.id == e.id);
    assert_int_equal(list[1].event.channel, 1);
    assert_int_equal(list[1].event.account, ann);
    assert_true(list[1].event.subject == APR_INT64_MAX);
    assert_string_equal(list[1].event.audience, "1 2 3");
    assert_true(list[1].event.created == e.created);
    OK(chat_event_follow(&list, &n, tx, 1, 1, 10, f->pool));
    assert_int_equal(n, 1);
    OK(chat_event_oldest(&oldest, tx, 1));
    assert_int_equal(oldest, 1);
    undo(f);
}

static void outbox(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_outbox_item_t o = {.room = 1,
                            .kind = CHAT_OUTBOX_DISCORD_PERSON,
                            .target = "42",
                            .payload = "hi",
                            .next = 5,
                            .created = 4};
    chat_outbox_item_t *list;
    apr_int64_t id, second, counts[CHAT_OUTBOX_STATES];
    int n;
    o.account = new_account(tx, "ann", f->pool);
    OK(chat_outbox_insert(&id, tx, &o));
    o = (chat_outbox_item_t){.room = 1,
                             .kind = CHAT_OUTBOX_DISCORD_WEBHOOK,
                             .payload = "",
                             .state = CHAT_OUTBOX_NO_TARGET,
                             .done = 6};
    OK(chat_outbox_insert(&second, tx, &o));
    assert_true(second > id);
    OK(chat_outbox_page(&list, &n, tx, 0, 10, f->pool));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].kind, CHAT_OUTBOX_DISCORD_PERSON);
    assert_string_equal(list[0].account_name, "ann");
    assert_string_equal(list[0].target, "42");
    assert_string_equal(list[0].payload, "hi");
    assert_int_equal(list[0].state, CHAT_OUTBOX_WAITING);
    assert_int_equal(list[0].attempts, 0);
    assert_int_equal(list[0].next, 5);
    assert_int_equal(list[0].created, 4);
    assert_int_equal(list[0].done, 0);
    assert_null(list[0].reason);
    assert_null(list[1].account_name);
    assert_null(list[1].target);
    assert_string_equal(list[1].payload, "");
    assert_int_equal(list[1].done, 6);
    OK(chat_outbox_page(&list, &n, tx, id, 10, f->pool));
    assert_int_equal(n, 1);
    OK(chat_outbox_count(counts, tx));
    assert_int_equal(counts[CHAT_OUTBOX_NO_TARGET], 1);
    assert_int_equal(counts[CHAT_OUTBOX_GIVEN_UP], 0);
    OK(chat_outbox_revive(tx, second, 99));
    OK(chat_outbox_count(counts, tx));
    assert_int_equal(counts[CHAT_OUTBOX_WAITING], 2);
    IS(chat_outbox_revive(tx, second + 1, 99), CHAT_NOTFOUND);
    undo(f);
}

static void links(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_link_t link = {.name = "Team", .name_key = "team", .discord_id = "1"}, got,
                *list;
    int n;
    link.account = new_account(tx, "ann", f->pool);
    IS(chat_link_find(&got, tx, link.account, "team", f->pool), CHAT_NOTFOUND);
    OK(chat_link_put(tx, &link, 1));
    link.person = 1;
    link.discord_id = "2";
    OK(chat_link_put(tx, &link, 2));
    OK(chat_link_find(&got, tx, link.account, "team", f->pool));
    assert_int_equal(got.person, 1);
    assert_string_equal(got.discord_id, "2");
    OK(chat_link_all(&list, &n, tx, 1, f->pool));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].account_name, "ann");
    assert_string_equal(list[0].name, "Team");
    OK(chat_link_delete(tx, link.account, "team"));
    IS(chat_link_delete(tx, link.account, "team"), CHAT_NOTFOUND);
    undo(f);
}

static void keys_of_requests(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    const char *hash;
    apr_int64_t result;
    IS(chat_once_find(&hash, &result, tx, "k", f->pool), CHAT_NOTFOUND);
    OK(chat_once_insert(tx, "k", "h", APR_INT64_MAX, 1));
    IS(chat_once_insert(tx, "k", "other", 2, 1), CHAT_CONFLICT);
    OK(chat_once_find(&hash, &result, tx, "k", f->pool));
    assert_string_equal(hash, "h");
    assert_true(result == APR_INT64_MAX);
    undo(f);
}

/* APR's calls come here: this program's symbol goes before its own. */
static int sleeps;

__attribute__((visibility("default"))) void apr_sleep(apr_interval_time_t time)
{
    sleeps++;
    usleep((useconds_t)time);
}

/* Nothing found is an answer like any other: apr_dbd has a way to ask that sleeps 100 ms.
 */
static void quick_when_empty(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_message_t m;
    sleeps = 0;
    for (int i = 0; i < 50; i++)
        IS(chat_message_by_id(&m, tx, 1, f->pool), CHAT_NOTFOUND);
    assert_int_equal(sleeps, 0);
    undo(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(whole_message),    ON_BOTH(posts),      ON_SQLITE(damaged_texts),
        ON_BOTH(bodies),           ON_BOTH(deleted),    ON_BOTH(pages),
        ON_BOTH(heavy_pages),      ON_BOTH(recipients), ON_BOTH(events),
        ON_BOTH(outbox),           ON_BOTH(links),      ON_BOTH(keys_of_requests),
        ON_BOTH(quick_when_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
