/* SPDX-License-Identifier: Apache-2.0 */
/* A message by each dialect, sent and read again. */
#include "ways.h"

#include "poll.h"
#include "print.h"
#include "websocket.h"

#include <apr_strings.h>
#include <string.h>

#define FORM "application/x-www-form-urlencoded"
#define AGAIN \
    "`chatctl check --offline` looks at the database; restart httpd if it is sound"

typedef struct way_t {
    chatctl_probe_t *p;
    const char *what;   /* the dialect, for people */
    const char *prefix; /* of its mount */
} way_t;

static const chat_http_answer_t *post(const way_t *w, const char *path, const char *body,
                                      const char *type, const char *cookie)
{
    const char *headers[] = {cookie, NULL};
    const chatctl_ask_t ask = {.path =
                                   apr_pstrcat(w->p->s->ctl->pool, w->prefix, path, NULL),
                               .body = body,
                               .type = type,
                               .headers = cookie ? headers : NULL};
    return chatctl_probe_ask(w->p, &ask);
}

static int refused(const way_t *w, const chat_http_answer_t *a)
{
    return chatctl_probe_refused(w->p, w->what, a);
}

/* Whether A, a page of messages, has TEXT; else the complaint. */
static int judge(const way_t *w, const chat_http_answer_t *a, const char *text)
{
    if (a->status != 200)
        return refused(w, a);
    return strstr(a->body, text) ? 0 : chatctl_probe_lost(w->p, w->what, AGAIN);
}

static int button(const way_t *w)
{
    const chat_trial_t *t = &w->p->trial;
    apr_pool_t *pool = w->p->s->ctl->pool;
    const char *text = chatctl_probe_text(w->p), *token;
    const chat_http_answer_t *a =
        post(w, "/generatetoken/",
             apr_psprintf(pool, "{\"username\":\"%s\",\"password\":\"%s\"}",
                          t->sender.who.name, t->password),
             NULL, NULL);
    if (a->status != 200 || !(token = chatctl_probe_field(w->p, a, "token")))
        return refused(w, a);
    a = post(w, "/sendmessage/",
             apr_psprintf(pool,
                          "{\"token\":\"%s\",\"channel\":\"%s\",\"message\":\"%s\"}",
                          token, t->channel.name, text),
             NULL, NULL);
    if (a->status != 200)
        return refused(w, a);
    a = post(w, "/readmessagesfromchannel/",
             apr_psprintf(pool, "{\"token\":\"%s\",\"name\":\"%s\",\"count\":50}",
                          t->token, t->channel.name),
             NULL, NULL);
    return judge(w, a, text);
}

/* The first cookie that A sets, as a header; NULL: none. */
static const char *cookie_of(const way_t *w, const chat_http_answer_t *a)
{
    const char *set = apr_table_get(a->headers, "Set-Cookie");
    return set ? apr_psprintf(w->p->s->ctl->pool, "Cookie: %.*s", (int)strcspn(set, ";"),
                              set)
               : NULL;
}

/* The cookie of ACCOUNT's session, or NULL after the complaint. */
static const char *enter_chatroom(const way_t *w, const chat_account_t *account)
{
    const chat_trial_t *t = &w->p->trial;
    apr_pool_t *pool = w->p->s->ctl->pool;
    const chat_http_answer_t *a =
        post(w, apr_pstrcat(pool, "/login/", t->room_uuid, NULL),
             apr_psprintf(pool, "{\"userID\":\"%s\",\"password\":\"%s\"}",
                          account->who.uuid, t->password),
             NULL, NULL);
    const char *cookie = a->status == 200 ? cookie_of(w, a) : NULL;
    if (!cookie)
        refused(w, a);
    return cookie;
}

static int chatroom(const way_t *w)
{
    const chat_trial_t *t = &w->p->trial;
    apr_pool_t *pool = w->p->s->ctl->pool;
    const char *text = chatctl_probe_text(w->p);
    const char *path = apr_pstrcat(pool, "/messages/", t->room_uuid, NULL);
    const char *sender = enter_chatroom(w, &t->sender);
    const char *reader = sender ? enter_chatroom(w, &t->reader) : NULL;
    const char *headers[] = {reader, "get-method: count", "count: 50", NULL, NULL, NULL};
    chatctl_ask_t ask = {.headers = headers};
    const chat_http_answer_t *a;
    if (!reader)
        return CHATCTL_FAILED;
    a = post(w, path,
             apr_psprintf(pool,
                          "{\"userID\":\"%s\",\"channelID\":\"%s\",\"data\":\"%s\"}",
                          t->sender.who.uuid, t->channel.uuid, text),
             NULL, sender);
    if (a->status != 200)
        return refused(w, a);
    headers[3] = apr_pstrcat(pool, "userID: ", t->reader.who.uuid, NULL);
    headers[4] = apr_pstrcat(pool, "channelID: ", t->channel.uuid, NULL);
    ask.path = apr_pstrcat(pool, w->prefix, path, NULL);
    return judge(w, chatctl_probe_ask(w->p, &ask), text);
}

/* Every answer is 200, and `success` says what it is. */
static int succeeded(const way_t *w, const chat_http_answer_t *a)
{
    const char *success = chatctl_probe_field(w->p, a, "success");
    return a->status == 200 && success && !strcmp(success, "true");
}

static int teendevops(const way_t *w)
{
    const chat_trial_t *t = &w->p->trial;
    apr_pool_t *pool = w->p->s->ctl->pool;
    const char *text = chatctl_probe_text(w->p);
    const chat_http_answer_t *a = post(w, "/auth/csrf/", NULL, NULL, NULL);
    const char *cookie = cookie_of(w, a), *visitor;
    chat_call_t call = w->p->s->call;
    if (!succeeded(w, a) || !cookie)
        return refused(w, a);
    visitor = chatctl_probe_field(w->p, a, "sessionid");
    a = post(w, "/auth/login/",
             apr_psprintf(pool, "username=%s&password=%s&csrf=%s", t->sender.who.name,
                          chatctl_probe_escape(w->p, t->password),
                          chatctl_probe_field(w->p, a, "csrf")),
             FORM, cookie);
    call.dialect = CHAT_TEENDEVOPS;
    if (visitor && chatctl_result(w->p->s, chat_trial_forget(&call, visitor)))
        return CHATCTL_FAILED;
    cookie = cookie_of(w, a);
    if (!succeeded(w, a) || !cookie)
        return refused(w, a);
    a = post(w, "/chat/send/",
             apr_psprintf(pool, "channel=%" APR_INT64_T_FMT "&message=%s&csrf=%s",
                          t->open.id, chatctl_probe_escape(w->p, text),
                          chatctl_probe_field(w->p, a, "csrf")),
             FORM, cookie);
    if (!succeeded(w, a))
        return refused(w, a);
    a = post(
        w,
        apr_psprintf(pool, "/chat/get/?limit=50&channel=%" APR_INT64_T_FMT, t->open.id),
        NULL, NULL, NULL);
    return judge(w, a, text);
}

/* The credentials of ACCOUNT's session, as a form; NULL after the complaint. */
static const char *enter_kinglet(const way_t *w, const chat_account_t *account)
{
    apr_pool_t *pool = w->p->s->ctl->pool;
    const char *json = apr_psprintf(pool, "{\"email\":\"%s\",\"password\":\"%s\"}",
                                    account->who.name, w->p->trial.password);
    const chat_http_answer_t *a = post(
        w, "/users/login",
        apr_pstrcat(pool, "json=", chatctl_probe_escape(w->p, json), NULL), FORM, NULL);
    const char *session = chatctl_probe_field(w->p, a, "session_id");
    if (a->status == 200 && session)
        return apr_psprintf(pool, "user_name=%s&user_id=%s&session_id=%s",
                            account->who.name, chatctl_probe_field(w->p, a, "user_id"),
                            chatctl_probe_escape(w->p, session));
    refused(w, a);
    return NULL;
}

static int kinglet(const way_t *w)
{
    const chat_trial_t *t = &w->p->trial;
    apr_pool_t *pool = w->p->s->ctl->pool;
    const char *text = chatctl_probe_text(w->p);
    const char *sender = enter_kinglet(w, &t->sender);
    const char *reader = sender ? enter_kinglet(w, &t->reader) : NULL;
    const char *json =
        apr_psprintf(pool, "{\"message_text\":\"@%s %s\"}", t->reader.who.name, text);
    const chat_http_answer_t *a;
    if (!reader)
        return CHATCTL_FAILED;
    a = post(w, "/messages",
             apr_pstrcat(pool, sender, "&json=", chatctl_probe_escape(w->p, json), NULL),
             FORM, NULL);
    if (a->status != 201)
        return refused(w, a);
    return judge(
        w, post(w, apr_pstrcat(pool, "/messages/?", reader, NULL), NULL, NULL, NULL),
        text);
}

static const struct {
    const char *dialect, *what;
    int (*run)(const way_t *w);
} ways[] = {{"button", "Button", button},
            {"chatroom", "Chatroom", chatroom},
            {"teendevops", "teendevops", teendevops},
            {"kinglet", "Kinglet", kinglet}};

/* RC is what trying WHAT returned. */
static int count(const chatctl_probe_t *p, const char **names, const char *what, int rc)
{
    if (!rc)
        *names = apr_pstrcat(p->s->ctl->pool, *names, **names ? ", " : "", what, NULL);
    return rc;
}

static int try_api(chatctl_probe_t *p, const char *api, const char **names)
{
    const char *prefix = strchr(api, ' ') + 1;
    int rc = 0;
    for (apr_size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        const way_t w = {
            p,
            apr_pstrcat(p->s->ctl->pool, ways[i].what, " ", *prefix ? prefix : "/", NULL),
            prefix};
        if (strncmp(api, ways[i].dialect, (apr_size_t)(prefix - api - 1)))
            continue;
        rc = count(p, names, w.what, ways[i].run(&w));
    }
    return rc;
}

int chatctl_ways_try(chatctl_probe_t *p, const char **names)
{
    int rc = 0;
    for (int i = 0; !p->stopped && i < p->host->apis->nelts; i++)
        rc |= try_api(p, APR_ARRAY_IDX(p->host->apis, i, const char *), names);
    if (p->stopped || !p->host->realtime)
        return rc;
    rc |= count(p, names, CHATCTL_POLLS, chatctl_poll_try(p));
    return rc | count(p, names, CHATCTL_WEBSOCKET, chatctl_websocket_try(p));
}
