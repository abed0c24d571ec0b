/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3, ours: a code for Discord, and what Discord's application sends us. */
#include "api/button.h"
#include "base/text.h"
#include "core/discord_in.h"

#include <apr_strings.h>
#include <string.h>

/* How far a request's time may be from ours, in seconds. */
#define STALE_SECONDS 300

/* Discord's numbers. */
enum { PING = 1, COMMAND = 2, PONG = 1, MESSAGE = 4, EPHEMERAL = 64 };

static apr_status_t refuse_unless_on(chat_button_t *b)
{
    return b->call->site->discord_key
               ? APR_SUCCESS
               : chat_call_refuse_detail(b->call, CHAT_P_NO_ENDPOINT, NULL, b->req->path);
}

apr_status_t chat_button_discordcode(chat_button_t *b)
{
    chat_writer_t w;
    char code[CHAT_CODE_SIZE];
    apr_status_t rv = refuse_unless_on(b);
    if (rv == APR_SUCCESS)
        rv = chat_button_token(b);
    if (rv == APR_SUCCESS)
        rv = chat_discord_in_code(code, b->call, &b->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Got code!");
    chat_write_member(&w, "code", code);
    return chat_write_finish(&w);
}

/* ---- interactions ---- */

typedef struct interaction_t {
    chat_button_t *b;
    chat_call_t *call;
    const chat_json_t *body;
    chat_discord_person_t person;
} interaction_t;

/* Signed by the application's key, within the last minutes. */
static int is_discords(const chat_call_t *c, const chat_request_t *req)
{
    const char *signature = req->header(req, "X-Signature-Ed25519");
    const char *stamp = req->header(req, "X-Signature-Timestamp");
    apr_int64_t then, now = apr_time_sec(c->now);
    if (!signature || !stamp || !chat_text_int64(&then, stamp) ||
        then < now - STALE_SECONDS || then > now + STALE_SECONDS)
        return 0;
    return chat_signature_valid(c->site->discord_key, signature, stamp, req->body,
                                req->body_len);
}

static apr_status_t pong(chat_button_t *b)
{
    chat_writer_t w;
    chat_button_answer(&w, b);
    chat_write_member_int(&w, "type", PONG);
    return chat_write_finish(&w);
}

/* An answer that only the person sees and that mentions no one. */
static apr_status_t reply(interaction_t *i, const char *text)
{
    chat_writer_t w;
    chat_button_answer(&w, i->b);
    chat_write_member_int(&w, "type", MESSAGE);
    chat_write_member_object(&w, "data");
    chat_write_member(&w, "content", text);
    chat_write_member_int(&w, "flags", EPHEMERAL);
    chat_write_member_object(&w, "allowed_mentions");
    chat_write_member_array(&w, "parse");
    return chat_write_finish(&w);
}

/* A text option of the command, or NULL. */
static const char *option(const interaction_t *i, const char *name, apr_size_t *len)
{
    const chat_json_t *options =
        chat_json_member(chat_json_member(i->body, "data"), "options");
    for (apr_size_t n = 0; n < chat_json_count(options); n++) {
        const chat_json_t *o = chat_json_element(options, n);
        const char *is = chat_json_string(chat_json_member(o, "name"), NULL);
        if (is && !strcmp(is, name))
            return chat_json_string(chat_json_member(o, "value"), len);
    }
    return NULL;
}

/* In a server the person is a member, elsewhere a user. */
static int read_person(interaction_t *i)
{
    const chat_json_t *user =
        chat_json_member(chat_json_member(i->body, "member"), "user");
    const char *id;
    if (chat_json_type(user) != CHAT_JSON_OBJECT)
        user = chat_json_member(i->body, "user");
    id = chat_json_string(chat_json_member(user, "id"), NULL);
    i->person.id = id;
    i->person.name = chat_json_string(chat_json_member(user, "username"), NULL);
    return id && *id && strlen(id) <= 20 && strspn(id, "0123456789") == strlen(id) &&
           i->person.name && *i->person.name;
}

/* Texts of refusals that the person can do something about; NULL for others. */
static const char *words_of(const chat_problem_t *p, apr_pool_t *pool)
{
    switch (p->code) {
    case CHAT_P_INVALID:
        return "This code is not valid. A code works once, for ten minutes.";
    case CHAT_P_NOT_LOGGED_IN:
        return "You have no account here yet: get a code in the chat and send "
               "`/link` with it.";
    case CHAT_P_NO_LINK:
        return "This channel is not linked; name a channel of the chat.";
    case CHAT_P_NO_CHANNEL:
    case CHAT_P_NO_READ:
        return "You cannot see a channel with that name.";
    case CHAT_P_NO_WRITE:
        return "You are not allowed to write in this channel.";
    case CHAT_P_EMPTY:
        return "The message is empty.";
    case CHAT_P_TOO_LARGE:
        return apr_psprintf(pool, "The message is too long, the limit is %d.",
                            (int)p->number);
    case CHAT_P_RATE:
        return "Too many messages, try again later.";
    default:
        return NULL;
    }
}

/* For an error Discord would only show that the application did not respond: so refusals
 * that the person can do something about are explained. */
static apr_status_t finish(interaction_t *i, apr_status_t rv, const char *text)
{
    chat_call_t *c = i->call;
    if (rv == CHAT_REFUSED)
        text = words_of(&c->problem, c->pool);
    return text && (rv == APR_SUCCESS || rv == CHAT_REFUSED) ? reply(i, text) : rv;
}

static apr_status_t run_link(interaction_t *i)
{
    chat_call_t *c = i->call;
    const char *code = option(i, "code", NULL), *account = "";
    apr_status_t rv = code ? chat_discord_in_redeem(&account, c, &i->person, code)
                           : chat_call_refuse(c, CHAT_P_INVALID, "code");
    return finish(i, rv,
                  apr_pstrcat(c->pool, "You are linked to the account ",
                              account ? account : "", ".", NULL));
}

static apr_status_t run_say(interaction_t *i)
{
    chat_call_t *c = i->call;
    const char *where = chat_json_string(chat_json_member(i->body, "channel_id"), NULL);
    const char *said = "";
    chat_text_t text = {.text = NULL};
    apr_status_t rv;
    text.text = option(i, "message", &text.len);
    if (!text.text || chat_text_blank(text.text, text.len))
        rv = chat_call_refuse(c, CHAT_P_EMPTY, "message");
    else
        rv = chat_discord_in_say(&said, c, &i->person, where ? where : "",
                                 option(i, "channel", NULL), &text);
    return finish(i, rv, apr_pstrcat(c->pool, "Said in ", said, ".", NULL));
}

/* A repeated request does not post twice. */
static void do_once(interaction_t *i)
{
    chat_call_t *c = i->call;
    char hash[CHAT_HASH_SIZE];
    c->once_key = chat_json_string(chat_json_member(i->body, "id"), NULL);
    if (!c->once_key)
        return;
    chat_hash_keyed(hash, &c->site->secret, "discord interaction", i->b->req->body,
                    i->b->req->body_len);
    c->once_endpoint = "/discord/interactions/";
    c->once_hash = apr_pstrdup(c->pool, hash);
}

static apr_status_t run_command(interaction_t *i)
{
    const char *name = chat_json_string(
        chat_json_member(chat_json_member(i->body, "data"), "name"), NULL);
    if (!name || !read_person(i))
        return chat_call_refuse(i->call, CHAT_P_INVALID, "interaction");
    do_once(i);
    if (!strcmp(name, "link"))
        return run_link(i);
    if (!strcmp(name, "say"))
        return run_say(i);
    return reply(i, "Unknown command.");
}

apr_status_t chat_button_discord(chat_button_t *b)
{
    interaction_t i = {.b = b, .call = b->call};
    apr_int64_t type = 0;
    apr_status_t rv = refuse_unless_on(b);
    if (rv != APR_SUCCESS)
        return rv;
    if (!is_discords(b->call, b->req))
        return chat_button_say(b, 401, "Invalid request signature!");
    rv = chat_button_body(b);
    if (rv != APR_SUCCESS)
        return rv;
    i.body = b->body;
    chat_json_integer(&type, chat_json_member(b->body, "type"));
    if (type == PING)
        return pong(b);
    if (type == COMMAND)
        return run_command(&i);
    return chat_call_refuse(b->call, CHAT_P_INVALID, "type");
}
