/* SPDX-License-Identifier: Apache-2.0 */
/* teendevops sessions and pages over time, which no test against a server can wait for:
 * what lives how long, what leaves rows, what an ETag depends on. */
#include "api/dialects.h"
#include "base/text.h"
#include "core/accounts.h"
#include "core/anonymous_session.h"
#include "store/maintenance.h"
#include "store/message.h"
#include "unit.h"

#include <sqlite3.h>
#include <unistd.h>

#define START (1700000000 * (apr_time_t)APR_USEC_PER_SEC)
#define SECONDS(n) ((apr_time_t)(n)*APR_USEC_PER_SEC)

/* A site of its own, and what the next request comes with. */
typedef struct world_t {
    apr_pool_t *pool;
    chat_site_t site;
    chat_settings_t settings;
    const char *file;
    apr_time_t now;
    const char *cookie, *known_tag, *type;
} world_t;

static const char *get_header(const chat_request_t *req, const char *name)
{
    const world_t *w = req->baton;
    if (!strcmp(name, "Cookie") && w->cookie)
        return apr_pstrcat(w->pool, "teendevops_session=", w->cookie, NULL);
    return strcmp(name, "If-None-Match") ? NULL : w->known_tag;
}

static int begin(void **state)
{
    world_t *w;
    chat_database_t database;
    chat_source_t source;
    const char *why = NULL;
    char dir[] = "/tmp/chat-unit.XXXXXX";
    apr_pool_t *pool;
    if (apr_pool_create(&pool, NULL) || !mkdtemp(dir) || chat_crypt_init())
        return -1;
    w = apr_pcalloc(pool, sizeof(*w));
    w->pool = pool;
    w->file = apr_pstrcat(w->pool, dir, "/chat.db", NULL);
    w->now = START;
    w->settings = (chat_settings_t){.room = 1, .max_message = 65536};
    chat_rules_default(w->settings.limits);
    memset(&w->site.secret, 7, sizeof(w->site.secret));
    if (chat_database_parse(&database, &why, "sqlite3", w->file, w->pool) ||
        chat_store_migrate(&database, -1, -1, &why, w->pool) ||
        chat_source_single(&source, &database, &why, w->pool) ||
        chat_store_create(&w->site.store, &database, &source, &w->site.log, w->pool))
        return -1;
    *state = w;
    return 0;
}

static int end(void **state)
{
    world_t *w = *state;
    for (const char *const *e = (const char *const[]){"", "-wal", "-shm", ".lock", NULL};
         *e; e++)
        unlink(apr_pstrcat(w->pool, w->file, *e, NULL));
    rmdir(apr_pstrndup(w->pool, w->file, strlen(w->file) - strlen("/chat.db")));
    apr_pool_destroy(w->pool);
    return 0;
}

/* Once for all: apr_dbd does not come up twice in one process. */
static int begin_all(void **state)
{
    (void)state;
    return apr_initialize();
}

static int end_all(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

static chat_call_t call_of(world_t *w)
{
    chat_call_t c = {.pool = w->pool, .site = &w->site, .settings = &w->settings};
    c.dialect = CHAT_TEENDEVOPS;
    c.room = 1;
    c.address = "192.0.2.1";
    c.now = w->now;
    return c;
}

/* The answer's body; *RESP may be NULL. */
static const char *ask(world_t *w, int method, const char *path, const char *query,
                       chat_response_t *resp)
{
    chat_call_t c = call_of(w);
    chat_response_t mine;
    chat_request_t req = {.method = method, .path = path, .query = query, .body = ""};
    const chat_route_t *route = chat_api_route(&chat_dialect_teendevops, path);
    req.mount = "";
    req.header = get_header;
    req.baton = w;
    resp = resp ? resp : &mine;
    chat_response_init(resp, w->pool);
    assert_non_null(route);
    chat_api_serve(&chat_dialect_teendevops, route, &c, &req, resp);
    return chat_buffer_text(&resp->body);
}

/* The text of member NAME in an answer; "" when there is none. */
static const char *member(world_t *w, const char *body, const char *name)
{
    const char *at = strstr(body, apr_pstrcat(w->pool, "\"", name, "\":\"", NULL));
    at = at ? at + strlen(name) + 4 : "";
    return apr_pstrndup(w->pool, at, strcspn(at, "\""));
}

static apr_int64_t rows(world_t *w, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    apr_int64_t n;
    assert_int_equal(sqlite3_open(w->file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, apr_psprintf(w->pool, "SELECT count(*) FROM %s", table),
                           -1, &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void make_account(world_t *w, const char *name)
{
    chat_call_t c = call_of(w);
    assert_int_equal(chat_account_register(&c, name, "Passw0rd!"), APR_SUCCESS);
}

/* Logs in with the session in w->cookie; the answer. */
static const char *login(world_t *w, const char *name)
{
    const char *csrf = member(w, ask(w, CHAT_GET, "/auth/csrf/", NULL, NULL), "csrf");
    return ask(
        w, CHAT_POST, "/auth/login/",
        apr_pstrcat(w->pool, "username=", name, "&password=Passw0rd!&csrf=", csrf, NULL),
        NULL);
}

static void visit(world_t *w)
{
    w->cookie = NULL;
    w->cookie = member(w, ask(w, CHAT_GET, "/auth/csrf/", NULL, NULL), "sessionid");
    assert_int_equal(strlen(w->cookie), CHAT_ANONYMOUS_SESSION_LEN);
}

static const char *known_as(world_t *w)
{
    return member(w, ask(w, CHAT_GET, "/auth/csrf/", NULL, NULL), "sessionid");
}

static void visitors_leave_no_row(void **state)
{
    world_t *w = *state;
    static const char *const paths[] = {"/channels/get/", "/chat/get/", "/users/get/",
                                        "/users/findsimilar/", "/auth/csrf/"};
    for (int i = 0; i < 20; i++) {
        w->cookie = NULL;
        ask(w, CHAT_GET, paths[i % COUNT(paths)], "channel=1&id=1&language=C", NULL);
        visit(w);
        assert_non_null(strstr(
            ask(w, CHAT_POST, "/auth/login/", "username=a&password=b&csrf=c", NULL),
            "CSRF"));
        login(w, "nobody");
        ask(w, CHAT_POST, "/chat/send/", "channel=1&message=x", NULL);
    }
    assert_int_equal(rows(w, "session"), 0);
    assert_int_equal(rows(w, "visitor_ended"), 0);
    assert_int_equal(rows(w, "event"), 0);
}

static void visitors_live_one_to_two_periods(void **state)
{
    world_t *w = *state;
    for (int i = 0; i < 200; i++) {
        apr_time_t made = w->now = START + SECONDS(i * 1213);
        visit(w);
        w->now = made + SECONDS(CHAT_ANONYMOUS_SESSION_SECONDS);
        assert_string_equal(known_as(w), w->cookie);
        w->now = made + SECONDS(2 * CHAT_ANONYMOUS_SESSION_SECONDS);
        assert_string_not_equal(known_as(w), w->cookie);
    }
}

static void logging_in_ends_the_old_id(void **state)
{
    world_t *w = *state;
    const chat_terms_t hour = {.events = 3600};
    const char *visitor, *first, *body;
    int more = 0;
    make_account(w, "anna");
    visit(w);
    visitor = w->cookie;
    body = login(w, "anna");
    first = member(w, body, "sessionid");
    assert_string_not_equal(first, "");
    assert_string_not_equal(first, visitor);
    assert_int_equal(rows(w, "session"), 1);
    assert_int_equal(rows(w, "visitor_ended"), 1);
    assert_string_not_equal(known_as(w), visitor);
    w->cookie = first;
    assert_string_equal(known_as(w), first);
    body = login(w, "anna");
    assert_string_not_equal(member(w, body, "sessionid"), "");
    assert_int_equal(rows(w, "session"), 1);
    assert_int_equal(rows(w, "visitor_ended"), 1);
    assert_string_not_equal(known_as(w), first);
    /* the row that keeps the visitor dead goes when the id is dead by itself */
    assert_int_equal(chat_store_clean(&more, NULL, w->site.store, &hour), APR_SUCCESS);
    assert_int_equal(rows(w, "visitor_ended"), 0);
    w->now = apr_time_now();
    visit(w);
    login(w, "anna");
    assert_int_equal(chat_store_clean(&more, NULL, w->site.store, &hour), APR_SUCCESS);
    assert_int_equal(rows(w, "visitor_ended"), 1);
}

static const char *send_text(world_t *w, const char *text)
{
    const char *csrf = member(w, ask(w, CHAT_GET, "/auth/csrf/", NULL, NULL), "csrf");
    return ask(w, CHAT_POST, "/chat/send/",
               apr_pstrcat(w->pool, "channel=1&csrf=", csrf, "&message=", text, NULL),
               NULL);
}

/* ChatSessionLifetime counts from the last use. */
static void sessions_live_while_used(void **state)
{
    world_t *w = *state;
    make_account(w, "anna");
    visit(w);
    w->cookie = member(w, login(w, "anna"), "sessionid");
    w->now += SECONDS(10 * 365 * 86400);
    assert_non_null(strstr(send_text(w, "forever"), "\"success\":true"));
    w->settings.session_lifetime = 3600;
    assert_non_null(strstr(send_text(w, "late"), "must be signed in"));
    visit(w);
    w->cookie = member(w, login(w, "anna"), "sessionid");
    for (int i = 0; i < 5; i++) {
        w->now += SECONDS(3300);
        assert_non_null(strstr(send_text(w, "used"), "\"success\":true"));
    }
    w->now += SECONDS(3601);
    assert_non_null(strstr(send_text(w, "late"), "must be signed in"));
}

/* A password changed while another login checked the old one: that session never begins.
 */
static void login_does_not_outrun_a_change(void **state)
{
    world_t *w = *state;
    chat_call_t c = call_of(w);
    chat_credentials_t shown = {.name = "anna", .password = "Passw0rd!"};
    chat_account_t account;
    char id[CHAT_ANONYMOUS_SESSION_SIZE];
    make_account(w, "anna");
    visit(w);
    assert_int_equal(chat_account_login(&account, &c, &shown), APR_SUCCESS);
    assert_int_equal(
        chat_account_change_password(&c, "anna", "Passw0rd!", "An0ther!Word"),
        APR_SUCCESS);
    assert_int_equal(chat_anonymous_session_login(id, &c, &account, w->cookie),
                     CHAT_REFUSED);
    assert_int_equal(c.problem.code, CHAT_P_CREDENTIALS);
    assert_int_equal(rows(w, "session"), 0);
    assert_string_equal(known_as(w), w->cookie);
}

static int is_unchanged(world_t *w, const char *query)
{
    chat_response_t resp;
    const char *tag;
    int status;
    w->known_tag = NULL;
    ask(w, CHAT_GET, "/chat/get/", query, &resp);
    tag = apr_table_get(resp.headers, "ETag");
    assert_int_equal(resp.status, 200);
    w->known_tag = tag;
    ask(w, CHAT_GET, "/chat/get/", query, &resp);
    status = resp.status;
    assert_string_equal(apr_table_get(resp.headers, "ETag"), tag);
    assert_true(status == 304 || status == 200);
    return status == 304;
}

/* Cleaning up by ChatRetention changes the page and not the counter. */
static void pages_change_by_retention(void **state)
{
    world_t *w = *state;
    const chat_terms_t terms = {.events = 3600, .messages = 1};
    chat_response_t resp;
    int more = 0;
    w->site.retention = 1;
    assert_true(is_unchanged(w, "channel=1"));
    make_account(w, "anna");
    visit(w);
    w->cookie = member(w, login(w, "anna"), "sessionid");
    assert_non_null(strstr(send_text(w, "soon+gone"), "\"success\":true"));
    ask(w, CHAT_GET, "/chat/get/", "channel=1", &resp);
    assert_int_equal(resp.status, 200);
    assert_non_null(strstr(chat_buffer_text(&resp.body), "soon gone"));
    assert_true(is_unchanged(w, "channel=1"));
    sleep(2);
    assert_int_equal(chat_store_clean(&more, NULL, w->site.store, &terms), APR_SUCCESS);
    ask(w, CHAT_GET, "/chat/get/", "channel=1", &resp);
    assert_int_equal(resp.status, 200);
    assert_null(strstr(chat_buffer_text(&resp.body), "soon gone"));
    assert_true(is_unchanged(w, "channel=1"));
}

/* The lists read no more than they show. */
static void lists_go_by_index(void **state)
{
    static const struct {
        const char *sql, *plan;
    } cases[] = {
        {"SELECT id FROM account WHERE room_id = 1 AND COALESCE(languages, 'None') = 'C' "
         "AND "
         "state = 1 ORDER BY id LIMIT 20",
         "SEARCH account USING INDEX account_by_language"},
        {"SELECT * FROM channel c WHERE c.room_id = 1 AND c.public = 1 AND c.deleted_at "
         "IS "
         "NULL ORDER BY c.id LIMIT 1000",
         "SEARCH c USING INDEX channel_public"},
        {"SELECT id FROM message WHERE channel_id = 1 ORDER BY id LIMIT 1",
         "SEARCH message USING COVERING INDEX message_by_channel"},
        {"SELECT * FROM message WHERE channel_id = 1 ORDER BY id DESC LIMIT 1000",
         "SEARCH message USING INDEX message_by_channel"},
    };
    world_t *w = *state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->file, &db), SQLITE_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        sqlite3_stmt *s;
        const char *sql = apr_pstrcat(w->pool, "EXPLAIN QUERY PLAN ", cases[i].sql, NULL);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_non_null(strstr((const char *)sqlite3_column_text(s, 3), cases[i].plan));
        assert_int_equal(sqlite3_step(s), SQLITE_DONE); /* no sorting behind it */
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(visitors_leave_no_row),
        WORLD_TEST(visitors_live_one_to_two_periods),
        WORLD_TEST(logging_in_ends_the_old_id),
        WORLD_TEST(sessions_live_while_used),
        WORLD_TEST(login_does_not_outrun_a_change),
        WORLD_TEST(pages_change_by_retention),
        WORLD_TEST(lists_go_by_index),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
