/* SPDX-License-Identifier: Apache-2.0
 * http_answer.h - an HTTP answer of chatd, parsed in pieces.
 *
 * Memory is malloc'ed: the relay thread owns no pool.
 */
#ifndef CHAT_WIRE_HTTP_ANSWER_H
#define CHAT_WIRE_HTTP_ANSWER_H

#include <apr.h>

/* chatd's heads have a few hundred bytes. */
#define CHAT_WIRE_ANSWER_HEAD_MAX 8192

typedef enum chat_wire_answer_state_t {
    CHAT_WIRE_ANSWER_HEAD, /* to come, or not complete */
    CHAT_WIRE_ANSWER_BODY, /* the head is there */
    CHAT_WIRE_ANSWER_DONE,
    CHAT_WIRE_ANSWER_BAD
} chat_wire_answer_state_t;

/* Zeroed to begin with, but for what the owner sets. */
typedef struct chat_wire_answer_t {
    chat_wire_answer_state_t state;
    int bodyless;               /* set by the owner: the answer to a HEAD request */
    void (*begin)(void *baton); /* set by the owner: the head is complete */
    void (*body)(void *baton, const char *bytes, apr_size_t len); /* ... body arrived */
    void *baton;
    int status;        /* from CHAT_WIRE_ANSWER_BODY on */
    apr_uint64_t left; /* bytes of body to come */
    char *head;        /* terminated; lines end with CRLF, no empty line */
    apr_size_t len;
} chat_wire_answer_t;

static inline int chat_wire_answer_ended(const chat_wire_answer_t *answer)
{
    return answer->state >= CHAT_WIRE_ANSWER_DONE;
}

/* Parses LEN more bytes and calls `begin` and `body`. What follows the answer is
 * dropped. */
void chat_wire_answer_take(chat_wire_answer_t *answer, const char *bytes, apr_size_t len);

/* Calls LINE for each header line that is for the client: not Connection, Keep-Alive. The
 * name and the value are terminated while it runs. */
void chat_wire_answer_lines(chat_wire_answer_t *answer,
                            void (*line)(void *baton, const char *name,
                                         const char *value),
                            void *baton);

/* Frees what ANSWER holds and zeroes it. */
void chat_wire_answer_clear(chat_wire_answer_t *answer);

#endif
