/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of channels that are kept as text: each page is what it would be without. */
#include "api/dialects.h"
#include "core.h"
#include "store/chatroom.h"

typedef struct tail_test_t {
    core_t *k;
    chat_cache_t *tails;
    const char *token;
    apr_int64_t room, channel;
    apr_interval_time_t later; /* than now */
} tail_test_t;

static const char *no_header(const chat_request_t *req, const char *name)
{
    (void)req;
    (void)name;
    return NULL;
}

/* The answer with STATUS to a request with the token and MORE members. */
static const char *ask_for(tail_test_t *t, int status, const char *path, const char *more)
{
    apr_pool_t *pool = t->k->f->pool;
    const char *body = apr_psprintf(pool, "{\"token\":\"%s\",%s}", t->token, more);
    chat_request_t req = {.method = CHAT_POST, .path = path, .body = body, .mount = ""};
    chat_response_t resp;
    chat_call_t *c = call(t->k);
    c->now += t->later;
    t->k->settings.room = t->room;
    req.body_len = strlen(body);
    req.header = no_header;
    chat_response_init(&resp, pool);
    chat_api_serve(&chat_dialect_button, chat_api_route(&chat_dialect_button, path), c,
                   &req, &resp);
    if (resp.status != status)
        fail_msg("%s %s: %s", path, more, chat_buffer_text(&resp.body));
    return chat_buffer_text(&resp.body);
}

static const char *request(tail_test_t *t, const char *path, const char *more)
{
    return ask_for(t, 200, path, more);
}

static const char *page(tail_test_t *t, const char *more)
{
    return request(t, "/readmessagesfromchannel/",
                   apr_psprintf(t->k->f->pool, "\"name\":\"den\"%s", more));
}

static void send_some(tail_test_t *t, int n, int size)
{
    char *text = apr_pcalloc(t->k->f->pool, (apr_size_t)size + 1);
    memset(text, 'x', (apr_size_t)size);
    while (n--)
        request(t, "/sendmessage/",
                apr_psprintf(t->k->f->pool, "\"channel\":\"den\",\"message\":\"%d %s\"",
                             n, text));
}

/* Pages of all sizes, twice with what is kept, are those of a site that keeps nothing. */
static void compare(tail_test_t *t)
{
    static const char *const more[] = {"",
                                       ",\"count\":3",
                                       ",\"count\":1",
                                       ",\"count\":100",
                                       ",\"count\":101",
                                       ",\"count\":3,\"before\":5",
                                       ",\"count\":3,\"extended\":true"};
    for (int i = 0; i < 2 * (int)COUNT(more); i++) {
        const char *have = page(t, more[i % (int)COUNT(more)]), *want;
        t->k->site.tails = NULL;
        want = page(t, more[i % (int)COUNT(more)]);
        t->k->site.tails = t->tails;
        assert_string_equal(have, want);
    }
}

static tail_test_t *come_in(core_t *k, apr_int64_t room, const char *name)
{
    tail_test_t *t = apr_pcalloc(k->f->pool, sizeof(*t));
    chat_account_t a = {.name_key = name, .created = 1000};
    char hash[CHAT_HASH_SIZE];
    apr_int64_t id;
    chat_tx_t *tx = begin(k->f);
    t->k = k;
    t->room = room;
    t->tails = k->site.tails;
    t->token = new_uuid(k->f->pool);
    a.who = (chat_identity_t){.room = room,
                              .name = name,
                              .uuid = new_uuid(k->f->pool),
                              .state = CHAT_ACCOUNT_OPEN};
    chat_hash_keyed(hash, &k->site.secret, "token", t->token, CHAT_UUID_LEN);
    OK(chat_account_insert(&id, tx, &a, NULL));
    OK(chat_account_set_token(tx, id, 1, hash));
    commit(k->f);
    return t;
}

static tail_test_t *make_den(core_t *k, apr_int64_t room)
{
    tail_test_t *t = come_in(k, room, "ann");
    request(t, "/makechannel/", "\"name\":\"den\"");
    t->channel = ask(k->f, "SELECT MAX(id) FROM channel WHERE name = 'den'");
    return t;
}

static tail_test_t *begin_test(void **state)
{
    core_t *k = core(state);
    k->site.tails = chat_cache_create(k->f->pool);
    memset(k->settings.limits, 0, sizeof(k->settings.limits));
    return make_den(k, 1);
}

static void pages_are_the_same(void **state)
{
    tail_test_t *t = begin_test(state);
    apr_pool_t *pool = t->k->f->pool;
    apr_int64_t last;
    compare(t);
    for (int i = 0; i < 5; i++) {
        send_some(t, 1, 10 * i);
        compare(t);
    }
    send_some(t, 2, 5);
    compare(t);
    send_some(t, 3, 5);
    compare(t);
    send_some(t, 120, 5);
    compare(t);
    last = ask(t->k->f, "SELECT max(id) % 1099511627776 FROM message");
    request(t, "/editmessage/",
            apr_psprintf(pool, "\"message_id\":%d,\"message\":\"new\"", (int)last - 1));
    compare(t);
    request(t, "/deletemessage/", apr_psprintf(pool, "\"message_id\":%d", (int)last));
    compare(t);
    request(t, "/deletemessage/", apr_psprintf(pool, "\"message_id\":%d", (int)last - 2));
    send_some(t, 1, 5);
    compare(t);
    request(t, "/setchannel/", "\"name\":\"den\",\"description\":\"of lions\"");
    compare(t);
    send_some(t, 1, 40000);
    compare(t);
    send_some(t, 4, 20000);
    compare(t);
    send_some(t, 60, 500);
    compare(t);
}

/* Only what comes past the library does not show at once, so that texts are kept at all;
 * and every change within it shows. */
static void texts_are_kept(void **state)
{
    tail_test_t *t = begin_test(state);
    const char *seen;
    send_some(t, 5, 5);
    seen = page(t, "");
    tell(t->k->f, "UPDATE message SET body = 'unseen'");
    assert_string_equal(page(t, ""), seen);
    send_some(t, 1, 5);
    assert_non_null(strstr(page(t, ""), "0 xxxxx"));
    assert_null(strstr(page(t, ""), "unseen"));
    request(t, "/setchannel/", "\"name\":\"den\",\"new_name\":\"cave\"");
    seen = request(t, "/readmessagesfromchannel/", "\"name\":\"cave\"");
    assert_non_null(strstr(seen, "unseen"));
    assert_null(strstr(seen, "\"den\""));
}

/* Nothing is read at all while nothing was said in the chatroom. */
static void rows_are_not_asked(void **state)
{
    tail_test_t *t = begin_test(state);
    const char *seen, *copy =
                          "INSERT INTO message (id, kind, channel_id, author_name, body, "
                          "created_at) SELECT id + 1000, kind, channel_id, author_name, "
                          "'unseen', created_at FROM message WHERE channel_id = %d";
    send_some(t, 2, 5);
    seen = page(t, "");
    tell(t->k->f, apr_psprintf(t->k->f->pool, copy, (int)t->channel));
    assert_string_equal(page(t, ""), seen);
    request(t, "/senddm/", "\"username\":\"ann\",\"message\":\"of the same room\"");
    seen = page(t, "");
    assert_non_null(strstr(seen, "unseen"));
    assert_string_equal(page(t, ""), seen);
}

/* Also where messages come all the time, each of which is put behind what is kept. */
static void kept_texts_have_an_end(void **state)
{
    tail_test_t *t = begin_test(state);
    send_some(t, 5, 5);
    page(t, "");
    tell(t->k->f, "UPDATE message SET body = 'changed by hand'");
    for (int i = 0; i < 6; i++) {
        send_some(t, 1, 5);
        page(t, "");
        t->later += apr_time_from_sec(1);
    }
    assert_non_null(strstr(page(t, ""), "changed by hand"));
}

/* What is kept is nobody's right to read it. */
static void rights_are_asked_first(void **state)
{
    static const char path[] = "/readmessagesfromchannel/", den[] = "\"name\":\"den\"";
    tail_test_t *t = begin_test(state), *ben = come_in(t->k, 1, "ben");
    const char *seen;
    send_some(t, 3, 5);
    seen = page(t, "");
    ask_for(ben, 401, path, den);
    request(t, "/addusertochannel/", "\"name\":\"den\",\"username\":\"ben\"");
    assert_string_equal(page(ben, ""), seen);
    request(t, "/removefromchannel/", "\"name\":\"den\",\"username\":\"ben\"");
    ask_for(ben, 401, path, den);
    request(t, "/deletechannel/", den);
    ask_for(t, 404, path, den);
    request(t, "/makechannel/", den);
    assert_null(strstr(page(t, ""), "xxxxx"));
}

/* Channels of one name in two chatrooms are kept beside each other. */
static void chatrooms_are_apart(void **state)
{
    tail_test_t *t = begin_test(state), *both[2] = {t};
    const char *seen[2];
    apr_int64_t room;
    chat_tx_t *tx = begin(t->k->f);
    OK(chat_room_insert(&room, tx, new_uuid(t->k->f->pool), "second", 5));
    commit(t->k->f);
    both[1] = make_den(t->k, room);
    for (int i = 0; i < 2; i++) {
        send_some(both[i], 3 + i, 5);
        compare(both[i]);
    }
    for (int i = 0; i < 2; i++)
        seen[i] = page(both[i], "");
    assert_string_not_equal(seen[0], seen[1]);
    tell(t->k->f, "UPDATE message SET body = 'unseen'");
    for (int i = 0; i < 2; i++)
        assert_string_equal(page(both[i], ""), seen[i]);
}

/* An answer is kept when it is asked for the second time, and other questions in its
 * place do not drop it. */
static void answers_are_kept(void **state)
{
    tail_test_t *t = begin_test(state);
    chat_metrics_t *metrics = apr_pcalloc(t->k->f->pool, sizeof(*metrics));
    const char *seen;
    send_some(t, 2, 5);
    t->k->site.cache = chat_cache_create(t->k->f->pool);
    t->k->site.tails = NULL;
    t->k->site.metrics = metrics;
    seen = page(t, "");
    for (int i = 0; i < 3; i++)
        assert_string_equal(page(t, ""), seen);
    assert_int_equal(metrics->answers[CHAT_KEPT_MISS], 2);
    assert_int_equal(metrics->answers[CHAT_KEPT_HIT], 2);
    for (int i = 0; i < 4 * CHAT_CACHE_ANSWERS; i++)
        page(t, apr_psprintf(t->k->f->pool, ",\"n\":%d", i));
    assert_int_equal(metrics->answers[CHAT_KEPT_HIT], 2);
    assert_string_equal(page(t, ""), seen);
    assert_int_equal(metrics->answers[CHAT_KEPT_HIT], 3);
    send_some(t, 1, 5);
    assert_string_not_equal(page(t, ""), seen);
}

/* sql/compile.awk finds them out. */
static void statements_that_change_texts(void **state)
{
    static const chat_sql_id_t changing[] = {
        CHAT_SQL_message_edit,        CHAT_SQL_message_delete,
        CHAT_SQL_message_erase,       CHAT_SQL_message_clean,
        CHAT_SQL_erasure_author,      CHAT_SQL_row_put_message,
        CHAT_SQL_trial_drop_messages, CHAT_SQL_room_redate_messages,
        CHAT_SQL_channel_set,         CHAT_SQL_channel_delete,
    };
    static const chat_sql_id_t others[] = {
        CHAT_SQL_message_insert,   CHAT_SQL_event_insert,     CHAT_SQL_session_touch,
        CHAT_SQL_room_counter_set, CHAT_SQL_recipient_insert, CHAT_SQL_message_of_author,
    };
    (void)state;
    for (size_t i = 0; i < COUNT(changing); i++)
        assert_true(chat_sql_table[changing[i]].changes_texts);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(chat_sql_table[others[i]].changes_texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(pages_are_the_same),    ON_SQLITE(texts_are_kept),
        ON_SQLITE(rows_are_not_asked),  ON_SQLITE(kept_texts_have_an_end),
        ON_SQLITE(chatrooms_are_apart), ON_BOTH(rights_are_asked_first),
        ON_SQLITE(answers_are_kept),    cmocka_unit_test(statements_that_change_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
