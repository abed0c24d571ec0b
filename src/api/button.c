/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: answers, parameters, the form of messages. */
#include "api/button.h"

#include "base/bounds.h"
#include "base/clock.h"
#include "base/name.h"
#include "base/text.h"
#include "core/guests.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define COUNT_DEFAULT 50
#define COUNT_MAX 1000

#define PASSWORD_TEXT                                                                  \
    "Password needs to have 8-20 chars minimum one number minimum one capital letter " \
    "minimum one special symbol no empty symbols!"

/* A text of NULL is created from the problem's field or detail. */
static const chat_answer_t answers[CHAT_P_COUNT] = {
    [CHAT_P_MALFORMED] = {400, NULL, NULL},
    [CHAT_P_BAD_TEXT] = {400, NULL, NULL},
    [CHAT_P_MISSING] = {400, NULL, NULL},
    [CHAT_P_INVALID] = {400, NULL, NULL},
    [CHAT_P_TOO_LARGE] = {413, NULL, NULL},
    [CHAT_P_ENCODING] = {415, "Content-Encoding is not supported!", NULL},
    [CHAT_P_TIMEOUT] = {408, "The request took too long!", NULL},
    [CHAT_P_METHOD] = {405, "Method not allowed!", NULL},
    [CHAT_P_NO_ENDPOINT] = {404, "Endpoint not found!", NULL},
    [CHAT_P_KEY_REUSED] =
        {422, "This Idempotency-Key was already used for a different request.", NULL},
    [CHAT_P_RATE] = {429, "Too many requests, try again later!", NULL},
    [CHAT_P_THROTTLED] = {429, "Too many attempts, try again later!", NULL},
    [CHAT_P_UNAVAILABLE] = {503, "Service unavailable, try again later!", NULL},
    [CHAT_P_DISK_FULL] = {507, "The server is out of disk space.", NULL},
    [CHAT_P_INTERNAL] = {500, "Internal server error!", NULL},
    [CHAT_P_NOT_LOGGED_IN] = {401, "Invalid token!", NULL},
    [CHAT_P_CREDENTIALS] = {401, "Invalid username or password!", NULL},
    [CHAT_P_NO_ACCOUNT] = {404, "User not found!", NULL},
    [CHAT_P_NAME_TAKEN] = {401, "User exists!", NULL},
    [CHAT_P_NAME_RULE] = {411, NULL, NULL},
    [CHAT_P_PASSWORD_RULE] = {411, PASSWORD_TEXT, NULL},
    [CHAT_P_PASSWORD_COMMON] = {411, "Password is too common!", NULL},
    [CHAT_P_CLOSED_REGISTRATION] = {403, "Registration is closed!", NULL},
    [CHAT_P_NO_USER] = {401, "The site has not authenticated you!", NULL},
    [CHAT_P_ASSERTION] = {401, NULL, NULL},
    [CHAT_P_NAME_FOREIGN] = {409, "This name belongs to another account!", NULL},
    [CHAT_P_STRANGER] = {403, "This page is not allowed to do this!", NULL},
    [CHAT_P_CONTENT_TYPE] = {415, "Content-Type must be application/json!", NULL},
    [CHAT_P_GUEST] = {403, "Guests are not allowed to do this!", NULL},
    [CHAT_P_BANNED] = {403, "This account is closed or banned!", NULL},
    [CHAT_P_NO_TOKEN] = {401, "No token!", NULL},
    [CHAT_P_NO_CHANNEL] = {404, "Channel not found!", NULL},
    [CHAT_P_CHANNEL_TAKEN] = {409, "Channel exists!", NULL},
    [CHAT_P_TOO_MANY] = {403, "Too many channels!", NULL},
    [CHAT_P_CHANNEL_NAME_RULE] = {400, NULL, NULL},
    [CHAT_P_NO_MEMBER] = {404, "User is not in this channel!", NULL},
    [CHAT_P_NO_READ] = {401, "You are not in this channel!", NULL},
    [CHAT_P_NO_WRITE] = {403, "You are not allowed to write in this channel!", NULL},
    [CHAT_P_NOT_OWNER] = {403, "You are not allowed to do this!", NULL},
    [CHAT_P_NO_MESSAGE] = {404, "Message not found!", NULL},
    [CHAT_P_MESSAGE_FOREIGN] = {403, "Your not allowed to read this message!", NULL},
    [CHAT_P_NOT_AUTHOR] = {403, "You can only delete your messages!", NULL},
    [CHAT_P_NOT_EDITOR] = {403, "You can only edit your messages!", NULL},
    [CHAT_P_REACTIONS] = {403, "A message has at most 20 different reactions!", NULL},
    [CHAT_P_EMPTY] = {400, "Message cannot be empty!", NULL},
    [CHAT_P_NOT_APPROVED] = {403, "You are not on this user's approved list!", NULL},
    [CHAT_P_NO_LINK] = {400, "Invalid input or user not in channel", NULL},
    [CHAT_P_NOT_ADMIN] = {403, "You are not allowed to do this!", NULL},
    [CHAT_P_SELF] = {409, "You cannot change your own account!", NULL},
    [CHAT_P_ABOVE] = {403, "You are not allowed to do this to this user!", NULL},
    [CHAT_P_MUTED] = {403, NULL, NULL},
    [CHAT_P_EMERGENCY] = {403, "New accounts are not allowed to write for now!", NULL},
    [CHAT_P_NETWORK] = {403, "Your network is not allowed here!", NULL},
    [CHAT_P_NO_NETWORK] = {404, "Network not found!", NULL},
    [CHAT_P_OWN_NETWORK] = {409, "You are in this network!", NULL},
    [CHAT_P_NO_REPORT] = {404, "Report not found!", NULL},
    [CHAT_P_REPORT_CLOSED] = {409, "Report is closed!", NULL},
    [CHAT_P_NO_ROOM] = {404, "Chatroom not found!", NULL},
    [CHAT_P_NO_SESSION] = {404, "Session not found!", NULL},
    [CHAT_P_NO_ITEM] = {404, "Item not found!", NULL},
    [CHAT_P_QUERY] = {400, "Search for at least one word!", NULL},
    [CHAT_P_BROAD] = {400, "Search for more letters before the *!", NULL},
    [CHAT_P_ITEM_STATE] = {409, "Only failed items can be retried!", NULL},
};

static const char *muted_text(const chat_problem_t *p, apr_pool_t *pool)
{
    char time[CHAT_ISO_SIZE];
    if (!p->number)
        return "You are muted!";
    chat_clock_iso(time, p->number);
    return apr_psprintf(pool, "You are muted until %s!", time);
}

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
    case CHAT_P_MUTED:
        return muted_text(p, pool);
    case CHAT_P_NAME_RULE:
        if (p->number < CHAT_NAME_CHARACTER)
            return "Username needs to be 3-20 chars long!";
        return apr_psprintf(pool,
                            "Username may have letters and digits of one script and "
                            "_ . -, but %s!",
                            chat_name_reason((chat_name_t)p->number));
    case CHAT_P_CHANNEL_NAME_RULE:
        if (p->number <= CHAT_NAME_CHARACTER)
            return "Channel name needs to be 1-64 printable chars long!";
        return apr_psprintf(pool, "Channel name is not valid, %s!",
                            chat_name_reason((chat_name_t)p->number));
    case CHAT_P_ASSERTION:
        return apr_psprintf(pool, "Invalid assertion: %s!", p->detail);
    case CHAT_P_TOO_LARGE:
        return apr_psprintf(pool, "Too long, the limit is %" APR_INT64_T_FMT "!",
                            p->number);
    default:
        return apr_pstrcat(pool, "Body must be a JSON object: ",
                           p->detail ? p->detail : "it is not one", NULL);
    }
}

static void answer(chat_writer_t *w, chat_response_t *resp, int status)
{
    resp->status = status;
    resp->content_type = CHAT_JSON_TYPE;
    chat_writer_json(w, &resp->body, 0);
    chat_write_object(w);
}

static void say(chat_response_t *resp, int status, const char *text)
{
    chat_writer_t w;
    answer(&w, resp, status);
    chat_write_member(&w, "message", text);
    chat_write_end(&w);
}

void chat_button_refuse(chat_call_t *c, const chat_request_t *req, chat_response_t *resp)
{
    const chat_answer_t *a = chat_api_answer(answers, &c->problem);
    (void)req;
    say(resp, a->status, a->text ? a->text : made_text(&c->problem, c->pool));
}

void chat_button_answer(chat_writer_t *w, chat_button_t *b)
{
    answer(w, b->resp, 200);
}

apr_status_t chat_button_say(chat_button_t *b, int status, const char *text)
{
    say(b->resp, status, text);
    return APR_SUCCESS;
}

/* The body without a comma before its last brace, or NULL when it has none: the
 * document's own samples have one. */
static char *without_comma(const chat_request_t *req, apr_pool_t *pool)
{
    char *text = apr_pstrmemdup(pool, req->body, req->body_len), *end;
    for (end = text + req->body_len; end > text && apr_isspace(end[-1]);)
        end--;
    if (end == text || *--end != '}')
        return NULL;
    while (end > text && apr_isspace(end[-1]))
        end--;
    if (end == text || *--end != ',')
        return NULL;
    *end = ' ';
    while (end > text && apr_isspace(end[-1]))
        end--;
    return end > text && end[-1] != '{' ? text : NULL;
}

apr_status_t chat_button_body(chat_button_t *b)
{
    const char *why = NULL, *ignored;
    char *again;
    chat_call_t *c = b->call;
    apr_status_t rv =
        chat_json_parse(&b->body, &why, b->req->body, b->req->body_len, c->pool);
    if (rv == CHAT_MALFORMED && (again = without_comma(b->req, c->pool)))
        rv = chat_json_parse(&b->body, &ignored, again, b->req->body_len, c->pool);
    if (rv == CHAT_MALFORMED)
        return chat_call_refuse_detail(c, CHAT_P_MALFORMED, NULL, why);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_json_type(b->body) != CHAT_JSON_OBJECT)
        return chat_call_refuse_detail(c, CHAT_P_MALFORMED, NULL,
                                       "it is a JSON value of another type");
    chat_json_boolean(&b->extended, chat_json_member(b->body, "extended"));
    return APR_SUCCESS;
}

apr_status_t chat_button_token(chat_button_t *b)
{
    apr_status_t rv = chat_button_body(b);
    if (rv != APR_SUCCESS)
        return rv;
    chat_auth_token(&b->auth, b->call,
                    chat_json_string(chat_json_member(b->body, "token"), NULL));
    /* a missing token is reported before any other fault of the request */
    return b->auth.hash[0] ? APR_SUCCESS
                           : chat_call_refuse(b->call, CHAT_P_NOT_LOGGED_IN, "token");
}

apr_status_t chat_button_run(const chat_route_t *route, chat_call_t *c,
                             const chat_request_t *req, chat_response_t *resp)
{
    chat_button_t b = {.call = c, .req = req, .resp = resp};
    apr_status_t rv = APR_SUCCESS;
    if (route->flags & CHAT_ROUTE_TOKEN)
        rv = chat_button_token(&b);
    else if (route->flags & CHAT_ROUTE_BODY)
        rv = chat_button_body(&b);
    b.auth.guests = (route->flags & CHAT_ROUTE_GUEST) != 0;
    if (rv == APR_SUCCESS)
        rv = route->run.button(&b);
    return rv == APR_SUCCESS && c->guest ? chat_guest_touch(c) : rv;
}

apr_status_t chat_button_text(chat_text_t *out, chat_button_t *b, const char *field)
{
    chat_call_t *c = b->call;
    const chat_json_t *v = chat_json_member(b->body, field);
    if (chat_json_type(v) == CHAT_JSON_NONE)
        return chat_call_refuse(c, CHAT_P_MISSING, field);
    out->text = chat_json_string(v, &out->len);
    out->reply_to = 0;
    if (!out->text)
        return chat_call_refuse(c, CHAT_P_INVALID, field);
    if (chat_text_blank(out->text, out->len))
        return chat_call_refuse(
            c, strcmp(field, "message") ? CHAT_P_MISSING : CHAT_P_EMPTY, field);
    return APR_SUCCESS;
}

apr_status_t chat_button_maybe(const char **out, chat_button_t *b, const char *field)
{
    const chat_json_t *v = chat_json_member(b->body, field);
    chat_json_type_t type = chat_json_type(v);
    *out = chat_json_string(v, NULL);
    if (*out || type == CHAT_JSON_NONE || type == CHAT_JSON_NULL)
        return APR_SUCCESS;
    return chat_call_refuse(b->call, CHAT_P_INVALID, field);
}

#define SECONDS_MAX (100 * 366 * 86400LL) /* a hundred years */

apr_status_t chat_button_act(chat_act_t *a, chat_button_t *b)
{
    apr_status_t rv;
    *a = (chat_act_t){.call = b->call, .auth = &b->auth};
    rv = chat_button_maybe(&a->reason, b, "reason");
    if (rv == APR_SUCCESS && a->reason && strlen(a->reason) > CHAT_REASON_BYTES)
        return chat_refuse_number(&b->call->problem, CHAT_P_TOO_LARGE, CHAT_REASON_BYTES);
    if (rv == APR_SUCCESS && chat_button_has(b, "seconds") &&
        (!chat_button_number(&a->seconds, b, "seconds") || a->seconds < 1 ||
         a->seconds > SECONDS_MAX))
        return chat_call_refuse(b->call, CHAT_P_INVALID, "seconds");
    return rv;
}

int chat_button_number(apr_int64_t *out, const chat_button_t *b, const char *field)
{
    const chat_json_t *v = chat_json_member(b->body, field);
    const char *text = chat_json_string(v, NULL);
    return text ? chat_text_int64(out, text) : chat_json_integer(out, v);
}

int chat_button_has(const chat_button_t *b, const char *field)
{
    return chat_json_type(chat_json_member(b->body, field)) != CHAT_JSON_NONE;
}

apr_status_t chat_button_page(chat_page_t *out, chat_button_t *b)
{
    apr_int64_t n = COUNT_DEFAULT;
    out->before = 0;
    out->extended = b->extended;
    if (chat_button_has(b, "count") && (!chat_button_number(&n, b, "count") || n < 1))
        return chat_call_refuse(b->call, CHAT_P_INVALID, "count");
    out->count = (int)(n < COUNT_MAX ? n : COUNT_MAX);
    if (chat_button_has(b, "before") &&
        (!chat_button_number(&out->before, b, "before") || out->before < 1))
        return chat_call_refuse(b->call, CHAT_P_INVALID, "before");
    return APR_SUCCESS;
}

apr_int64_t chat_button_message_id(const chat_button_t *b)
{
    apr_int64_t id;
    return chat_button_number(&id, b, "message_id") ? id : 0;
}

/* A recipient sees only their own name, the author all of them. */
static const char *recipient(const chat_message_t *m, const chat_identity_t *reader,
                             apr_pool_t *pool)
{
    const char *list = m->recipients, *name;
    apr_size_t len;
    chat_buffer_t out;
    if (m->author != reader->id)
        return reader->name;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    while ((name = chat_message_recipient(&list, &len))) {
        if (out.len)
            chat_buffer_puts(&out, ", ");
        chat_buffer_add(&out, name, len);
    }
    return chat_buffer_text(&out);
}

void chat_button_time(chat_writer_t *w, const char *key, apr_time_t time)
{
    char text[CHAT_ISO_SIZE];
    chat_clock_iso(text, time);
    chat_write_member(w, key, time ? text : NULL);
}

void chat_button_reactions(chat_writer_t *w, const chat_reactions_t *reactions)
{
    chat_write_member_array(w, "reactions");
    for (int i = 0; i < reactions->n; i++) {
        chat_write_object(w);
        chat_write_member(w, "emoji", reactions->list[i].emoji);
        chat_write_member_int(w, "count", reactions->list[i].count);
        chat_write_member_bool(w, "mine", reactions->list[i].mine);
        chat_write_end(w);
    }
    chat_write_end(w);
}

static void write_reply(chat_writer_t *w, const chat_detail_t *d)
{
    chat_write_key(w, "reply_to");
    if (d->reply_to)
        chat_write_int(w, CHAT_ROW_NUMBER(d->reply_to));
    else
        chat_write_null(w);
    chat_write_member_int(w, "replies", d->replies);
}

static void write_mentions(chat_writer_t *w, const char *list)
{
    const char *name;
    apr_size_t len;
    chat_write_member_array(w, "mentions");
    while ((name = chat_message_mention(&list, &len)))
        chat_write_bytes(w, name, len);
    chat_write_end(w);
}

static void write_details(chat_writer_t *w, const chat_message_t *m,
                          const chat_detail_t *d)
{
    chat_button_time(w, "edited_at", d->edited);
    write_reply(w, d);
    chat_button_reactions(w, &d->reactions);
    write_mentions(w, d->mentions);
    chat_write_member_bool(w, "system", m->kind == CHAT_MESSAGE_SYSTEM);
}

static void write_deleted(chat_writer_t *w, const chat_message_t *m,
                          const chat_detail_t *d)
{
    chat_write_member_bool(w, "deleted", 1);
    write_reply(w, d);
    chat_button_time(w, "timestamp", m->created);
}

static void write_snippet(chat_writer_t *w, const chat_snippet_t *s)
{
    chat_write_key(w, "snippet");
    chat_write_bytes(w, s->text, s->len);
    chat_write_member_array(w, "marks");
    for (int i = 0; i < s->n; i++) {
        chat_write_array(w);
        chat_write_int(w, s->marks[i].start);
        chat_write_int(w, s->marks[i].length);
        chat_write_end(w);
    }
    chat_write_end(w);
}

static void write_present(chat_writer_t *w, const chat_message_t *m,
                          const chat_reading_t *reading)
{
    const char *channel = m->channel_name ? m->channel_name : reading->channel.name;
    chat_write_member(w, "sender", m->author_name);
    chat_write_key(w, "message");
    chat_write_bytes(w, m->body, m->body_len);
    if (m->channel)
        chat_write_member(w, "channel", channel);
    else if (m->recipients)
        chat_write_member(w, "recipient", recipient(m, &reading->reader, w->out->pool));
    chat_button_time(w, "timestamp", m->created);
}

static void write_message(chat_writer_t *w, const chat_reading_t *reading, int i)
{
    const chat_message_t *m = &reading->messages.list[i];
    const chat_detail_t *d = reading->details ? &reading->details[i] : NULL;
    chat_write_object(w);
    chat_write_member_int(w, "message_id", CHAT_ROW_NUMBER(m->id));
    if (m->deleted)
        write_deleted(w, m, d);
    else
        write_present(w, m, reading);
    if (d && !m->deleted)
        write_details(w, m, d);
    if (reading->snippets)
        write_snippet(w, &reading->snippets[i]);
    chat_write_end(w);
}

void chat_button_messages(chat_writer_t *w, const char *key,
                          const chat_reading_t *reading)
{
    chat_tail_t *tail = reading->tail;
    chat_buffer_t *out = w->out;
    apr_size_t start, at;
    chat_write_member_array(w, key);
    start = out->len;
    if (tail && tail->begin) {
        chat_write_again(w, "", 0);
        chat_buffer_take(out, &tail->kept, tail->begin);
    }
    for (int i = reading->messages.n - 1; i >= 0; i--) {
        at = out->len + (out->len > start); /* behind the comma */
        write_message(w, reading, i);
        if (tail)
            chat_tail_add(tail, out->len - at);
    }
    if (tail && tail->is.n && !tail->whole)
        chat_tail_keep(tail, out->data + start, out->len - start);
    chat_write_end(w);
}
