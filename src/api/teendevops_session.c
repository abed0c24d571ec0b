/* SPDX-License-Identifier: Apache-2.0 */
/* teendevops REST API v1: sessions, and what needs one. */
#include "api/teendevops.h"
#include "base/text.h"
#include "core/accounts.h"
#include "core/messages.h"
#include "core/quota.h"

#include <string.h>

#define MESSAGE_MAX 1000 /* characters */

/* The answer that hands a session over. */
static apr_status_t answer_session(const chat_teendevops_t *t, const char *id)
{
    char csrf[CHAT_CSRF_SIZE];
    chat_writer_t w;
    chat_anonymous_session_csrf(csrf, t->call, id);
    chat_teendevops_answer(&w, t, 1);
    chat_write_member(&w, "sessionid", id);
    chat_write_member(&w, "csrf", csrf);
    return chat_write_finish(&w);
}

apr_status_t chat_teendevops_csrf(chat_teendevops_t *t)
{
    char id[CHAT_ANONYMOUS_SESSION_SIZE];
    int known = 0;
    apr_status_t rv = APR_SUCCESS;
    if (t->session)
        rv = chat_anonymous_session_known(&known, t->call, t->session);
    if (rv != APR_SUCCESS)
        return rv;
    if (known)
        return answer_session(t, t->session);
    chat_anonymous_session_make(id, t->call);
    chat_teendevops_give(t, id);
    return answer_session(t, id);
}

static apr_status_t refuse_csrf(const chat_teendevops_t *t)
{
    chat_call_t *c = t->call;
    if (t->req->stranger)
        chat_call_refuse_origin(c, t->req->stranger);
    else if (chat_quota_note(c, 222))
        chat_log(&c->site->log, CHAT_LOG_NOTICE, 222, APR_SUCCESS,
                 "refused a request without its CSRF token from %s", c->client);
    return chat_call_refuse(c, CHAT_P_CSRF, "csrf");
}

/* Whether the token is the session's; the session itself may have ended. */
static apr_status_t check_csrf(const chat_teendevops_t *t)
{
    const char *shown = apr_table_get(t->params, "csrf");
    char csrf[CHAT_CSRF_SIZE];
    if (!shown || !t->session)
        return refuse_csrf(t);
    chat_anonymous_session_csrf(csrf, t->call, t->session);
    return chat_equal_secret(shown, csrf) ? APR_SUCCESS : refuse_csrf(t);
}

apr_status_t chat_teendevops_login(chat_teendevops_t *t)
{
    chat_credentials_t shown = {.email = 1, .tell_state = 1, .session = 1};
    chat_account_t account;
    char id[CHAT_ANONYMOUS_SESSION_SIZE];
    int known = 0;
    apr_status_t rv = chat_teendevops_text(&shown.name, t, "username");
    if (rv == APR_SUCCESS)
        rv = chat_teendevops_text(&shown.password, t, "password");
    if (rv == APR_SUCCESS)
        rv = check_csrf(t);
    if (rv == APR_SUCCESS)
        rv = chat_anonymous_session_known(&known, t->call, t->session);
    if (rv == APR_SUCCESS && !known)
        rv = refuse_csrf(t);
    if (rv == APR_SUCCESS)
        rv = chat_account_login(&account, t->call, &shown);
    if (rv == APR_SUCCESS)
        rv = chat_anonymous_session_login(id, t->call, &account, t->session);
    if (rv != APR_SUCCESS)
        return rv;
    chat_teendevops_give(t, id);
    return answer_session(t, id);
}

/* ---- sending ---- */

typedef struct letter_t {
    apr_int64_t channel;
    chat_text_t text;
} letter_t;

static apr_status_t read_letter(letter_t *out, const chat_teendevops_t *t)
{
    chat_call_t *c = t->call;
    apr_status_t rv = check_csrf(t);
    if (rv == APR_SUCCESS)
        rv = chat_teendevops_text(&out->text.text, t, "message");
    if (rv != APR_SUCCESS)
        return rv;
    out->text.len = strlen(out->text.text);
    out->text.reply_to = 0;
    if (chat_text_blank(out->text.text, out->text.len))
        return chat_call_refuse(c, CHAT_P_MISSING, "message");
    if (chat_text_length(out->text.text, out->text.len) > MESSAGE_MAX ||
        out->text.len > c->settings->max_message)
        return chat_call_refuse(c, CHAT_P_INVALID, "message");
    return chat_teendevops_number(&out->channel, t, "channel");
}

/* A client that is not signed in gets that answer before any other; the look-up is only
 * needed when there is another one. */
static apr_status_t signed_in_first(const chat_teendevops_t *t, const chat_auth_t *auth)
{
    chat_problem_t problem = t->call->problem;
    apr_status_t rv = chat_auth_check(t->call, auth);
    if (rv != APR_SUCCESS)
        return rv;
    t->call->problem = problem;
    return CHAT_REFUSED;
}

apr_status_t chat_teendevops_send(chat_teendevops_t *t)
{
    chat_auth_t auth;
    chat_message_t m;
    letter_t letter;
    chat_writer_t w;
    apr_status_t rv = APR_SUCCESS;
    chat_auth_session(&auth, t->call, t->session);
    rv = read_letter(&letter, t);
    if (rv == CHAT_REFUSED)
        return signed_in_first(t, &auth);
    rv = chat_message_send_public(&m, t->call, &auth, letter.channel, &letter.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_teendevops_answer(&w, t, 1);
    chat_write_member_int(&w, "channel", letter.channel);
    chat_write_member(&w, "username", m.author_name);
    chat_write_key(&w, "message");
    chat_write_bytes(&w, letter.text.text, letter.text.len);
    return chat_write_finish(&w);
}
