/* SPDX-License-Identifier: Apache-2.0
 * probe.h - one virtual host that `chatctl check` tries, and the requests to it.
 */
#ifndef CHAT_CHATCTL_PROBE_H
#define CHAT_CHATCTL_PROBE_H

#include "core/trial.h"
#include "outbox/http.h"
#include "served.h"
#include "site.h"

#include <signal.h>

typedef struct chatctl_probe_t {
    chatctl_site_t *s;
    chat_http_t *http;
    const chatctl_host_t *host;
    const char *base;    /* its URL, without a slash at the end */
    const char *connect; /* where that is on this machine; NULL: where its name says */
    chat_trial_t trial;
    sigset_t signals; /* blocked; one of them ends all requests */
    int stopped;
} chatctl_probe_t;

/* A request below P's URL. */
typedef struct chatctl_ask_t {
    const char *path;
    const char *body, *type;    /* see chat_http_request_t */
    const char *const *headers; /* likewise */
} chatctl_ask_t;

/* Waits for the answer. Never NULL: `error` says why there is none. */
const chat_http_answer_t *chatctl_probe_ask(chatctl_probe_t *p, const chatctl_ask_t *ask);
/* The same of another server, which PATH is the whole URL of; AUTHORIZATION may be NULL.
 */
const chat_http_answer_t *chatctl_probe_other(chatctl_probe_t *p, const char *url,
                                              const char *authorization);

/* Member NAME of an answer that is a JSON object, as text; NULL: it has none. */
const char *chatctl_probe_field(const chatctl_probe_t *p, const chat_http_answer_t *a,
                                const char *name);
/* TEXT for a query or a form. */
const char *chatctl_probe_escape(const chatctl_probe_t *p, const char *text);
/* A text that no message has. */
const char *chatctl_probe_text(const chatctl_probe_t *p);

/* Says what is wrong when WHAT got the answer A, and the cure. Returns CHATCTL_FAILED. */
int chatctl_probe_refused(const chatctl_probe_t *p, const char *what,
                          const chat_http_answer_t *a);
/* Says that WHAT did not bring the message back. Returns CHATCTL_FAILED. */
int chatctl_probe_lost(const chatctl_probe_t *p, const char *what, const char *cure);

/* Sends TEXT to the trial's channel, past httpd. */
int chatctl_probe_send(chatctl_probe_t *p, const char *text);

#endif
