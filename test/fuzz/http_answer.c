/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the daemon's HTTP answer, in pieces: first byte = size of a piece. */
#include "wire/http_answer.h"

#include "fuzz.h"

static void line(void *baton, const char *name, const char *value)
{
    size_t *lines = baton;
    insist(!strpbrk(name, "\r\n") && !strpbrk(value, "\r\n"));
    ++*lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_wire_answer_t answer = {0};
    size_t piece = size ? data[0] + 1u : 1, at = 1, lines = 0;
    if (size)
        answer.bodyless = data[0] == 7;
    while (at < size && answer.state < CHAT_WIRE_ANSWER_DONE) {
        size_t len = size - at < piece ? size - at : piece, used;
        char *copy = malloc(len);
        memcpy(copy, data + at, len);
        if (answer.state == CHAT_WIRE_ANSWER_HEAD)
            used = chat_wire_answer_head(&answer, copy, len);
        else
            used = chat_wire_answer_body(&answer, len);
        insist(used <= len && (used || answer.state != CHAT_WIRE_ANSWER_BODY));
        at += used;
        free(copy);
        insist(answer.len <= CHAT_WIRE_ANSWER_HEAD_MAX);
    }
    if (answer.state == CHAT_WIRE_ANSWER_BODY || answer.state == CHAT_WIRE_ANSWER_DONE)
        chat_wire_answer_lines(&answer, line, &lines);
    chat_wire_answer_clear(&answer);
    return 0;
}
