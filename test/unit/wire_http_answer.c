/* SPDX-License-Identifier: Apache-2.0 */
/* httpd/answer.c: heads of the daemon's answers, in pieces. */
#include "../../src/wire/http_answer.c"
#include "unit.h"

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
    {"HTTP/1.0 200 OK\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"HTTP/1.1 101 x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"HTTP/1.1 2000 x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"x\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
    {"\r\n\r\n", CHAT_WIRE_ANSWER_BAD, 0, 0, 0},
};

static void feed(chat_wire_answer_t *answer, const char *text, apr_size_t step)
{
    apr_size_t len = strlen(text), at = 0;
    while (at < len && answer->state == CHAT_WIRE_ANSWER_HEAD)
        at += chat_wire_answer_head(answer, text + at, len - at < step ? len - at : step);
    assert_true(answer->state == CHAT_WIRE_ANSWER_BAD || at == len);
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

static void body_is_counted(void **state)
{
    chat_wire_answer_t answer = {.state = CHAT_WIRE_ANSWER_HEAD};
    const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdefgh";
    apr_size_t used = chat_wire_answer_head(&answer, text, strlen(text));
    (void)state;
    assert_string_equal(text + used, "abcdefgh");
    assert_int_equal(chat_wire_answer_body(&answer, 3), 3);
    assert_int_equal(answer.state, CHAT_WIRE_ANSWER_BODY);
    assert_int_equal(chat_wire_answer_body(&answer, 5), 2);
    assert_int_equal(answer.state, CHAT_WIRE_ANSWER_DONE);
    assert_int_equal(chat_wire_answer_body(&answer, 1), 0);
    chat_wire_answer_clear(&answer);
}

static void too_long(void **state)
{
    chat_wire_answer_t answer = {.state = CHAT_WIRE_ANSWER_HEAD};
    char text[1000];
    (void)state;
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 20 && answer.state == CHAT_WIRE_ANSWER_HEAD; i++)
        chat_wire_answer_head(&answer, text, sizeof(text));
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
        cmocka_unit_test(body_is_counted),
        cmocka_unit_test(too_long),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
