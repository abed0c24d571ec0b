/* SPDX-License-Identifier: Apache-2.0 */
/* chatd's answers, in pieces. */
#include "unit.h"
#include "wire/http_answer.h"

typedef struct case_t {
    const char *text;
    chat_wire_answer_state_t state; /* after the head */
    int status;
    apr_uint64_t left;
    int bodyless;
} case_t;

static const case_t cases[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", CHAT_WIRE_ANSWER_BODY, 200, 5, 0},
    {"HTTP/1.1 200 OK\r\ncontent-length:7 \r\nX: y\r\n\r\n", CHAT_WIRE_ANSWER_BODY, 200,
     7, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", CHAT_WIRE_ANSWER_DONE, 200, 0, 1},
    {"HTTP/1.1 204 No Content\r\n\r\n", CHAT_WIRE_ANSWER_DONE, 204, 0, 0},
    {"HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", CHAT_WIRE_ANSWER_DONE, 304, 0, 0},
    {"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", CHAT_WIRE_ANSWER_DONE, 400, 0, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0,
     0},
    {"HTTP/1.1 102 x\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 404 "
     "x\r\nContent-Length: "
     "3\r\n\r\n",
     CHAT_WIRE_ANSWER_BODY, 404, 3, 0},
    {"HTTP/1.1 102 x\r\n\r\n", CHAT_WIRE_ANSWER_HEAD, 0, 0, 0},
    {"HTTP/1.0 200 OK\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"HTTP/1.1 101 x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"HTTP/1.1 2000 x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
};

static void feed(chat_wire_answer_t *answer, const char *text, apr_size_t step)
{
    apr_size_t len = strlen(text), at;
    for (at = 0; at < len; at += step)
        chat_wire_answer_take(answer, text + at, len - at < step ? len - at : step);
}

static void heads(void **state)
{
    (void)state;
    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (apr_size_t step = 1; step < 64; step += 7) {
            chat_wire_answer_t answer = {.bodyless = cases[i].bodyless};
            feed(&answer, cases[i].text, step);
            assert_int_equal(answer.state, cases[i].state);
            assert_int_equal(answer.left, cases[i].left);
            if (answer.state != CHAT_WIRE_ANSWER_BAD)
                assert_int_equal(answer.status, cases[i].status);
            chat_wire_answer_clear(&answer);
        }
    }
}

typedef struct seen_t {
    int heads;
    char body[16];
} seen_t;

static void count_head(void *baton)
{
    ((seen_t *)baton)->heads++;
}

static void add_body(void *baton, const char *bytes, apr_size_t len)
{
    strncat(((seen_t *)baton)->body, bytes, len);
}

static void body_ends_where_its_length_says(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdefgh";
    (void)state;
    for (apr_size_t step = 1; step < sizeof(text); step++) {
        seen_t seen = {.heads = 0};
        chat_wire_answer_t answer = {
            .begin = count_head, .body = add_body, .baton = &seen};
        feed(&answer, text, step);
        assert_int_equal(answer.state, CHAT_WIRE_ANSWER_DONE);
        assert_int_equal(seen.heads, 1);
        assert_string_equal(seen.body, "abcde");
        chat_wire_answer_clear(&answer);
    }
}

static void too_long(void **state)
{
    chat_wire_answer_t answer = {.state = CHAT_WIRE_ANSWER_HEAD};
    char text[1000];
    (void)state;
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 20 && answer.state == CHAT_WIRE_ANSWER_HEAD; i++)
        chat_wire_answer_take(&answer, text, sizeof(text));
    assert_int_equal(answer.state, CHAT_WIRE_ANSWER_BAD);
    assert_true(answer.len <= CHAT_WIRE_ANSWER_HEAD_MAX);
    chat_wire_answer_clear(&answer);
}

static void collect(void *baton, const char *name, const char *value)
{
    char *all = baton;
    strncat(all, name, 200 - strlen(all));
    strncat(all, "=", 200 - strlen(all));
    strncat(all, value, 200 - strlen(all));
    strncat(all, ";", 200 - strlen(all));
}

static void lines(void **state)
{
    chat_wire_answer_t answer = {.state = CHAT_WIRE_ANSWER_HEAD};
    char all[256] = "";
    (void)state;
    feed(&answer,
         "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\nkeep-alive: x\r\nC:\td: "
         "e\r\n\r\n",
         1000);
    chat_wire_answer_lines(&answer, collect, all);
    assert_string_equal(all, "A=b;C=d: e;");
    all[0] = '\0';
    chat_wire_answer_lines(&answer, collect, all);
    assert_string_equal(all, "A=b;C=d: e;");
    chat_wire_answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(body_ends_where_its_length_says),
        cmocka_unit_test(too_long),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
