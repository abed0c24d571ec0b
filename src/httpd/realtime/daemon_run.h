/* SPDX-License-Identifier: Apache-2.0
 * daemon_run.h - one process of chatd: fork, rights, descriptors, exec.
 */
#ifndef CHAT_HTTPD_REALTIME_DAEMON_RUN_H
#define CHAT_HTTPD_REALTIME_DAEMON_RUN_H

#include "httpd/realtime_state.h"
#include "httpd/site.h"

typedef struct chat_daemon_run_t {
    const char *program;
    const char *conf;
    int intake, http, lifeline; /* descriptors that it gets */
    int delay;                  /* seconds before it becomes the program */
    const chat_runner_t *runner;
    chat_realtime_state_t *state; /* to be set running */
} chat_daemon_run_t;

/* The new process, or -1 (errno). It ends with 127 when the program cannot be run, and
 * with 0 when the lifeline ends before that. */
pid_t chat_daemon_run(const chat_daemon_run_t *run);

#endif
