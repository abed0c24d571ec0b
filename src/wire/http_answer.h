/* SPDX-License-Identifier: Apache-2.0
 * http_answer.h - an HTTP answer of the daemon, taken in pieces: where its head ends,
 * which header lines go on to the client, how much body is to come.
 *
 * Knows nothing of httpd; memory is malloc'ed, since answers are taken by a thread that
 * owns no pool.
 */
#ifndef CHAT_WIRE_HTTP_ANSWER_H
#define CHAT_WIRE_HTTP_ANSWER_H

#include <apr.h>

/* The daemon's heads have some hundred bytes. */
#define CHAT_WIRE_ANSWER_HEAD_MAX 8192

typedef enum chat_wire_answer_state_t {
    CHAT_WIRE_ANSWER_HEAD, /* to come, or not complete */
    CHAT_WIRE_ANSWER_BODY, /* the head is there */
    CHAT_WIRE_ANSWER_DONE,
    CHAT_WIRE_ANSWER_BAD
} chat_wire_answer_state_t;

/* Zeroed to begin with. */
typedef struct chat_wire_answer_t {
    chat_wire_answer_state_t state;
    int bodyless;      /* set by the owner: the answer to a HEAD request */
    int status;        /* from CHAT_WIRE_ANSWER_BODY on */
    apr_uint64_t left; /* bytes of body to come */
    char *head;        /* terminated; lines end with CRLF, no empty line */
    apr_size_t len;
} chat_wire_answer_t;

/* Takes bytes up to the end of the head; returns how many. In CHAT_WIRE_ANSWER_BODY and
 * behind it takes none. */
apr_size_t chat_wire_answer_head(chat_wire_answer_t *answer, const char *bytes,
                                 apr_size_t len);

/* Counts up to LEN bytes of body; returns how many belong to it. */
apr_size_t chat_wire_answer_body(chat_wire_answer_t *answer, apr_size_t len);

/* Calls LINE for each header line that is for the client: not Connection, Keep-Alive. The
 * name and the value are terminated while it runs. */
void chat_wire_answer_lines(chat_wire_answer_t *answer,
                            void (*line)(void *baton, const char *name,
                                         const char *value),
                            void *baton);

/* Frees what ANSWER holds and begins anew. */
void chat_wire_answer_clear(chat_wire_answer_t *answer);

#endif
