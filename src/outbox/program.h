/* SPDX-License-Identifier: Apache-2.0
 * program.h - a program that gets some bytes on its standard input.
 */
#ifndef CHAT_OUTBOX_PROGRAM_H
#define CHAT_OUTBOX_PROGRAM_H

#include <apr_errno.h>
#include <apr_time.h>

/* Runs COMMAND (no shell, no search along PATH, output thrown away, no environment but
 * PATH), hands TEXT to it and waits until it ends. *CODE is its exit code, or 256 and its
 * signal. APR_TIMEUP when it was killed after LIMIT; another status when it could not be
 * run. Safe in threads. */
apr_status_t chat_program_feed(int *code, const char *const *command, const char *text,
                               apr_interval_time_t limit);

#endif
