/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3, ours: an administrator's view of the site (ChatAdmin). */
#include "api/button.h"
#include "base/version.h"
#include "core/admin_remote.h"
#include "core/emergencies.h"
#include "core/networks.h"

#include <apr_strings.h>
#include <string.h>

#define PAGE_DEFAULT 50

/* What an endpoint was asked, read piece by piece: the first mistake stays. */
typedef struct asked_t {
    chat_button_t *b;
    apr_status_t rv;
} asked_t;

/* A client without permission is refused for that, before any other fault of the request.
 */
static int refused(asked_t *a)
{
    chat_call_t *c = a->b->call;
    chat_problem_t problem = c->problem;
    apr_status_t rv;
    if (a->rv != CHAT_REFUSED)
        return a->rv != APR_SUCCESS;
    rv = chat_admin_remote_check(c, &a->b->auth);
    if (rv == APR_SUCCESS)
        c->problem = problem;
    else
        a->rv = rv;
    return 1;
}

static void invalid(asked_t *a, const char *field)
{
    a->rv = chat_call_refuse(a->b->call, CHAT_P_INVALID, field);
}

static int is_there(const asked_t *a, const char *field)
{
    return a->rv == APR_SUCCESS && chat_button_has(a->b, field);
}

/* A number from MIN to MAX in *OUT, which stays as it is when FIELD is absent. */
static void read_number(apr_int64_t *out, asked_t *a, const char *field, apr_int64_t min,
                        apr_int64_t max)
{
    apr_int64_t n;
    if (!is_there(a, field))
        return;
    if (!chat_button_number(&n, a->b, field) || n < min || n > max)
        invalid(a, field);
    else
        *out = n;
}

static void read_id(apr_int64_t *out, asked_t *a)
{
    *out = 0;
    read_number(out, a, "id", 1, APR_INT64_MAX);
    if (a->rv == APR_SUCCESS && !*out)
        a->rv = chat_call_refuse(a->b->call, CHAT_P_MISSING, "id");
}

static int read_count(asked_t *a)
{
    apr_int64_t n = PAGE_DEFAULT;
    read_number(&n, a, "count", 1, APR_INT64_MAX);
    return (int)(n < CHAT_ADMIN_PAGE_MAX ? n : CHAT_ADMIN_PAGE_MAX);
}

static void write_time(chat_writer_t *w, const char *key, apr_time_t time)
{
    chat_write_key(w, key);
    if (time)
        chat_write_int(w, apr_time_sec(time));
    else
        chat_write_null(w);
}

static void write_sockets(chat_writer_t *w, const apr_int64_t *sockets, int i)
{
    chat_write_key(w, "sockets");
    if (sockets)
        chat_write_int(w, sockets[i]);
    else
        chat_write_null(w);
}

static void begin_list(chat_writer_t *w, asked_t *a, const char *key)
{
    chat_button_answer(w, a->b);
    chat_write_member_array(w, key);
}

static apr_status_t finish_list(chat_writer_t *w, int more)
{
    chat_write_end(w);
    chat_write_member_bool(w, "more", more);
    return chat_write_finish(w);
}

/* ---- overview ---- */

/* The rules that apply to this request. Without a table nothing is limited. */
static void write_limits(chat_writer_t *w, const chat_call_t *c)
{
    chat_write_member_array(w, "limits");
    for (int d = 0; d < CHAT_DIALECTS; d++) {
        for (int kind = 0; kind < CHAT_LIMIT_KINDS; kind++) {
            const chat_rule_t *rule = &c->settings->limits[d][kind];
            chat_write_object(w);
            chat_write_member(w, "name",
                              apr_pstrcat(c->pool, chat_dialect_name(d), ":",
                                          chat_limit_name((chat_limit_kind_t)kind),
                                          NULL));
            chat_write_member_int(w, "count", rule->count);
            chat_write_member_int(w, "seconds", rule->seconds);
            chat_write_member_bool(w, "off", !rule->count || !c->site->limits);
            chat_write_end(w);
        }
    }
    chat_write_end(w);
}

static void write_overview_sockets(chat_writer_t *w,
                                   const chat_admin_remote_overview_t *o)
{
    chat_write_member_object(w, "sockets");
    chat_write_member_bool(w, "running", o->running);
    chat_write_member_int(w, "total", o->sockets.total);
    chat_write_member_int(w, "websocket", o->sockets.websockets);
    chat_write_member_int(w, "polling", o->sockets.total - o->sockets.websockets);
    chat_write_member_int(w, "strangers", o->sockets.strangers);
    chat_write_end(w);
}

static const char *const state_names[CHAT_OUTBOX_STATES] = {
    [CHAT_OUTBOX_WAITING] = "waiting",
    [CHAT_OUTBOX_DELIVERED] = "delivered",
    [CHAT_OUTBOX_GIVEN_UP] = "given_up",
    [CHAT_OUTBOX_NO_TARGET] = "no_target",
};

apr_status_t chat_button_adminoverview(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_admin_remote_overview_t o;
    chat_writer_t w;
    apr_status_t rv;
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_overview(&o, b->call, &b->auth);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "version", CHAT_VERSION);
    chat_write_member_int(&w, "account", o.account);
    chat_write_member_int(&w, "rooms", o.stats.all.rooms);
    chat_write_member_int(&w, "accounts", o.stats.all.accounts);
    chat_write_member_int(&w, "messages", o.stats.all.messages);
    chat_write_member_int(&w, "database_bytes", o.stats.all.bytes);
    chat_write_member_object(&w, "outbox");
    for (int s = 0; s < CHAT_OUTBOX_STATES; s++)
        chat_write_member_int(&w, state_names[s], o.stats.outbox[s]);
    chat_write_end(&w);
    write_overview_sockets(&w, &o);
    write_limits(&w, b->call);
    return chat_write_finish(&w);
}

/* ---- chatrooms ---- */

apr_status_t chat_button_adminlistrooms(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_admin_remote_rooms_t rooms;
    chat_writer_t w;
    apr_int64_t after = 0;
    apr_status_t rv;
    int count;
    read_number(&after, &a, "after", 0, APR_INT64_MAX);
    count = read_count(&a);
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_rooms(&rooms, b->call, &b->auth, after, count);
    if (rv != APR_SUCCESS)
        return rv;
    begin_list(&w, &a, "rooms");
    for (int i = 0; i < rooms.n; i++) {
        const chat_room_listed_t *r = &rooms.list[i];
        chat_write_object(&w);
        chat_write_member_int(&w, "id", r->room.id);
        chat_write_member(&w, "name", r->room.name);
        chat_write_member(&w, "owner", r->owner);
        chat_write_member_int(&w, "accounts", r->counts.accounts);
        chat_write_member_int(&w, "channels", r->counts.channels);
        write_time(&w, "created_at", r->room.created);
        write_sockets(&w, rooms.sockets, i);
        chat_write_end(&w);
    }
    return finish_list(&w, rooms.more);
}

/* ---- accounts ---- */

static void write_account(chat_writer_t *w, const chat_admin_remote_accounts_t *accounts,
                          int i)
{
    const chat_account_t *a = &accounts->list[i];
    chat_write_object(w);
    chat_write_member_int(w, "id", a->who.id);
    chat_write_member(w, "username", a->who.name);
    chat_write_member_int(w, "rank", a->who.rank);
    chat_write_member_bool(w, "banned", a->who.state == CHAT_ACCOUNT_BANNED);
    write_time(w, "created_at", a->created);
    write_sockets(w, accounts->sockets, i);
    chat_write_end(w);
}

static void read_prefix(const char **out, asked_t *a)
{
    if (!is_there(a, "prefix"))
        return;
    *out = chat_json_string(chat_json_member(a->b->body, "prefix"), NULL);
    if (!*out)
        invalid(a, "prefix");
}

apr_status_t chat_button_adminlistaccounts(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_account_range_t range = {.room = 0};
    chat_admin_remote_accounts_t accounts;
    chat_writer_t w;
    apr_status_t rv;
    read_number(&range.room, &a, "room", 1, CHAT_ROOM_MAX);
    read_number(&range.after, &a, "after", 0, APR_INT64_MAX);
    read_prefix(&range.prefix, &a);
    range.limit = read_count(&a);
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_accounts(&accounts, b->call, &b->auth, &range);
    if (rv != APR_SUCCESS)
        return rv;
    begin_list(&w, &a, "accounts");
    for (int i = 0; i < accounts.n; i++)
        write_account(&w, &accounts, i);
    return finish_list(&w, accounts.more);
}

static void read_edit(chat_admin_remote_edit_t *out, asked_t *a)
{
    apr_int64_t rank = -1;
    out->banned = -1;
    read_id(&out->id, a);
    read_number(&rank, a, "rank", CHAT_RANK_MEMBER, CHAT_RANK_ADMIN);
    out->rank = (int)rank;
    if (is_there(a, "banned") &&
        !chat_json_boolean(&out->banned, chat_json_member(a->b->body, "banned")))
        invalid(a, "banned");
    if (a->rv == APR_SUCCESS && out->rank < 0 && out->banned < 0)
        a->rv = chat_call_refuse(a->b->call, CHAT_P_MISSING, "rank");
}

apr_status_t chat_button_adminsetaccount(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_admin_remote_edit_t edit;
    chat_admin_remote_accounts_t account;
    chat_writer_t w;
    apr_status_t rv;
    read_edit(&edit, &a);
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_edit(&account, b->call, &b->auth, &edit);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_key(&w, "account");
    write_account(&w, &account, 0);
    return chat_write_finish(&w);
}

/* ---- outbox ---- */

static void write_item(chat_writer_t *w, const chat_outbox_item_t *o)
{
    chat_write_object(w);
    chat_write_member_int(w, "id", o->id);
    chat_write_member_int(w, "room", o->room);
    chat_write_member(w, "kind", o->kind == CHAT_OUTBOX_MAIL ? "mail" : "discord");
    chat_write_member(w, "state", state_names[o->state]);
    chat_write_member_int(w, "attempts", o->attempts);
    write_time(w, "next_at", o->state == CHAT_OUTBOX_WAITING ? o->next : 0);
    chat_write_member(w, "reason", o->reason);
    write_time(w, "created_at", o->created);
    write_time(w, "done_at", o->done);
    chat_write_end(w);
}

static void read_state(chat_outbox_state_t *out, asked_t *a)
{
    const char *name;
    int s = 0;
    *out = CHAT_OUTBOX_STATES;
    if (!is_there(a, "state"))
        return;
    name = chat_json_string(chat_json_member(a->b->body, "state"), NULL);
    while (name && s < CHAT_OUTBOX_STATES && strcmp(name, state_names[s]))
        s++;
    if (!name || s == CHAT_OUTBOX_STATES)
        invalid(a, "state");
    else
        *out = (chat_outbox_state_t)s;
}

apr_status_t chat_button_adminlistoutbox(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_outbox_range_t range = {.before = APR_INT64_MAX};
    chat_admin_remote_outbox_t items;
    chat_writer_t w;
    apr_status_t rv;
    read_state(&range.state, &a);
    read_number(&range.before, &a, "before", 1, APR_INT64_MAX);
    range.limit = read_count(&a);
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_outbox(&items, b->call, &b->auth, &range);
    if (rv != APR_SUCCESS)
        return rv;
    begin_list(&w, &a, "items");
    for (int i = 0; i < items.n; i++)
        write_item(&w, &items.list[i]);
    return finish_list(&w, items.more);
}

apr_status_t chat_button_adminretryoutbox(chat_button_t *b)
{
    asked_t a = {.b = b};
    chat_outbox_item_t item;
    chat_writer_t w;
    apr_int64_t id;
    apr_status_t rv;
    read_id(&id, &a);
    if (refused(&a))
        return a.rv;
    rv = chat_admin_remote_retry(&item, b->call, &b->auth, id);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_key(&w, "item");
    write_item(&w, &item);
    return chat_write_finish(&w);
}

/* ---- networks and emergencies ---- */

static apr_status_t begin_network(chat_act_t *a, chat_text_t *network, chat_button_t *b)
{
    apr_status_t rv = chat_button_act(a, b);
    return rv == APR_SUCCESS ? chat_button_text(network, b, "network") : rv;
}

apr_status_t chat_button_adminbannetwork(chat_button_t *b)
{
    asked_t asked = {.b = b};
    chat_act_t a;
    chat_text_t network;
    chat_writer_t w;
    apr_status_t rv;
    asked.rv = begin_network(&a, &network, b);
    if (refused(&asked))
        return asked.rv;
    rv = chat_network_refuse(&a, network.text);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", "Network banned!");
    chat_write_member(&w, "network", a.entry.target);
    chat_button_time(&w, "until", a.until);
    return chat_write_finish(&w);
}

apr_status_t chat_button_adminunbannetwork(chat_button_t *b)
{
    asked_t asked = {.b = b};
    chat_act_t a;
    chat_text_t network;
    apr_status_t rv;
    asked.rv = begin_network(&a, &network, b);
    if (refused(&asked))
        return asked.rv;
    rv = chat_network_allow(&a, network.text);
    return rv == APR_SUCCESS ? chat_button_say(b, 200, "Network unbanned!") : rv;
}

apr_status_t chat_button_adminlistnetworks(chat_button_t *b)
{
    asked_t asked = {.b = b};
    chat_act_t a;
    chat_networks_t all;
    chat_writer_t w;
    apr_status_t rv;
    asked.rv = chat_button_act(&a, b);
    if (refused(&asked))
        return asked.rv;
    rv = chat_network_all(&all, &a);
    if (rv != APR_SUCCESS)
        return rv;
    begin_list(&w, &asked, "networks");
    for (int i = 0; i < all.n; i++) {
        const chat_refused_t *n = &all.list[i];
        chat_write_object(&w);
        chat_write_member(&w, "network", n->network);
        chat_button_time(&w, "until", n->until);
        chat_write_member(&w, "actor", n->actor);
        chat_write_member(&w, "reason", n->reason);
        chat_button_time(&w, "created_at", n->created);
        chat_write_end(&w);
    }
    chat_write_end(&w);
    return chat_write_finish(&w);
}

apr_status_t chat_button_adminemergency(chat_button_t *b)
{
    asked_t asked = {.b = b};
    chat_act_t a;
    chat_writer_t w;
    apr_status_t rv;
    int on = 0;
    asked.rv = chat_button_act(&a, b);
    if (asked.rv == APR_SUCCESS && !chat_button_has(b, "on"))
        asked.rv = chat_call_refuse(b->call, CHAT_P_MISSING, "on");
    if (is_there(&asked, "on") &&
        !chat_json_boolean(&on, chat_json_member(b->body, "on")))
        invalid(&asked, "on");
    if (refused(&asked))
        return asked.rv;
    rv = chat_emergency_set(&a, on);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_write_member(&w, "message", on ? "Emergency on!" : "Emergency off!");
    chat_write_member_bool(&w, "on", on);
    return chat_write_finish(&w);
}
