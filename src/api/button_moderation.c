/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3, ours: acts of moderation. */
#include "api/button.h"
#include "base/bounds.h"
#include "base/clock.h"
#include "core/bans.h"
#include "core/channel_acts.h"
#include "core/mutes.h"
#include "core/reports.h"
#include "core/sanctions.h"

#include <string.h>

/* The text of FIELD, which has to be there. */
static apr_status_t read_name(const char **out, chat_button_t *b, const char *field)
{
    chat_text_t text;
    apr_status_t rv = chat_button_text(&text, b, field);
    *out = rv == APR_SUCCESS ? text.text : NULL;
    return rv;
}

#define USER 1    /* "username" has to be there */
#define CHANNEL 2 /* "name" */
#define MAYBE 4   /* "name" may be */
#define UNTIL 8   /* the answer says when it ends */

static apr_status_t begin(chat_act_t *a, chat_button_t *b, int flags)
{
    apr_status_t rv = chat_button_act(a, b);
    if (rv == APR_SUCCESS && flags & CHANNEL)
        rv = read_name(&a->channel_name, b, "name");
    if (rv == APR_SUCCESS && flags & USER)
        rv = read_name(&a->username, b, "username");
    if (rv == APR_SUCCESS && flags & MAYBE)
        rv = chat_button_maybe(&a->channel_name, b, "name");
    return rv;
}

/* A whole act, which is answered with TEXT. */
static apr_status_t run(chat_button_t *b, int flags, apr_status_t (*act)(chat_act_t *),
                        const char *text)
{
    chat_act_t a;
    chat_writer_t w;
    apr_status_t rv = begin(&a, b, flags);
    if (rv == APR_SUCCESS)
        rv = act(&a);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", text);
    if (flags & UNTIL) {
        chat_write_member(&w, "username", a.target.name);
        chat_button_time(&w, "until", a.until);
    }
    return chat_write_finish(&w);
}

/* ---- mutes and bans ---- */

apr_status_t chat_button_mute(chat_button_t *b)
{
    return run(b, USER | MAYBE | UNTIL, chat_mute, "User muted!");
}

apr_status_t chat_button_unmute(chat_button_t *b)
{
    return run(b, USER | MAYBE, chat_unmute, "User unmuted!");
}

apr_status_t chat_button_banuser(chat_button_t *b)
{
    return run(b, USER | UNTIL, chat_ban, "User banned!");
}

apr_status_t chat_button_unbanuser(chat_button_t *b)
{
    return run(b, USER, chat_unban, "User unbanned!");
}

static void write_mute(chat_writer_t *w, const chat_muted_t *m)
{
    chat_write_object(w);
    chat_write_member(w, "username", m->name);
    chat_write_member(w, "channel", m->channel);
    chat_button_time(w, "until", m->until);
    chat_write_member(w, "actor", m->actor);
    chat_write_member(w, "reason", m->reason);
    chat_button_time(w, "created_at", m->created);
    chat_write_end(w);
}

static void write_emergency(chat_writer_t *w, const chat_emergency_t *e)
{
    if (!e->since) {
        chat_write_member(w, "emergency", NULL);
        return;
    }
    chat_write_member_object(w, "emergency");
    chat_button_time(w, "since", e->since);
    chat_write_member(w, "actor", e->actor);
    chat_write_member(w, "reason", e->reason);
    chat_write_end(w);
}

apr_status_t chat_button_listsanctions(chat_button_t *b)
{
    chat_act_t a;
    chat_sanctions_t s;
    chat_writer_t w;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS)
        rv = chat_sanctions(&s, &a);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "mutes");
    for (int i = 0; i < s.mutes.n; i++)
        write_mute(&w, &s.mutes.list[i]);
    chat_write_end(&w);
    chat_write_member_array(&w, "bans");
    for (int i = 0; i < s.bans.n; i++) {
        chat_write_object(&w);
        chat_write_member(&w, "username", s.bans.list[i].who.name);
        chat_button_time(&w, "until", s.bans.list[i].banned_until);
        chat_write_end(&w);
    }
    chat_write_end(&w);
    write_emergency(&w, &s.emergency);
    return chat_write_finish(&w);
}

/* ---- channels ---- */

apr_status_t chat_button_removefromchannel(chat_button_t *b)
{
    return run(b, USER | CHANNEL, chat_channel_remove, "User removed from channel!");
}

/* Letters of "rwx", each at most once, in any order. */
static apr_status_t read_rights(int *out, chat_button_t *b)
{
    static const char letters[] = "rwx";
    const char *text = chat_json_string(chat_json_member(b->body, "rights"), NULL), *at;
    *out = 0;
    if (!chat_button_has(b, "rights"))
        return chat_call_refuse(b->call, CHAT_P_MISSING, "rights");
    for (;
         text && *text && (at = strchr(letters, *text)) && !(*out & 1 << (at - letters));
         text++)
        *out |= 1 << (at - letters);
    return text && !*text ? APR_SUCCESS
                          : chat_call_refuse(b->call, CHAT_P_INVALID, "rights");
}

apr_status_t chat_button_grant(chat_button_t *b)
{
    chat_act_t a;
    chat_writer_t w;
    int rights;
    apr_status_t rv = begin(&a, b, USER | CHANNEL);
    if (rv == APR_SUCCESS)
        rv = read_rights(&rights, b);
    if (rv == APR_SUCCESS)
        rv = chat_channel_grant(&a, &rights, CHAT_READ | CHAT_WRITE | CHAT_ADMIN);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Rights set!");
    chat_write_member(&w, "username", a.target.name);
    chat_button_rights(&w, rights);
    return chat_write_finish(&w);
}

static apr_status_t read_change(chat_channel_change_t *out, chat_button_t *b)
{
    apr_int64_t slow = -1;
    apr_status_t rv = chat_button_maybe(&out->name, b, "new_name");
    if (rv == APR_SUCCESS)
        rv = chat_button_maybe(&out->description, b, "description");
    out->public = -1;
    if (rv == APR_SUCCESS && out->description &&
        strlen(out->description) > CHAT_REASON_BYTES)
        return chat_refuse_number(&b->call->problem, CHAT_P_TOO_LARGE, CHAT_REASON_BYTES);
    if (rv == APR_SUCCESS && chat_button_has(b, "public") &&
        !chat_json_boolean(&out->public, chat_json_member(b->body, "public")))
        return chat_call_refuse(b->call, CHAT_P_INVALID, "public");
    if (rv == APR_SUCCESS && chat_button_has(b, "slow_seconds") &&
        (!chat_button_number(&slow, b, "slow_seconds") || slow < 0 ||
         slow > CHAT_SLOW_SECONDS))
        return chat_call_refuse(b->call, CHAT_P_INVALID, "slow_seconds");
    out->slow = (int)slow;
    return rv;
}

apr_status_t chat_button_setchannel(chat_button_t *b)
{
    chat_act_t a;
    chat_channel_change_t change = {0};
    chat_writer_t w;
    apr_status_t rv = begin(&a, b, CHANNEL);
    if (rv == APR_SUCCESS)
        rv = read_change(&change, b);
    if (rv == APR_SUCCESS)
        rv = chat_channel_change(&a, &change);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Channel changed!");
    chat_write_member(&w, "channel", a.channel.name);
    chat_write_member_int(&w, "channel_id", a.channel.id);
    chat_write_member(&w, "description", a.channel.description);
    chat_write_member_bool(&w, "public", a.channel.public);
    chat_write_member_int(&w, "slow_seconds", a.channel.slow);
    return chat_write_finish(&w);
}

apr_status_t chat_button_deletechannel(chat_button_t *b)
{
    return run(b, CHANNEL, chat_channel_delete, "Channel deleted!");
}

/* ---- reports ---- */

apr_status_t chat_button_report(chat_button_t *b)
{
    chat_act_t a;
    chat_text_t reason;
    chat_writer_t w;
    apr_int64_t id;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&reason, b, "reason");
    if (rv == APR_SUCCESS)
        rv = chat_report(&id, &a, chat_button_message_id(b));
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    b->resp->status = 201;
    chat_write_member(&w, "message", "Report received!");
    chat_write_member_int(&w, "report_id", id);
    return chat_write_finish(&w);
}

static void write_said(chat_writer_t *w, const chat_message_t *m)
{
    chat_write_member_int(w, "message_id", CHAT_ROW_NUMBER(m->id));
    chat_write_member(w, "sender", m->author_name);
    chat_write_key(w, "message");
    chat_write_bytes(w, m->body, m->body_len);
    chat_button_time(w, "timestamp", m->created);
}

static void write_context(chat_writer_t *w, const char *key, const chat_messages_t *m,
                          int backwards)
{
    chat_write_member_array(w, key);
    for (int i = 0; i < m->n; i++) {
        chat_write_object(w);
        write_said(w, &m->list[backwards ? m->n - 1 - i : i]);
        chat_write_end(w);
    }
    chat_write_end(w);
}

static void write_case(chat_writer_t *w, const chat_case_t *c)
{
    const chat_report_t *r = &c->report;
    chat_write_object(w);
    chat_write_member_int(w, "report_id", r->id);
    chat_write_member(w, "state", r->closed ? "closed" : "open");
    chat_write_member(w, "reporter", r->reporter);
    chat_write_member_int(w, "reporter_reports", r->sent);
    chat_write_member_int(w, "reporter_upheld", r->upheld);
    chat_write_member(w, "reason", r->reason);
    chat_button_time(w, "created_at", r->created);
    if (c->message.id) {
        chat_write_member_object(w, "reported");
        write_said(w, &c->message);
        chat_write_member(w, "channel", c->channel);
        chat_write_member_bool(w, "deleted", c->message.deleted != 0);
        chat_write_member_int(w, "sender_acts", c->acts);
        chat_write_end(w);
    }
    else {
        chat_write_member(w, "reported", NULL);
    }
    write_context(w, "before", &c->before, 1);
    write_context(w, "after", &c->after, 0);
    chat_write_member(w, "action", r->action);
    chat_write_member(w, "closed_by", r->closer);
    chat_write_member(w, "closing_reason", r->closing_reason);
    chat_button_time(w, "closed_at", r->closed_at);
    chat_write_end(w);
}

apr_status_t chat_button_listreports(chat_button_t *b)
{
    chat_act_t a;
    chat_page_t page;
    chat_cases_t cases;
    chat_writer_t w;
    const char *state;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_maybe(&state, b, "state");
    if (rv == APR_SUCCESS && state && strcmp(state, "open") && strcmp(state, "closed"))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "state");
    if (rv == APR_SUCCESS)
        rv = chat_report_list(&cases, &a, state && *state == 'c', page.before);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "reports");
    for (int i = 0; i < cases.n; i++)
        write_case(&w, &cases.list[i]);
    chat_write_end(&w);
    return chat_write_finish(&w);
}

apr_status_t chat_button_closereport(chat_button_t *b)
{
    chat_act_t a;
    chat_text_t action;
    apr_int64_t id = 0;
    int outcome = 0;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS && !chat_button_has(b, "report_id"))
        rv = chat_call_refuse(b->call, CHAT_P_MISSING, "report_id");
    if (rv == APR_SUCCESS && !chat_button_number(&id, b, "report_id"))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "report_id");
    if (rv == APR_SUCCESS)
        rv = chat_button_text(&action, b, "action");
    if (rv != APR_SUCCESS)
        return rv;
    while (outcome < CHAT_OUTCOMES &&
           strcmp(action.text, chat_outcome_name((chat_outcome_t)outcome)))
        outcome++;
    if (outcome == CHAT_OUTCOMES)
        return chat_call_refuse(b->call, CHAT_P_INVALID, "action");
    rv = chat_report_end(&a, id, (chat_outcome_t)outcome);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Report closed!") : rv;
}

/* ---- the audit log ---- */

apr_status_t chat_button_auditlog(chat_button_t *b)
{
    chat_act_t a;
    chat_page_t page;
    chat_audit_list_t log;
    chat_writer_t w;
    apr_status_t rv = chat_button_act(&a, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_maybe(&a.username, b, "username");
    if (rv == APR_SUCCESS)
        rv = chat_audit_read(&log, &a, page.before, page.count);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member_array(&w, "entries");
    for (int i = 0; i < log.n; i++) {
        const chat_audit_t *e = &log.list[i];
        chat_write_object(&w);
        chat_write_member_int(&w, "id", e->id);
        chat_button_time(&w, "at", e->at);
        chat_write_member(&w, "actor", e->actor);
        chat_write_member(&w, "act", e->act);
        chat_write_member(&w, "target", e->target);
        chat_write_key(&w, "message_id");
        if (e->message)
            chat_write_int(&w, CHAT_ROW_NUMBER(e->message));
        else
            chat_write_null(&w);
        chat_write_member(&w, "reason", e->reason);
        chat_write_end(&w);
    }
    chat_write_end(&w);
    return chat_write_finish(&w);
}
