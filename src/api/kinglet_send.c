/* SPDX-License-Identifier: Apache-2.0 */
/* Kinglet API v1: new messages and replies. */
#include "api/kinglet.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

/* One message that a client wants to send. */
typedef struct saying_t {
    chat_kinglet_t *k;
    chat_call_t *call;
    chat_text_t text;
    const char *wrong; /* what is wrong so far */
} saying_t;

static void add(saying_t *s, const char *text)
{
    s->wrong = apr_pstrcat(s->call->pool, s->wrong, text, NULL);
}

/* FORMAT once for each line of NAMES. */
static void add_names(saying_t *s, const char *before, const char *names,
                      const char *after)
{
    for (const char *p = names; *p;) {
        apr_size_t len = strcspn(p, "\n");
        add(s, before);
        add(s, apr_pstrmemdup(s->call->pool, p, len));
        add(s, after);
        p += len + (p[len] == '\n');
    }
}

static apr_status_t begin(saying_t *s, chat_kinglet_t *k)
{
    apr_size_t n;
    apr_status_t rv = chat_kinglet_need_both(k);
    s->k = k;
    s->call = k->call;
    s->wrong = "";
    if (rv != APR_SUCCESS)
        return rv;
    s->text.text = chat_kinglet_field(k, "message_text");
    s->text.len = strlen(s->text.text);
    n = chat_text_length(s->text.text, s->text.len);
    if (chat_text_blank(s->text.text, s->text.len))
        add(s, "You must enter text.");
    if (n > CHAT_KINGLET_TEXT_MAX)
        add(s, apr_psprintf(k->call->pool, "%d chars entered. Max is %d.", (int)n,
                            CHAT_KINGLET_TEXT_MAX));
    return APR_SUCCESS;
}

/* The refusal with everything that is wrong, once the credentials are known to be good.
 */
static apr_status_t refuse(const saying_t *s)
{
    chat_kinglet_error_t e = {.status = 400, .number = 1, .message_text = s->text.text};
    e.user = e.system = s->wrong;
    return chat_kinglet_wrong_for(s->k, &e);
}

/* A refusal of the core, in the form of those of a text where it is about writing. */
static apr_status_t refuse_writer(const saying_t *s)
{
    chat_problem_code_t code = s->call->problem.code;
    chat_kinglet_error_t e = {.status = 403, .number = 1, .message_text = s->text.text};
    e.user = e.system = "You are not allowed to write. ";
    return code == CHAT_P_MUTED || code == CHAT_P_EMERGENCY
               ? chat_kinglet_fail(s->k->resp, &e)
               : CHAT_REFUSED;
}

static apr_status_t created(const saying_t *s, const chat_message_t *m)
{
    chat_writer_t w;
    chat_kinglet_answer(&w, s->k->resp, 201);
    chat_kinglet_member_text(&w, "message_id", CHAT_ROW_NUMBER(m->id));
    return chat_write_finish(&w);
}

apr_status_t chat_kinglet_say(chat_kinglet_t *k)
{
    saying_t s;
    chat_addressees_t to;
    chat_message_t m;
    apr_status_t rv = begin(&s, k);
    if (rv != APR_SUCCESS)
        return rv;
    chat_kinglet_addressees(&to, &s.text, k->call->pool);
    if (!to.n)
        add(&s, "You have to include at least one recipient name in your new message. ");
    if (*s.wrong)
        return refuse(&s);
    rv = chat_conversation_send(&m, k->call, &k->auth, &to, &s.text);
    if (rv == APR_SUCCESS)
        return created(&s, &m);
    if (rv != CHAT_REFUSED)
        return rv;
    if (k->call->problem.code == CHAT_P_NO_ACCOUNT)
        add_names(&s, "User '", k->call->problem.detail, "' does not exist. ");
    else if (k->call->problem.code == CHAT_P_NOT_APPROVED)
        add_names(&s, "You are not on the approved list of '", k->call->problem.detail,
                  "'. ");
    return *s.wrong ? refuse(&s) : refuse_writer(&s);
}

/* The client may describe the message that it answers, but truthfully. The parent is read
 * only to report which part is wrong. */
static apr_status_t check_parent(saying_t *s, apr_int64_t parent)
{
    chat_call_t *c = s->call;
    const char *id = chat_kinglet_field(s->k, "reply_to_id");
    const char *digest = chat_kinglet_field(s->k, "reply_to_content_digest");
    char right[CHAT_DIGEST_SIZE];
    apr_int64_t number = parent;
    chat_kinglet_digest(right, c, CHAT_ROW_ID(c->room, parent));
    if (chat_json_member(s->k->json, "reply_to_id") &&
        (!chat_text_int64(&number, id) || number < 0))
        add(s, "The message id being replied to is missing or not numeric. ");
    else if (number != parent)
        add(s, apr_psprintf(c->pool,
                            "Invalid reply to id given. %" APR_INT64_T_FMT
                            " %" APR_INT64_T_FMT " ",
                            parent, number));
    if (chat_json_member(s->k->json, "reply_to_content_digest")) {
        if (!*digest)
            add(s, "Missing content digest. ");
        else if (!chat_equal_secret(digest, right))
            add(s, "Invalid reply to content digest given. ");
    }
    return APR_SUCCESS;
}

/* Do not reveal whether a message exists to someone who cannot read it. */
static apr_status_t refuse_foreign(saying_t *s, apr_int64_t parent)
{
    const char *id = chat_kinglet_field(s->k, "reply_to_id");
    s->wrong = "";
    if (!*id)
        id = apr_psprintf(s->call->pool, "%" APR_INT64_T_FMT, parent);
    add(s, apr_psprintf(s->call->pool, "Invalid reply to id given.  %s ", id));
    return refuse(s);
}

apr_status_t chat_kinglet_reply(chat_kinglet_t *k, apr_int64_t parent)
{
    saying_t s;
    chat_reading_t reading;
    chat_message_t m;
    apr_status_t rv = begin(&s, k);
    if (rv == APR_SUCCESS)
        rv = check_parent(&s, parent);
    if (rv != APR_SUCCESS)
        return rv;
    rv = *s.wrong ? chat_conversation_one(&reading, k->call, &k->auth, parent)
                  : chat_conversation_reply(&m, k->call, &k->auth, parent, &s.text);
    if (rv == CHAT_REFUSED && k->call->problem.code == CHAT_P_NO_MESSAGE)
        return refuse_foreign(&s, parent);
    if (rv != APR_SUCCESS)
        return rv == CHAT_REFUSED ? refuse_writer(&s) : rv;
    return *s.wrong ? refuse(&s) : created(&s, &m);
}
