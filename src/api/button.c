/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: routes, texts, parameters, the form of messages. */
#include "api/button.h"

#include "api/dialects.h"
#include "base/clock.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

#define COUNT_DEFAULT 50
#define COUNT_MAX 1000

static const chat_route_t routes[] = {
    {"/register/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_register},
    {"/login/", CHAT_POST, 0, chat_button_login},
    {"/generatetoken/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_generatetoken},
    {"/gettoken/", CHAT_POST, 0, chat_button_gettoken},
    {"/senddcmsgwithtoken/", CHAT_POST, CHAT_ROUTE_CREATES,
     chat_button_senddcmsgwithtoken},
    {"/senddcmsg/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_senddcmsg},
    {"/getmessagesforeveryone/", CHAT_POST, CHAT_ROUTE_STEADY,
     chat_button_getmessagesforeveryone},
    {"/getmysentmessages/", CHAT_POST, CHAT_ROUTE_STEADY, chat_button_getmysentmessages},
    {"/readmessagesfromchannel/", CHAT_POST, CHAT_ROUTE_STEADY,
     chat_button_readmessagesfromchannel},
    {"/deletemessage/", CHAT_POST, 0, chat_button_deletemessage},
    {"/makechannel/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_makechannel},
    {"/addusertochannel/", CHAT_POST, 0, chat_button_addusertochannel},
    {"/sendmessage/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_sendmessage},
    {"/getchannels/", CHAT_POST, CHAT_ROUTE_STEADY, chat_button_getchannels},
    {"/getdms/", CHAT_POST, CHAT_ROUTE_STEADY, chat_button_getdms},
    {"/senddm/", CHAT_POST, CHAT_ROUTE_CREATES, chat_button_senddm},
    /* ours */
    {"/listchannels/", CHAT_POST, CHAT_ROUTE_STEADY, chat_button_listchannels},
    {"/joinchannel/", CHAT_POST, 0, chat_button_joinchannel},
    {"/leavechannel/", CHAT_POST, 0, chat_button_leavechannel},
    {"/listmembers/", CHAT_POST, CHAT_ROUTE_STEADY, chat_button_listmembers},
    {"/changepassword/", CHAT_POST, 0, chat_button_changepassword},
    {"/deleteaccount/", CHAT_POST, 0, chat_button_deleteaccount},
    {"/discordcode/", CHAT_POST, 0, chat_button_discordcode},
    {"/discord/interactions/", CHAT_POST, 0, chat_button_discord},
    /* ours, with ChatAdmin */
    {"/adminoverview/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminoverview},
    {"/adminlistrooms/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminlistrooms},
    {"/adminlistaccounts/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminlistaccounts},
    {"/adminsetaccount/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminsetaccount},
    {"/adminlistoutbox/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminlistoutbox},
    {"/adminretryoutbox/", CHAT_POST, CHAT_ROUTE_ADMIN, chat_button_adminretryoutbox},
    {NULL, 0, 0, NULL},
};

#define PASSWORD_TEXT                                                                  \
    "Password needs to have 8-20 chars minimum one number minimum one capital letter " \
    "minimum one special symbol no empty symbols!"

/* A text of NULL is made from the problem's field or detail. */
static const struct {
    chat_problem_code_t code;
    int status;
    const char *text;
} answers[] = {
    {CHAT_P_MALFORMED, 400, NULL},
    {CHAT_P_BAD_TEXT, 400, NULL},
    {CHAT_P_MISSING, 400, NULL},
    {CHAT_P_INVALID, 400, NULL},
    {CHAT_P_TOO_LARGE, 413, NULL},
    {CHAT_P_TIMEOUT, 408, "The request took too long!"},
    {CHAT_P_METHOD, 405, "Method not allowed!"},
    {CHAT_P_NO_ENDPOINT, 404, "Endpoint not found!"},
    {CHAT_P_KEY_REUSED, 422, "Idempotency-Key was used for another request!"},
    {CHAT_P_RATE, 429, "Too many requests, try again later!"},
    {CHAT_P_THROTTLED, 429, "Too many attempts, try again later!"},
    {CHAT_P_UNAVAILABLE, 503, "Service unavailable, try again later!"},
    {CHAT_P_DISK_FULL, 507, "No storage left!"},
    {CHAT_P_INTERNAL, 500, "Internal server error!"},
    {CHAT_P_NOT_LOGGED_IN, 401, "Invalid token!"},
    {CHAT_P_CREDENTIALS, 401, "Invalid username or password!"},
    {CHAT_P_NO_ACCOUNT, 404, "User not found!"},
    {CHAT_P_NAME_TAKEN, 401, "User exists!"},
    {CHAT_P_NAME_RULE, 411, "Username needs to be 3-20 chars long!"},
    {CHAT_P_PASSWORD_RULE, 411, PASSWORD_TEXT},
    {CHAT_P_CLOSED_REGISTRATION, 403, "Registration is closed!"},
    {CHAT_P_NO_TOKEN, 401, "No token!"},
    {CHAT_P_NO_CHANNEL, 404, "Channel not found!"},
    {CHAT_P_CHANNEL_TAKEN, 409, "Channel exists!"},
    {CHAT_P_CHANNEL_NAME_RULE, 400,
     "Channel name needs to be 1-64 printable chars long!"},
    {CHAT_P_NO_READ, 401, "You are not in this channel!"},
    {CHAT_P_NO_WRITE, 403, "You are not allowed to write in this channel!"},
    {CHAT_P_NOT_OWNER, 403, "You are not allowed to do this!"},
    {CHAT_P_NO_MESSAGE, 404, "Message not found!"},
    {CHAT_P_MESSAGE_FOREIGN, 403, "Your not allowed to read this message!"},
    {CHAT_P_NOT_AUTHOR, 403, "You can only delete your messages!"},
    {CHAT_P_EMPTY, 400, "Message cannot be empty!"},
    {CHAT_P_NOT_APPROVED, 403, "You are not on this user's approved list!"},
    {CHAT_P_NO_LINK, 400, "Invalid input or user not in channel"},
    {CHAT_P_NOT_ADMIN, 403, "You are not allowed to do this!"},
    {CHAT_P_SELF, 409, "You cannot do this to yourself!"},
    {CHAT_P_NO_ROOM, 404, "Chatroom not found!"},
    {CHAT_P_NO_ITEM, 404, "Item not found!"},
    {CHAT_P_ITEM_STATE, 409, "This item is not given up!"},
};

static const char *made_text(const chat_problem_t *p, apr_pool_t *pool)
{
    const char *field = p->field ? p->field : "request";
    switch (p->code) {
    case CHAT_P_MISSING:
        return apr_psprintf(pool, "%s is missing!", field);
    case CHAT_P_INVALID:
        return apr_psprintf(pool, "%s is not valid!", field);
    case CHAT_P_BAD_TEXT:
        return apr_psprintf(pool, "%s is not valid text!", field);
    case CHAT_P_TOO_LARGE:
        return apr_psprintf(pool, "Too long, the limit is %" APR_INT64_T_FMT "!",
                            p->number);
    default:
        return apr_pstrcat(pool, "Body must be a JSON object: ",
                           p->detail ? p->detail : "it is not", NULL);
    }
}

static void refuse(chat_call_t *c, const chat_request_t *req, chat_response_t *resp)
{
    const chat_problem_t *p = &c->problem;
    (void)req;
    for (apr_size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        if (answers[i].code != p->code)
            continue;
        chat_button_say(resp, answers[i].status,
                        answers[i].text ? answers[i].text : made_text(p, c->pool));
        return;
    }
    chat_button_say(resp, 500, "Internal server error!");
}

const chat_dialect_t chat_dialect_button = {
    CHAT_BUTTON, "button", "/api/v3", routes, 1, refuse,
};

void chat_button_answer(chat_writer_t *w, chat_response_t *resp, int status)
{
    resp->status = status;
    resp->content_type = CHAT_JSON_TYPE;
    chat_writer_json(w, &resp->body, 0);
    chat_write_object(w);
}

apr_status_t chat_button_say(chat_response_t *resp, int status, const char *text)
{
    chat_writer_t w;
    chat_button_answer(&w, resp, status);
    chat_write_member(&w, "message", text);
    chat_write_end(&w);
    return APR_SUCCESS;
}

apr_status_t chat_button_body(const chat_json_t **out, chat_call_t *c,
                              const chat_request_t *req)
{
    const char *why = NULL;
    apr_status_t rv = chat_json_parse(out, &why, req->body, req->body_len, c->pool);
    if (rv == CHAT_MALFORMED)
        return chat_call_refuse_detail(c, CHAT_P_MALFORMED, NULL, why);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_json_type(*out) != CHAT_JSON_OBJECT)
        return chat_call_refuse_detail(c, CHAT_P_MALFORMED, NULL, "it is another value");
    return APR_SUCCESS;
}

apr_status_t chat_button_begin(const chat_json_t **body, chat_auth_t *auth,
                               chat_call_t *c, const chat_request_t *req)
{
    apr_status_t rv = chat_button_body(body, c, req);
    if (rv != APR_SUCCESS)
        return rv;
    chat_auth_token(auth, c, chat_json_string(chat_json_member(*body, "token"), NULL));
    /* no token at all comes before whatever else is wrong with the request */
    return auth->hash[0] ? APR_SUCCESS
                         : chat_call_refuse(c, CHAT_P_NOT_LOGGED_IN, "token");
}

apr_status_t chat_button_text(chat_text_t *out, chat_call_t *c, const chat_json_t *body,
                              const char *field)
{
    const chat_json_t *v = chat_json_member(body, field);
    if (chat_json_type(v) == CHAT_JSON_NONE)
        return chat_call_refuse(c, CHAT_P_MISSING, field);
    out->text = chat_json_string(v, &out->len);
    if (!out->text)
        return chat_call_refuse(c, CHAT_P_INVALID, field);
    if (chat_text_blank(out->text, out->len))
        return chat_call_refuse(
            c, strcmp(field, "message") ? CHAT_P_MISSING : CHAT_P_EMPTY, field);
    return APR_SUCCESS;
}

int chat_button_number(apr_int64_t *out, const chat_json_t *body, const char *field)
{
    const chat_json_t *v = chat_json_member(body, field);
    const char *text = chat_json_string(v, NULL);
    return text ? chat_text_int64(out, text) : chat_json_integer(out, v);
}

apr_status_t chat_button_page(chat_page_t *out, chat_call_t *c, const chat_json_t *body)
{
    apr_int64_t n = COUNT_DEFAULT;
    out->before = 0;
    if (chat_json_type(chat_json_member(body, "count")) != CHAT_JSON_NONE &&
        (!chat_button_number(&n, body, "count") || n < 1))
        return chat_call_refuse(c, CHAT_P_INVALID, "count");
    out->count = (int)(n < COUNT_MAX ? n : COUNT_MAX);
    if (chat_json_type(chat_json_member(body, "before")) != CHAT_JSON_NONE &&
        (!chat_button_number(&out->before, body, "before") || out->before < 1))
        return chat_call_refuse(c, CHAT_P_INVALID, "before");
    return APR_SUCCESS;
}

apr_int64_t chat_button_message_id(const chat_json_t *body, const char *field)
{
    apr_int64_t id;
    return chat_button_number(&id, body, field) ? id : 0;
}

const char *chat_button_recipient(const chat_message_t *m, const chat_identity_t *reader,
                                  apr_pool_t *pool)
{
    char *names, *blank;
    apr_size_t others = 0;
    if (m->author != reader->id || !strchr(m->recipients, ' '))
        return m->author == reader->id ? m->recipients : reader->name;
    for (const char *p = m->recipients; *p; p++)
        others += *p == ' ';
    names = apr_palloc(pool, strlen(m->recipients) + others + 1);
    blank = names;
    for (const char *p = m->recipients; *p; p++) {
        if (*p == ' ')
            *blank++ = ',';
        *blank++ = *p;
    }
    *blank = '\0';
    return names;
}

static void write_message(chat_writer_t *w, const chat_message_t *m,
                          const chat_reading_t *reading)
{
    const char *channel = m->channel_name ? m->channel_name : reading->channel.name;
    char time[CHAT_ISO_SIZE];
    chat_write_object(w);
    chat_write_member_int(w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_write_member(w, "sender", m->author_name);
    chat_write_key(w, "message");
    chat_write_bytes(w, m->body, m->body_len);
    if (m->channel)
        chat_write_member(w, "channel", channel);
    else if (m->recipients)
        chat_write_member(w, "recipient",
                          chat_button_recipient(m, &reading->reader, w->out->pool));
    chat_clock_iso(time, m->created);
    chat_write_member(w, "timestamp", time);
    chat_write_end(w);
}

void chat_button_messages(chat_writer_t *w, const char *key,
                          const chat_reading_t *reading)
{
    chat_write_key(w, key);
    chat_write_array(w);
    for (int i = reading->messages.n - 1; i >= 0; i--)
        write_message(w, &reading->messages.list[i], reading);
    chat_write_end(w);
}
