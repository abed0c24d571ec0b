/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl mute, unmute, report ..., audit, network ..., emergency ..., raid undo */
#include "base/text.h"
#include "core/bans.h"
#include "core/emergencies.h"
#include "core/mutes.h"
#include "core/networks.h"
#include "core/reports.h"
#include "moment.h"
#include "print.h"
#include "site.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>

/* What every act takes from the command line; 0, or the exit code after a complaint. */
static int begin(chat_act_t *a, chatctl_site_t *s)
{
    const chatctl_t *ctl = s->ctl;
    apr_time_t until;
    *a = (chat_act_t){.call = &s->call, .reason = ctl->reason};
    a->channel_name = ctl->channel;
    if (!ctl->until)
        return 0;
    if (!chatctl_moment(&until, ctl->until, s->call.now, 1) || until <= s->call.now)
        return chatctl_misused(ctl, "--until takes " CHATCTL_TIMES_AHEAD);
    a->seconds = apr_time_sec(until - s->call.now + APR_USEC_PER_SEC / 2);
    return 0;
}

static int begin_user(chat_act_t *a, chatctl_site_t *s)
{
    int rc = begin(a, s);
    a->username = chatctl_arg(s, 0);
    return rc;
}

static const char *ending(const chat_act_t *a, apr_pool_t *pool)
{
    return a->until
               ? apr_pstrcat(pool, " until ", chatctl_moment_text(a->until, pool), NULL)
               : "";
}

static int mute(chatctl_site_t *s)
{
    chat_act_t a;
    int rc = begin_user(&a, s);
    if (!rc)
        rc = chatctl_result(s, chat_mute(&a));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "account %s muted%s%s%s", a.target.name,
                            a.channel.id ? " in " : "",
                            a.channel.id ? a.channel.name : "", ending(&a, s->ctl->pool));
}

static int unmute(chatctl_site_t *s)
{
    chat_act_t a;
    int rc = begin_user(&a, s);
    if (!rc)
        rc = chatctl_result(s, chat_unmute(&a));
    return rc ? rc : chatctl_say(s->ctl, NULL, "account %s is not muted", a.target.name);
}

static int report_list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"ID", "report_id", CHATCTL_NUMBER},
        {"REPORTED (UTC)", "created_at", CHATCTL_TIME},
        {"REPORTER", "reporter", CHATCTL_TEXT},
        {"REASON", "reason", CHATCTL_TEXT},
        {"SENDER", "sender", CHATCTL_TEXT},
        {"CHANNEL", "channel", CHATCTL_TEXT},
        {"MESSAGE", "message", CHATCTL_TEXT},
        {"ACTION", "action", CHATCTL_TEXT},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chat_act_t a;
    chatctl_table_t t;
    chat_cases_t cases = {.n = CHAT_REPORTS_PAGE};
    apr_int64_t before = 0;
    int rc = begin(&a, s);
    chatctl_table_begin(&t, s->ctl, columns);
    while (!rc && cases.n) {
        rc = chatctl_result(s, chat_report_list(&cases, &a, s->ctl->closed, before));
        for (int i = 0; !rc && i < cases.n; i++) {
            const chat_case_t *c = &cases.list[i];
            before = c->report.id;
            chatctl_table_row(&t, c->report.id, c->report.created, c->report.reporter,
                              c->report.reason, c->message.author_name, c->channel,
                              c->message.body, c->report.action);
        }
    }
    return rc ? rc : chatctl_table_print(&t);
}

static int report_close(chatctl_site_t *s)
{
    const char *action = chatctl_arg(s, 1);
    chat_act_t a;
    apr_int64_t id;
    int outcome = 0, rc = begin(&a, s);
    while (outcome < CHAT_OUTCOMES &&
           strcmp(action, chat_outcome_name((chat_outcome_t)outcome)))
        outcome++;
    if (!rc && !chat_text_int64(&id, chatctl_arg(s, 0)))
        rc = chatctl_misused(s->ctl, "'%s' is not a number of a report",
                             chatctl_arg(s, 0));
    if (!rc && outcome == CHAT_OUTCOMES)
        rc = chatctl_misused(s->ctl, "the action is one of: none, delete, mute, ban");
    if (!rc)
        rc = chatctl_result(s, chat_report_end(&a, id, (chat_outcome_t)outcome));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "report %s closed, action %s",
                            chatctl_arg(s, 0), action);
}

static int audit(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"AT (UTC)", "at", CHATCTL_TIME},
        {"ACTOR", "actor", CHATCTL_TEXT},
        {"ACT", "act", CHATCTL_TEXT},
        {"TARGET", "target", CHATCTL_TEXT},
        {"MESSAGE", "message_id", CHATCTL_NUMBER},
        {"REASON", "reason", CHATCTL_TEXT},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chat_act_t a;
    chatctl_table_t t;
    chat_audit_list_t log;
    int rc = begin(&a, s);
    a.username = s->ctl->args->nelts ? chatctl_arg(s, 0) : NULL;
    if (!rc)
        rc = chatctl_result(s, chat_audit_read(&log, &a, 0, 1000));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < log.n; i++) {
        const chat_audit_t *e = &log.list[i];
        chatctl_table_row(&t, e->at, e->actor, e->act, e->target,
                          CHAT_ROW_NUMBER(e->message), e->reason);
    }
    return rc ? rc : chatctl_table_print(&t);
}

static int network_result(const chatctl_site_t *s, apr_status_t rv)
{
    if (rv == CHAT_REFUSED && s->call.problem.code == CHAT_P_INVALID)
        return chatctl_fail("'%s' is not an address or ADDRESS/BITS", chatctl_arg(s, 0));
    return chatctl_result(s, rv);
}

static int network_ban(chatctl_site_t *s)
{
    chat_act_t a;
    int rc = begin(&a, s);
    if (!rc)
        rc = network_result(s, chat_network_refuse(&a, chatctl_arg(s, 0)));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "network %s banned%s", a.entry.target,
                            ending(&a, s->ctl->pool));
}

static int network_unban(chatctl_site_t *s)
{
    chat_act_t a;
    int rc = begin(&a, s);
    if (!rc)
        rc = network_result(s, chat_network_allow(&a, chatctl_arg(s, 0)));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "network %s is no longer banned",
                            a.entry.target);
}

static int network_list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"NETWORK", "network", CHATCTL_TEXT},
        {"UNTIL (UTC)", "until", CHATCTL_TIME},
        {"BY", "actor", CHATCTL_TEXT},
        {"REASON", "reason", CHATCTL_TEXT},
        {"SINCE (UTC)", "created_at", CHATCTL_TIME},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chat_act_t a;
    chatctl_table_t t;
    chat_networks_t all;
    int rc = begin(&a, s);
    if (!rc)
        rc = chatctl_result(s, chat_network_all(&all, &a));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < all.n; i++) {
        const chat_refused_t *n = &all.list[i];
        chatctl_table_row(&t, n->network, n->until, n->actor, n->reason, n->created);
    }
    return rc ? rc : chatctl_table_print(&t);
}

static int emergency(chatctl_site_t *s, int on)
{
    chat_act_t a;
    int rc = begin(&a, s);
    if (!rc)
        rc = chatctl_result(s, chat_emergency_set(&a, on));
    return rc ? rc
              : chatctl_say(s->ctl, NULL,
                            on ? "emergency on: registration is closed, accounts younger "
                                 "than a day cannot write, others once in 10 s"
                               : "emergency off");
}

static int emergency_on(chatctl_site_t *s)
{
    return emergency(s, 1);
}

static int emergency_off(chatctl_site_t *s)
{
    return emergency(s, 0);
}

static int raid_undo(chatctl_site_t *s)
{
    chat_act_t a;
    apr_time_t since;
    apr_int64_t accounts, messages;
    int rc = begin(&a, s);
    if (!rc &&
        (!s->ctl->since || !chatctl_moment(&since, s->ctl->since, s->call.now, -1)))
        rc = chatctl_misused(s->ctl, "--since takes " CHATCTL_TIMES_AGO);
    if (!rc && s->ctl->emergency)
        rc = chatctl_result(s, chat_emergency_set(&a, 1));
    if (!rc)
        rc = chatctl_result(s, chat_raid_undo(&accounts, &messages, &a, since));
    if (!rc) {
        const chatctl_member_t members[] = {
            {"accounts", NULL, accounts}, {"messages", NULL, messages}, {NULL, NULL, 0}};
        chatctl_say(s->ctl, members,
                    "%" APR_INT64_T_FMT " accounts banned, %" APR_INT64_T_FMT
                    " messages deleted",
                    accounts, messages);
    }
    return rc;
}

#define W CHATCTL_WRITES

/* clang-format off */
const chatctl_command_t chatctl_moderation_commands[] = {
    {"mute", NULL, mute, "NAME [--room N] [--channel NAME] [--until TIME] [--reason TEXT]", 1, 1, W,
     "mute an account, in a channel or in the whole chatroom",
     "  --until  " CHATCTL_TIMES_AHEAD "; without it the mute has no end\n"},
    {"unmute", NULL, unmute, "NAME [--room N] [--channel NAME]", 1, 1, W, "end a mute", NULL},
    {"report", "list", report_list, "[--room N] [--closed]", 0, 0, W, "list the open reports, or the closed ones", NULL},
    {"report", "close", report_close, "ID none|delete|mute|ban [--room N] [--until TIME] [--reason TEXT]", 2, 2, W,
     "close a report: delete the message, and mute or ban its sender",
     "  --until  of the mute or ban: " CHATCTL_TIMES_AHEAD "\n"},
    {"audit", NULL, audit, "[NAME] [--room N]", 0, 1, CHATCTL_READS, "list the last 1,000 acts of moderation, or those on an account", NULL},
    {"network", "ban", network_ban, "NETWORK [--until TIME] [--reason TEXT]", 1, 1, W,
     "refuse all requests from an address, or from ADDRESS/BITS",
     "  --until  " CHATCTL_TIMES_AHEAD "; without it the ban has no end\n"},
    {"network", "unban", network_unban, "NETWORK", 1, 1, W, "end such a ban", NULL},
    {"network", "list", network_list, "", 0, 0, CHATCTL_READS, "list the banned networks", NULL},
    {"emergency", "on", emergency_on, "[--room N] [--reason TEXT]", 0, 0, W,
     "close registration, keep new accounts from writing, slow the others down", NULL},
    {"emergency", "off", emergency_off, "[--room N]", 0, 0, W, "end an emergency", NULL},
    {"raid", "undo", raid_undo, "--since TIME [--emergency] [--room N]", 0, 0, W,
     "ban the accounts created since, and delete what they said and their channels",
     "  --since      " CHATCTL_TIMES_AGO "; accounts with a rank and the owner are left alone\n"
     "  --emergency  begin an emergency first, so that no more come\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
