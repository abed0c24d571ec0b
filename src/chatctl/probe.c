/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a running site, one at a time, and what a refusal means. */
#include "probe.h"

#include "core/messages.h"
#include "print.h"
#include "render/json.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

#define STEP_MS 100

typedef struct waiting_t {
    chat_http_answer_t answer;
    int done;
} waiting_t;

static void keep(void *baton, const chat_http_answer_t *answer)
{
    waiting_t *w = baton;
    w->answer = *answer;
    w->done = 1;
}

static const chat_http_answer_t *ask(chatctl_probe_t *p, chat_http_request_t *r)
{
    static const struct timespec now = {0, 0};
    waiting_t *w = apr_pcalloc(p->s->ctl->pool, sizeof(*w));
    w->answer.error = p->stopped ? "interrupted" : "the request cannot be made";
    w->answer.body = "";
    r->pool = p->s->ctl->pool;
    r->done = keep;
    r->baton = w;
    if (p->stopped || chat_http_start(p->http, r) != APR_SUCCESS)
        return &w->answer;
    while (!w->done && !p->stopped) {
        chat_http_run(p->http, STEP_MS);
        p->stopped = sigtimedwait(&p->signals, NULL, &now) > 0;
    }
    if (!w->done)
        w->answer.error = "interrupted";
    return &w->answer;
}

const chat_http_answer_t *chatctl_probe_ask(chatctl_probe_t *p, const chatctl_ask_t *a)
{
    apr_pool_t *pool = p->s->ctl->pool;
    apr_array_header_t *headers = apr_array_make(pool, 6, sizeof(const char *));
    chat_http_request_t r = {.url = apr_pstrcat(pool, p->base, a->path, NULL),
                             .body = a->body,
                             .type = a->type,
                             .connect = p->connect};
    APR_ARRAY_PUSH(headers, const char *) = "User-Agent: chatctl check";
    for (const char *const *line = a->headers; line && *line; line++)
        APR_ARRAY_PUSH(headers, const char *) = *line;
    APR_ARRAY_PUSH(headers, const char *) = NULL;
    r.headers = (const char *const *)headers->elts;
    return ask(p, &r);
}

const chat_http_answer_t *chatctl_probe_other(chatctl_probe_t *p, const char *url,
                                              const char *authorization)
{
    chat_http_request_t r = {.url = url, .authorization = authorization};
    if (*url == '/') {
        r.url = "http://localhost/";
        r.connect = url;
    }
    return ask(p, &r);
}

const char *chatctl_probe_field(const chatctl_probe_t *p, const chat_http_answer_t *a,
                                const char *name)
{
    const chat_json_t *json;
    const char *why;
    if (chat_json_parse(&json, &why, a->body, a->len, p->s->ctl->pool) != APR_SUCCESS)
        return NULL;
    return chat_json_text(chat_json_member(json, name), p->s->ctl->pool);
}

const char *chatctl_probe_escape(const chatctl_probe_t *p, const char *text)
{
    return apr_pescape_urlencoded(p->s->ctl->pool, text);
}

const char *chatctl_probe_text(const chatctl_probe_t *p)
{
    return apr_pstrcat(p->s->ctl->pool, "chatctl check ", chat_uuid_new(p->s->ctl->pool),
                       NULL);
}

int chatctl_probe_send(chatctl_probe_t *p, const char *text)
{
    chat_call_t call = p->s->call;
    const chat_auth_t auth = {.account = p->trial.sender.who.id};
    const chat_text_t said = {.text = text, .len = strlen(text)};
    chat_message_t m;
    call.now = apr_time_now();
    return chatctl_result(
        p->s, chat_message_send(&m, &call, &auth, p->trial.channel.name, &said));
}

/* ---- what a refusal means ---- */

/* What to do about STATUS. */
static const char *cure_of(const chatctl_probe_t *p, const chat_http_answer_t *a)
{
    const char *id = apr_table_get(a->headers, "X-Chat-Log-Id");
    if (a->status == 401 || a->status == 403)
        return "httpd lets this machine in nowhere there: allow it (Require), or name "
               "an address that it may use with --url";
    if (a->status >= 300 && a->status < 400)
        return "it is redirected: name the address that serves with --url";
    if (a->status == 404 || a->status == 405)
        return "another part of httpd's configuration answers: `httpd -S` shows which "
               "virtual host; look for Alias, ProxyPass and RewriteRule there, and "
               "restart httpd after changes";
    if (a->status == 429)
        return "too much came from this address: wait, or raise ChatRateLimit";
    if (a->status >= 500)
        return apr_psprintf(p->s->ctl->pool,
                            "the error log says why%s%s: look there, and at "
                            "docs/log.md",
                            id ? ", by the log id " : "", id ? id : "");
    return apr_psprintf(p->s->ctl->pool,
                        "not what is expected (%.100s): restart httpd after an upgrade",
                        a->body);
}

int chatctl_probe_refused(const chatctl_probe_t *p, const char *what,
                          const chat_http_answer_t *a)
{
    if (p->stopped)
        return CHATCTL_FAILED;
    if (!a->status)
        return chatctl_fail("%s at %s: no answer (%s): see that httpd runs and listens "
                            "there, and what the error log says",
                            what, p->base, a->error);
    return chatctl_fail("%s at %s: answered %ld: %s", what, p->base, a->status,
                        cure_of(p, a));
}

int chatctl_probe_lost(const chatctl_probe_t *p, const char *what, const char *cure)
{
    if (p->stopped)
        return CHATCTL_FAILED;
    return chatctl_fail("%s at %s: a message was accepted and did not come back: %s",
                        what, p->base, cure);
}
