/* SPDX-License-Identifier: Apache-2.0 */
/* A Socket.IO client that polls. */
#include "poll.h"

#include "print.h"

#include <apr_strings.h>
#include <string.h>

#define WHAT CHATCTL_POLLS
/* A poll that brings a ping and nothing else is followed by another one. */
#define POLLS_MAX 3

typedef struct poll_t {
    chatctl_probe_t *p;
    const char *path; /* with the session's id */
} poll_t;

static const chat_http_answer_t *ask(const poll_t *l, const char *packet)
{
    const chatctl_ask_t a = {.path = l->path, .body = packet, .type = "text/plain"};
    return chatctl_probe_ask(l->p, &a);
}

/* The session's id from the first packet, `0{"sid":...}`; NULL: it is something else. */
static const char *read_sid(const poll_t *l, const chat_http_answer_t *a)
{
    chat_http_answer_t packet = *a;
    if (a->status != 200 || a->len < 2 || *a->body != '0')
        return NULL;
    packet.body++;
    packet.len--;
    return chatctl_probe_field(l->p, &packet, "sid");
}

/* Polls until TEXT comes. */
static const chat_http_answer_t *wait_for(const poll_t *l, const char *text)
{
    const chat_http_answer_t *a = NULL;
    for (int i = 0; i < POLLS_MAX; i++) {
        a = ask(l, NULL);
        if (a->status != 200 || strstr(a->body, text))
            break;
        if (*a->body == '2')
            ask(l, "3");
    }
    return a;
}

static int converse(poll_t *l)
{
    chatctl_probe_t *p = l->p;
    const char *text = chatctl_probe_text(p);
    const chat_http_answer_t *a = ask(
        l, apr_psprintf(p->s->ctl->pool, "40{\"token_api_v3\":\"%s\"}", p->trial.token));
    if (a->status == 200)
        a = wait_for(l, "\"ready\"");
    if (a->status != 200 || !strstr(a->body, "\"ready\""))
        return chatctl_probe_refused(p, WHAT, a);
    if (chatctl_probe_send(p, text))
        return CHATCTL_FAILED;
    a = wait_for(l, text);
    ask(l, "1");
    if (a->status && a->status != 200)
        return chatctl_probe_refused(p, WHAT, a);
    return strstr(a->body, text) ? 0 : chatctl_probe_lost(p, WHAT, "restart chatd");
}

int chatctl_poll_try(chatctl_probe_t *p)
{
    poll_t l = {p, apr_pstrcat(p->s->ctl->pool, p->host->realtime,
                               "?EIO=4&transport=polling", NULL)};
    const chat_http_answer_t *a = ask(&l, NULL);
    const char *sid = read_sid(&l, a);
    if (!sid)
        return chatctl_probe_refused(p, WHAT, a);
    l.path =
        apr_pstrcat(p->s->ctl->pool, l.path, "&sid=", chatctl_probe_escape(p, sid), NULL);
    return converse(&l);
}
