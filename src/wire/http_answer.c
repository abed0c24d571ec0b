/* SPDX-License-Identifier: Apache-2.0 */
/* Parser of chatd's HTTP answers; no library: they are of one form, and this is all of
 * it. */
#include "wire/http_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST 512

static int grow(chat_wire_answer_t *answer, apr_size_t need)
{
    apr_size_t size = FIRST;
    char *head;
    while (size < need)
        size *= 2;
    head = realloc(answer->head, size);
    if (head)
        answer->head = head;
    return head != NULL;
}

/* The value of header NAME in one line, or NULL. */
static const char *value_of(const char *line, const char *name)
{
    apr_size_t len = strlen(name);
    if (strncasecmp(line, name, len) || line[len] != ':')
        return NULL;
    line += len + 1;
    return line + strspn(line, " \t");
}

static int digits(apr_uint64_t *out, const char *text)
{
    apr_uint64_t n = 0;
    int count = 0;
    for (; *text >= '0' && *text <= '9' && count < 18; text++, count++)
        n = n * 10 + (apr_uint64_t)(*text - '0');
    *out = n;
    return count > 0 && (*text == '\r' || *text == ' ');
}

static int lines_end_with_crlf(const char *head)
{
    for (const char *p = head; (p = strpbrk(p, "\r\n")); p += 2) {
        if (p[0] != '\r' || p[1] != '\n')
            return 0;
    }
    return 1;
}

/* Only what chatd sends: HTTP/1.1, a length or no body. */
static int parse(chat_wire_answer_t *answer)
{
    const char *line, *value;
    apr_uint64_t status = 0, length = 0;
    if (strncmp(answer->head, "HTTP/1.1 ", 9) || !digits(&status, answer->head + 9) ||
        status < 100 || status > 599 || status == 101)
        return 0;
    if (status < 200) {
        answer->len = 0; /* an interim answer: another one follows */
        return 1;
    }
    for (line = strchr(answer->head, '\n'); line && line[1]; line = strchr(line, '\n')) {
        line++;
        if (value_of(line, "Transfer-Encoding"))
            return 0;
        value = value_of(line, "Content-Length");
        if (value && !digits(&length, value))
            return 0;
    }
    answer->status = (int)status;
    answer->left = answer->bodyless || status == 204 || status == 304 ? 0 : length;
    answer->state = answer->left ? CHAT_WIRE_ANSWER_BODY : CHAT_WIRE_ANSWER_DONE;
    return 1;
}

static void complete(chat_wire_answer_t *answer)
{
    answer->len -= 2; /* the empty line */
    answer->head[answer->len] = '\0';
    if (strlen(answer->head) != answer->len || !lines_end_with_crlf(answer->head) ||
        !parse(answer))
        answer->state = CHAT_WIRE_ANSWER_BAD;
}

/* Consumes bytes up to the end of the head; returns how many. */
static apr_size_t take_head(chat_wire_answer_t *answer, const char *bytes, apr_size_t len)
{
    apr_size_t used = 0;
    if (answer->len + len > CHAT_WIRE_ANSWER_HEAD_MAX)
        len = CHAT_WIRE_ANSWER_HEAD_MAX - answer->len;
    if (len == 0 || !grow(answer, answer->len + len + 1)) {
        answer->state = CHAT_WIRE_ANSWER_BAD;
        return 0;
    }
    while (used < len && answer->state == CHAT_WIRE_ANSWER_HEAD) {
        answer->head[answer->len++] = bytes[used++];
        if (answer->len >= 4 && !memcmp(answer->head + answer->len - 4, "\r\n\r\n", 4))
            complete(answer);
    }
    return used;
}

void chat_wire_answer_take(chat_wire_answer_t *answer, const char *bytes, apr_size_t len)
{
    while (len && answer->state == CHAT_WIRE_ANSWER_HEAD) {
        apr_size_t used = take_head(answer, bytes, len);
        bytes += used;
        len -= used;
        if (answer->status && answer->begin)
            answer->begin(answer->baton);
    }
    if (answer->state != CHAT_WIRE_ANSWER_BODY || !len)
        return;
    if (len > answer->left)
        len = (apr_size_t)answer->left;
    answer->left -= len;
    if (!answer->left)
        answer->state = CHAT_WIRE_ANSWER_DONE;
    if (answer->body)
        answer->body(answer->baton, bytes, len);
}

void chat_wire_answer_lines(chat_wire_answer_t *answer,
                            void (*line)(void *baton, const char *name,
                                         const char *value),
                            void *baton)
{
    char *at = strchr(answer->head, '\n'), *end, *colon;
    while (at && *++at && (end = strstr(at, "\r\n")) != NULL) {
        *end = '\0';
        colon = strchr(at, ':');
        if (colon) {
            *colon = '\0';
            if (strcasecmp(at, "Connection") != 0 && strcasecmp(at, "Keep-Alive") != 0)
                line(baton, at, colon + 1 + strspn(colon + 1, " \t"));
            *colon = ':';
        }
        *end = '\r';
        at = end + 1;
    }
}

void chat_wire_answer_clear(chat_wire_answer_t *answer)
{
    free(answer->head);
    memset(answer, 0, sizeof(*answer));
}
