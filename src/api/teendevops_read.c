/* SPDX-License-Identifier: Apache-2.0 */
/* teendevops REST API v1: what needs no session. */
#include "api/teendevops.h"
#include "base/clock.h"
#include "core/anonymous.h"

#include <apr_strings.h>
#include <string.h>

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 2500
#define SIMILAR_MAX 20

static const char *or_default(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static void write_channels(chat_writer_t *w, const chat_channels_t *channels)
{
    chat_write_member_array(w, "channels");
    for (int i = 0; i < channels->n; i++) {
        const chat_channel_t *ch = &channels->list[i];
        chat_write_object(w);
        chat_write_member_int(w, "id", ch->id);
        chat_write_member(w, "title", ch->name);
        chat_write_member(w, "description",
                          or_default(ch->description, "A channel for 1337 h@xX0rz"));
        chat_write_member(w, "creator", or_default(ch->creator, ""));
        chat_write_end(w);
    }
    chat_write_end(w);
}

apr_status_t chat_teendevops_channels(chat_teendevops_t *t)
{
    chat_channels_t channels;
    chat_writer_t w;
    char state[CHAT_HASH_SIZE];
    apr_status_t rv = chat_anonymous_channels(&channels, t->call);
    if (rv != APR_SUCCESS)
        return rv;
    chat_teendevops_answer(&w, t, 1);
    write_channels(&w, &channels);
    chat_write_end(&w);
    /* the list is short and changes seldom: its text serves as its version */
    chat_hash_keyed(state, &t->call->site->secret, "channels", t->resp->body.data,
                    t->resp->body.len);
    chat_teendevops_unchanged(t, state);
    return APR_SUCCESS;
}

/* ---- messages ---- */

typedef struct page_t {
    apr_int64_t channel;
    int limit;
} page_t;

/* Any positive number, however long, is at most LIMIT_MAX. */
static apr_status_t read_limit(int *out, const chat_teendevops_t *t)
{
    const char *text = apr_table_get(t->params, "limit");
    apr_int64_t n = 0;
    *out = LIMIT_DEFAULT;
    if (!text)
        return APR_SUCCESS;
    if (!*text || text[strspn(text, "0123456789")])
        return chat_call_refuse(t->call, CHAT_P_INVALID, "limit");
    for (; *text && n <= LIMIT_MAX; text++)
        n = n * 10 + (*text - '0');
    if (!n)
        return chat_call_refuse(t->call, CHAT_P_INVALID, "limit");
    *out = (int)(n < LIMIT_MAX ? n : LIMIT_MAX);
    return APR_SUCCESS;
}

static const char *page_state(const page_t *page, const chat_version_t *v,
                              apr_pool_t *pool)
{
    return apr_psprintf(pool,
                        "chat %" APR_INT64_T_FMT " %d %d %" APR_INT64_T_FMT
                        " %" APR_INT64_T_FMT " %" APR_INT64_T_FMT,
                        page->channel, page->limit, v->channel, v->number,
                        (apr_int64_t)v->time, v->first);
}

static void write_message(chat_writer_t *w, const chat_message_t *m)
{
    char time[CHAT_ISO_SIZE];
    chat_clock_sql(time, m->created);
    chat_write_object(w);
    chat_write_member(w, "username", m->author_name);
    chat_write_member(w, "timestamp", time);
    chat_write_member_int(w, "channel", m->channel);
    chat_write_key(w, "message");
    chat_write_bytes(w, m->body, m->deleted ? 0 : m->body_len);
    chat_write_member_bool(w, "deleted", m->deleted != 0);
    chat_write_member_int(w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_write_end(w);
}

static apr_status_t answer_page(const chat_teendevops_t *t, const page_t *page)
{
    chat_call_t *c = t->call;
    chat_messages_t messages;
    chat_version_t version;
    chat_writer_t w;
    apr_status_t rv =
        chat_anonymous_history(&messages, &version, c, page->channel, page->limit);
    if (rv != APR_SUCCESS)
        return rv;
    if (chat_teendevops_unchanged(t, page_state(page, &version, c->pool)))
        return APR_SUCCESS;
    chat_teendevops_answer(&w, t, 1);
    chat_write_member_int(&w, "channel", page->channel);
    chat_write_member_int(&w, "limit", page->limit);
    chat_write_member_array(&w, "chat");
    for (int i = messages.n - 1; i >= 0; i--)
        write_message(&w, &messages.list[i]);
    return chat_write_finish(&w);
}

apr_status_t chat_teendevops_chat(chat_teendevops_t *t)
{
    chat_version_t version;
    page_t page;
    apr_status_t rv = chat_teendevops_number(&page.channel, t, "channel");
    if (rv == APR_SUCCESS)
        rv = read_limit(&page.limit, t);
    if (rv != APR_SUCCESS)
        return rv;
    /* a client that polls most often has what there is: no message is looked at then */
    if (t->req->method == CHAT_GET && t->req->header(t->req, "If-None-Match")) {
        rv = chat_anonymous_version(&version, t->call, page.channel);
        if (rv != APR_SUCCESS ||
            chat_teendevops_unchanged(t, page_state(&page, &version, t->call->pool)))
            return rv;
    }
    return answer_page(t, &page);
}

/* ---- users ---- */

static const char *language_of(const chat_account_t *a)
{
    return or_default(a->languages, "None");
}

static const char *description_of(const chat_account_t *a)
{
    return or_default(a->description, "Write something about yourself here...");
}

static const char *location_of(const chat_account_t *a)
{
    return or_default(a->location, "cat location > /dev/null");
}

static const char *icon_of(const chat_account_t *a)
{
    return or_default(a->icon, "/assets/user-icons/default.png");
}

apr_status_t chat_teendevops_user(chat_teendevops_t *t)
{
    chat_account_t a;
    chat_writer_t w;
    const char *id, *name;
    apr_int64_t number = 0;
    apr_status_t rv = APR_SUCCESS;
    id = apr_table_get(t->params, "id");
    name = apr_table_get(t->params, "username");
    if (id && *id)
        rv = chat_teendevops_number(&number, t, "id");
    else if (!name || !*name)
        rv = chat_call_refuse(t->call, CHAT_P_MISSING, "'id' or 'username'");
    if (rv == APR_SUCCESS)
        rv = chat_anonymous_account(&a, t->call, number, id && *id ? NULL : name);
    if (rv != APR_SUCCESS)
        return rv;
    chat_teendevops_answer(&w, t, 1);
    chat_write_member_object(&w, "user");
    chat_write_member_int(&w, "id", a.who.id);
    chat_write_member(&w, "username", a.who.name);
    chat_write_member_int(&w, "rank", a.who.rank);
    chat_write_member_bool(&w, "banned", a.who.state == CHAT_ACCOUNT_BANNED);
    chat_write_member(&w, "description", description_of(&a));
    chat_write_member(&w, "languages", language_of(&a));
    chat_write_member(&w, "location", location_of(&a));
    chat_write_member(&w, "icon", icon_of(&a));
    return chat_write_finish(&w);
}

static void write_similar(chat_writer_t *w, const chat_account_t *a)
{
    chat_write_object(w);
    chat_write_member_int(w, "id", a->who.id);
    chat_write_member(w, "username", a->who.name);
    chat_write_member_bool(w, "banned", a->who.state == CHAT_ACCOUNT_BANNED);
    chat_write_member(w, "description", description_of(a));
    chat_write_member(w, "location", location_of(a));
    chat_write_member(w, "language", language_of(a));
    chat_write_member_int(w, "rank", a->who.rank);
    chat_write_member(w, "icon", icon_of(a));
    /* what the document's other endpoint calls it, and every client reads */
    chat_write_member(w, "languages", language_of(a));
    chat_write_end(w);
}

apr_status_t chat_teendevops_similar(chat_teendevops_t *t)
{
    chat_accounts_t accounts;
    chat_writer_t w;
    const char *language;
    apr_status_t rv = chat_teendevops_text(&language, t, "language");
    if (rv == APR_SUCCESS && !chat_teendevops_language(language))
        rv = chat_call_refuse(t->call, CHAT_P_INVALID, "language");
    if (rv == APR_SUCCESS)
        rv = chat_anonymous_accounts(&accounts, t->call, language, SIMILAR_MAX);
    if (rv != APR_SUCCESS)
        return rv;
    chat_teendevops_answer(&w, t, 1);
    chat_write_member_array(&w, "users");
    for (int i = 0; i < accounts.n; i++)
        write_similar(&w, &accounts.list[i]);
    return chat_write_finish(&w);
}
