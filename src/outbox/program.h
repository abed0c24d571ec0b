/* SPDX-License-Identifier: Apache-2.0
 * program.h - runs a program that reads a text from its standard input, without waiting.
 */
#ifndef CHAT_OUTBOX_PROGRAM_H
#define CHAT_OUTBOX_PROGRAM_H

#include <apr_pools.h>
#include <apr_time.h>

/* How often chat_program_poll should be called, in milliseconds. */
#define CHAT_PROGRAM_POLL_MS 20

typedef struct chat_program_t chat_program_t;

/* Starts COMMAND: no shell, no search along PATH, output discarded, no environment but
 * PATH. TEXT must live as long as POOL; destroying POOL kills the program. */
apr_status_t chat_program_start(chat_program_t **out, const char *const *command,
                                const char *text, apr_interval_time_t limit,
                                apr_pool_t *pool);

/* APR_EAGAIN while the program runs. APR_SUCCESS when it has ended: *CODE is its exit
 * code, or 256 and its signal. APR_TIMEUP when it was killed after its time limit. */
apr_status_t chat_program_poll(int *code, chat_program_t *p);

#endif
