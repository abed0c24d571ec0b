/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as chatd's HTTP answer, in pieces: first byte = size of a piece. */
#include "wire/http_answer.h"

#include "fuzz.h"

typedef struct seen_t {
    chat_wire_answer_t answer;
    size_t heads, lines, bytes;
} seen_t;

static void line(void *baton, const char *name, const char *value)
{
    seen_t *seen = baton;
    insist(!strpbrk(name, "\r\n") && !strpbrk(value, "\r\n"));
    seen->lines++;
}

static void begin(void *baton)
{
    seen_t *seen = baton;
    seen->heads++;
    chat_wire_answer_lines(&seen->answer, line, seen);
}

static void body(void *baton, const char *bytes, apr_size_t len)
{
    seen_t *seen = baton;
    insist(seen->heads == 1 && bytes && len);
    seen->bytes += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen_t seen = {.answer = {.begin = begin, .body = body}};
    size_t piece = size ? data[0] + 1u : 1;
    seen.answer.baton = &seen;
    seen.answer.bodyless = size && data[0] == 7;
    for (size_t at = 1; at < size && !chat_wire_answer_ended(&seen.answer); at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        char *copy = malloc(len);
        memcpy(copy, data + at, len);
        chat_wire_answer_take(&seen.answer, copy, len);
        free(copy);
        insist(seen.answer.len <= CHAT_WIRE_ANSWER_HEAD_MAX && seen.bytes <= size);
    }
    insist(seen.answer.state != CHAT_WIRE_ANSWER_DONE || seen.heads == 1);
    chat_wire_answer_clear(&seen.answer);
    return 0;
}
