/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl account ..., token ... */
#include "api/teendevops.h"
#include "base/text.h"
#include "core/admin_local.h"
#include "moment.h"
#include "print.h"
#include "site.h"
#include "store/search_index.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *state_name(chat_account_state_t state)
{
    static const char *const names[] = {"pending", "open", "banned", "closed"};
    return names[state];
}

static int list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"ID", "id", CHATCTL_NUMBER},      {"NAME", "name", CHATCTL_TEXT},
        {"STATE", "state", CHATCTL_TEXT},  {"RANK", "rank", CHATCTL_NUMBER},
        {"E-MAIL", "email", CHATCTL_TEXT}, {"CREATED (UTC)", "created_at", CHATCTL_TIME},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_account_t *page;
    int n,
        rc = chatctl_result(s, chat_admin_account_list(&page, &n, &s->call, 0, INT_MAX));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < n; i++) {
        const chat_account_t *a = &page[i];
        chatctl_table_row(&t, a->who.id, a->who.name, state_name(a->who.state),
                          (apr_int64_t)a->who.rank, a->email, a->created);
    }
    return rc ? rc : chatctl_table_print(&t);
}

static int show(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"id", "id", CHATCTL_NUMBER},
        {"uuid", "uuid", CHATCTL_TEXT},
        {"name", "name", CHATCTL_TEXT},
        {"e-mail", "email", CHATCTL_TEXT},
        {"state", "state", CHATCTL_TEXT},
        {"rank", "rank", CHATCTL_NUMBER},
        {"created (UTC)", "created_at", CHATCTL_TIME},
        {"description", "description", CHATCTL_TEXT},
        {"languages", "languages", CHATCTL_TEXT},
        {"location", "location", CHATCTL_TEXT},
        {"icon", "icon", CHATCTL_TEXT},
        {"color", "color", CHATCTL_TEXT},
        {"external", "external", CHATCTL_TEXT},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_account_t a;
    int rc = chatctl_result(s, chat_admin_account_show(&a, &s->call, chatctl_arg(s, 0)));
    if (rc)
        return rc;
    chatctl_table_begin(&t, s->ctl, columns);
    chatctl_table_row(&t, a.who.id, a.who.uuid, a.who.name, a.email,
                      state_name(a.who.state), (apr_int64_t)a.who.rank, a.created,
                      a.description, a.languages, a.location, a.icon,
                      apr_psprintf(s->ctl->pool, "%06x", (unsigned)a.color), a.external);
    return chatctl_table_show(&t);
}

/* A password that the rules of every dialect accept. */
static const char *make_password(apr_pool_t *pool)
{
    char text[15];
    chat_random_text(text, 8, "abcdefghijkmnopqrstuvwxyz");
    chat_random_text(text + 8, 2, "ABCDEFGHJKLMNPQRSTUVWXYZ");
    chat_random_text(text + 10, 2, "23456789");
    chat_random_text(text + 12, 2, "!@$%^&*");
    return apr_pstrdup(pool, text);
}

/* The first line of standard input with --password-stdin, else a new one, which *SHOWN
 * gets, too. NULL after a complaint. */
static const char *choose_password(const chatctl_t *ctl, const char **shown)
{
    char line[CHAT_PASSWORD_MAX + 2];
    apr_size_t len;
    *shown = NULL;
    if (!ctl->password_stdin)
        return *shown = make_password(ctl->pool);
    if (!fgets(line, sizeof(line), stdin)) {
        chatctl_fail("no password on standard input");
        return NULL;
    }
    len = strcspn(line, "\r\n");
    if (!len || len > CHAT_PASSWORD_MAX) {
        chatctl_fail("a password has 1 to %d bytes", CHAT_PASSWORD_MAX);
        return NULL;
    }
    return apr_pstrmemdup(ctl->pool, line, len);
}

static int add(chatctl_site_t *s)
{
    chat_account_t a = {.email = s->ctl->email};
    const char *shown, *password;
    int rc;
    if (s->ctl->rank > CHAT_RANK_ADMIN)
        return chatctl_misused(s->ctl, "--rank takes a number from 0 to %d",
                               CHAT_RANK_ADMIN);
    if (!(password = choose_password(s->ctl, &shown)))
        return CHATCTL_FAILED;
    a.who.name = chatctl_arg(s, 0);
    a.who.state = CHAT_ACCOUNT_OPEN;
    a.who.rank = (int)s->ctl->rank;
    rc = chatctl_result(s, chat_admin_account_add(&a, &s->call, password));
    if (!rc) {
        const chatctl_member_t members[] = {{"id", NULL, a.who.id},
                                            {"username", a.who.name, 0},
                                            {shown ? "password" : NULL, shown, 0},
                                            {NULL, NULL, 0}};
        chatctl_say(s->ctl, members, "account %s created%s%s", a.who.name,
                    shown ? ", password " : "", shown ? shown : "");
    }
    return rc;
}

static int edit_one(chatctl_site_t *s, const chat_admin_edit_t *edit)
{
    const char *name = chatctl_arg(s, 0);
    chat_account_t a;
    apr_status_t rv;
    if (edit->change == CHAT_ADMIN_PROFILE && !strcmp(edit->field, "languages") &&
        *edit->text && !chat_teendevops_language(edit->text))
        return chatctl_fail("unknown language '%s'; choose one of: %s", edit->text,
                            chat_teendevops_languages(s->ctl->pool));
    rv = chat_admin_account_edit(&a, &s->call, name, edit);
    if (rv != CHAT_REFUSED || s->call.problem.code != CHAT_P_INVALID)
        return chatctl_result(s, rv);
    if (edit->change == CHAT_ADMIN_BAN)
        return chatctl_fail("%s is not activated yet and cannot be banned; use `account "
                            "unban` to activate it",
                            name);
    if (edit->change == CHAT_ADMIN_RANK)
        return chatctl_fail("a rank is a number from 0 to %d", CHAT_RANK_ADMIN);
    if (!strcmp(edit->field, "color"))
        return chatctl_fail("'%s' is not a color; give six hexadecimal digits, RRGGBB, "
                            "for example ff8800",
                            edit->text);
    return chatctl_fail("%s has no such value or is not a field; `chatctl account set "
                        "--help` lists the fields",
                        edit->field);
}

static int set(chatctl_site_t *s)
{
    int rc = 0;
    for (int i = 1; !rc && i < s->ctl->args->nelts; i++) {
        chat_admin_edit_t edit = {.change = CHAT_ADMIN_PROFILE};
        const char *given = chatctl_arg(s, i), *equals = strchr(given, '=');
        if (!equals)
            return chatctl_misused(s->ctl, "'%s' is not FIELD=VALUE", given);
        edit.field = apr_pstrmemdup(s->ctl->pool, given, equals - given);
        edit.text = equals + 1;
        if (!chat_text_valid(edit.text, strlen(edit.text)))
            return chatctl_fail("the value of %s is not UTF-8", edit.field);
        if (!strcmp(edit.field, "rank")) {
            edit.change = CHAT_ADMIN_RANK;
            if (!chat_text_int64(&edit.number, edit.text))
                edit.number = -1;
        }
        rc = edit_one(s, &edit);
    }
    return rc ? rc : chatctl_say(s->ctl, NULL, "account %s changed", chatctl_arg(s, 0));
}

/* DONE: a format for the account's name. */
static int change(chatctl_site_t *s, chat_admin_change_t what, const char *done)
{
    chat_admin_edit_t edit = {.change = what, .reason = s->ctl->reason};
    apr_time_t until;
    int rc = 0;
    if (s->ctl->until) {
        if (!chatctl_moment(&until, s->ctl->until, s->call.now, 1) ||
            until <= s->call.now)
            return chatctl_misused(s->ctl, "--until takes " CHATCTL_TIMES_AHEAD);
        edit.seconds = apr_time_sec(until - s->call.now + APR_USEC_PER_SEC / 2);
    }
    rc = edit_one(s, &edit);
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%s",
                            apr_psprintf(s->ctl->pool, done, chatctl_arg(s, 0)));
}

static int ban(chatctl_site_t *s)
{
    return change(s, CHAT_ADMIN_BAN, "account %s banned; its sessions and tokens ended");
}

static int unban(chatctl_site_t *s)
{
    return change(s, CHAT_ADMIN_UNBAN, "account %s is open");
}

static int delete_account(chatctl_site_t *s)
{
    return change(s, CHAT_ADMIN_DELETE, "account %s deleted; the name stays taken");
}

/* The words of what is gone leave the index before the file is written again. */
static int erase(chatctl_site_t *s)
{
    const char *erased, *why = "";
    int more = 1,
        rc = chatctl_result(s, chat_admin_account_erase(
                                   &erased, &s->call, chatctl_arg(s, 0), s->ctl->texts));
    apr_status_t rv = APR_SUCCESS;
    if (rc)
        return rc;
    while (rv == APR_SUCCESS && more)
        rv = chat_search_fill(&more, s->site.store, 1);
    if (rv != APR_SUCCESS)
        return chatctl_result(s, rv);
    rv = chat_store_compact(&s->database, &why, s->ctl->pool);
    return rv == APR_SUCCESS
               ? chatctl_say(s->ctl, NULL, "account %s erased; it is %s now",
                             chatctl_arg(s, 0), erased)
               : chatctl_fail(
                     "account %s erased, it is %s now; but the database still has "
                     "old bytes, erase %s again: %s",
                     chatctl_arg(s, 0), erased, erased, why);
}

static int revoke_token(chatctl_site_t *s)
{
    return change(s, CHAT_ADMIN_REVOKE, "token of %s revoked");
}

static int rank(chatctl_site_t *s)
{
    chat_admin_edit_t edit = {.change = CHAT_ADMIN_RANK};
    int rc;
    if (!chat_text_int64(&edit.number, chatctl_arg(s, 1)))
        return chatctl_misused(s->ctl, "a rank is a number from 0 to %d",
                               CHAT_RANK_ADMIN);
    rc = edit_one(s, &edit);
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "account %s has rank %s", chatctl_arg(s, 0),
                            chatctl_arg(s, 1));
}

static int passwd(chatctl_site_t *s)
{
    const char *name = chatctl_arg(s, 0), *shown;
    chat_admin_edit_t edit = {.change = CHAT_ADMIN_PASSWORD};
    int rc;
    if (!(edit.text = choose_password(s->ctl, &shown)))
        return CHATCTL_FAILED;
    rc = edit_one(s, &edit);
    if (!rc) {
        const chatctl_member_t members[] = {{"username", name, 0},
                                            {shown ? "password" : NULL, shown, 0},
                                            {NULL, NULL, 0}};
        if (shown)
            chatctl_say(s->ctl, members, "new password of %s: %s", name, shown);
        else
            chatctl_say(s->ctl, members, "password of %s changed", name);
    }
    return rc;
}

#define W CHATCTL_WRITES
#define R CHATCTL_READS

/* clang-format off */
const chatctl_command_t chatctl_account_commands[] = {
    {"account", "add", add, "NAME [--room N] [--email ADDRESS] [--rank 0|1|2] [--password-stdin]", 1, 1, W,
     "create an account; a password is generated and shown",
     "  --rank            0 member, 1 moderator, 2 administrator\n"
     "  --password-stdin  the password is the first line of standard input\n"},
    {"account", "list", list, "[--room N]", 0, 0, R, "list the accounts", NULL},
    {"account", "show", show, "NAME [--room N]", 1, 1, R, "show an account with its profile", NULL},
    {"account", "set", set, "NAME FIELD=VALUE... [--room N]", 2, -1, W, "change the profile of an account",
     "  description, location, icon, email  any text; empty clears it\n"
     "  languages                           a language that the teendevops API knows\n"
     "  color                               six hexadecimal digits, RRGGBB, for example ff8800\n"
     "  external                            user:NAME or sub:ID, the site's user whose account it is\n"
     "  rank                                0 member, 1 moderator, 2 administrator\n"},
    {"account", "passwd", passwd, "NAME [--room N] [--password-stdin]", 1, 1, W,
     "set a new password; ends sessions, tokens and open sockets",
     "  --password-stdin  the password is the first line of standard input\n"},
    {"account", "ban", ban, "NAME [--room N] [--until TIME] [--reason TEXT]", 1, 1, W,
     "ban an account; ends its sessions, tokens and sockets",
     "  --until  " CHATCTL_TIMES_AHEAD "; without it the ban has no end\n"},
    {"account", "unban", unban, "NAME [--room N]", 1, 1, W, "end a ban, or activate a sign-up", NULL},
    {"account", "rank", rank, "NAME 0|1|2 [--room N]", 2, 2, W, "set the rank: member (0), moderator (1) or administrator (2)", NULL},
    {"account", "delete", delete_account, "NAME [--room N]", 1, 1, W, "delete an account; name and messages stay", NULL},
    {"account", "erase", erase, "NAME [--texts] [--room N]", 1, 1, W, "delete an account and its name everywhere, down to the bytes of the database",
     "  --texts  its messages, too\n"},
    {"token", "revoke", revoke_token, "NAME [--room N]", 1, 1, W, "revoke the Button API token of an account", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
