/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl account ..., token ... */
#include "api/teendevops.h"
#include "base/text.h"
#include "core/admin_local.h"
#include "site.h"

#include <apr_strings.h>
#include <string.h>

static const char *state_name(chat_account_state_t state)
{
    static const char *const names[] = {"pending", "open", "banned", "closed"};
    return names[state];
}

static const chatctl_column_t list_columns[] = {
    {"ID", "id", 1},     {"NAME", "name", 0},    {"STATE", "state", 0},
    {"RANK", "rank", 1}, {"E-MAIL", "email", 0}, {"CREATED", "created_at", 0},
    {NULL, NULL, 0},
};

static const chatctl_column_t show_columns[] = {
    {"id", "id", 1},
    {"uuid", "uuid", 0},
    {"name", "name", 0},
    {"e-mail", "email", 0},
    {"state", "state", 0},
    {"rank", "rank", 1},
    {"created", "created_at", 0},
    {"description", "description", 0},
    {"languages", "languages", 0},
    {"location", "location", 0},
    {"icon", "icon", 0},
    {"color", "color", 0},
    {NULL, NULL, 0},
};

static void show_account(chatctl_t *ctl, const chat_account_t *a)
{
    chatctl_table_t t;
    chatctl_table_begin(&t, ctl, show_columns);
    chatctl_table_int(&t, a->who.id);
    chatctl_table_add(&t, a->who.uuid);
    chatctl_table_add(&t, a->who.name);
    chatctl_table_add(&t, a->email);
    chatctl_table_add(&t, state_name(a->who.state));
    chatctl_table_int(&t, a->who.rank);
    chatctl_table_time(&t, a->created);
    chatctl_table_add(&t, a->description);
    chatctl_table_add(&t, a->languages);
    chatctl_table_add(&t, a->location);
    chatctl_table_add(&t, a->icon);
    chatctl_table_add(&t, apr_psprintf(ctl->pool, "%06x", (unsigned)a->color));
    chatctl_table_show(&t);
}

/* One name and the options; opens the site. */
static int begin(chatctl_site_t *s, chatctl_t *ctl, chatctl_option_t *options,
                 apr_array_header_t **args, long *room)
{
    int rc;
    *room = 1;
    rc = chatctl_arguments(ctl, options, args);
    return rc ? rc : chatctl_site_open(s, ctl, *room);
}

static const char *arg(const apr_array_header_t *args, int i)
{
    return APR_ARRAY_IDX(args, i, const char *);
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

/* PASSWORD: the one that was made up, or NULL. */
static void say_made(chatctl_t *ctl, const chat_account_t *a, const char *password)
{
    const chatctl_member_t members[] = {{"id", NULL, a->who.id},
                                        {"username", a->who.name, 0},
                                        {password ? "password" : NULL, password, 0},
                                        {NULL, NULL, 0}};
    if (password)
        chatctl_say_with(ctl, members, "account %s made, password %s", a->who.name,
                         password);
    else
        chatctl_say_with(ctl, members, "account %s made", a->who.name);
}

static int add(chatctl_t *ctl)
{
    chatctl_site_t s;
    chat_account_t a = {.email = NULL};
    apr_array_header_t *args;
    long room, rank = 0;
    int from_stdin = 0, rc;
    const char *password, *shown = NULL;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {"--email", CHATCTL_TEXT, &a.email},
                                  {"--rank", CHATCTL_NUMBER, &rank},
                                  {"--password-stdin", CHATCTL_FLAG, &from_stdin},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    if (args->nelts != 1 || rank > CHAT_RANK_ADMIN)
        return chatctl_misused(ctl, "one name, and a rank from 0 to %d", CHAT_RANK_ADMIN);
    password =
        from_stdin ? chatctl_read_password(ctl) : (shown = make_password(ctl->pool));
    if (!password)
        return CHATCTL_FAILED;
    a.who.name = arg(args, 0);
    a.who.state = CHAT_ACCOUNT_OPEN;
    a.who.rank = (int)rank;
    rc = chatctl_result(&s, chat_admin_account_add(&a, &s.call, password));
    if (rc)
        return rc;
    say_made(ctl, &a, shown);
    return 0;
}

static int list(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    long room;
    chat_account_t *page;
    apr_int64_t after = 0;
    int n, rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    chatctl_table_begin(&t, ctl, list_columns);
    do {
        rc = chatctl_result(&s, chat_admin_account_list(&page, &n, &s.call, after, 500));
        for (int i = 0; !rc && i < n; i++) {
            chatctl_table_int(&t, page[i].who.id);
            chatctl_table_add(&t, page[i].who.name);
            chatctl_table_add(&t, state_name(page[i].who.state));
            chatctl_table_int(&t, page[i].who.rank);
            chatctl_table_add(&t, page[i].email);
            chatctl_table_time(&t, page[i].created);
            after = page[i].who.id;
        }
    } while (!rc && n == 500);
    if (!rc)
        chatctl_table_print(&t);
    return rc;
}

static int show(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    chat_account_t a;
    long room;
    int rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    if (args->nelts != 1)
        return chatctl_misused(ctl, "one name is needed");
    rc = chatctl_result(&s, chat_admin_account_show(&a, &s.call, arg(args, 0)));
    if (!rc)
        show_account(ctl, &a);
    return rc;
}

static int edit_one(chatctl_site_t *s, const char *name, const chat_admin_edit_t *edit)
{
    chat_account_t a;
    apr_status_t rv;
    if (edit->change == CHAT_ADMIN_PROFILE && !strcmp(edit->field, "languages") &&
        *edit->text && !chat_teendevops_language(edit->text))
        return chatctl_fail("unknown language '%s'; choose one of: %s", edit->text,
                            chat_teendevops_languages(s->ctl->pool));
    rv = chat_admin_account_edit(&a, &s->call, name, edit);
    if (rv == CHAT_REFUSED && s->call.problem.code == CHAT_P_INVALID) {
        if (edit->change == CHAT_ADMIN_BAN)
            return chatctl_fail("%s waits for its activation and cannot be banned; "
                                "`account unban` opens it",
                                name);
    }
    return chatctl_result(s, rv);
}

static int set(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long room;
    int rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (!rc && args->nelts < 2)
        rc = chatctl_misused(ctl, "a name and at least one FIELD=VALUE are needed");
    for (int i = 1; !rc && i < args->nelts; i++) {
        chat_admin_edit_t edit = {.change = CHAT_ADMIN_PROFILE};
        const char *equals = strchr(arg(args, i), '=');
        if (!equals)
            return chatctl_misused(ctl, "'%s' is no FIELD=VALUE", arg(args, i));
        edit.field = apr_pstrmemdup(ctl->pool, arg(args, i), equals - arg(args, i));
        edit.text = equals + 1;
        if (!chat_text_valid(edit.text, strlen(edit.text)))
            return chatctl_fail("the value of %s is not UTF-8", edit.field);
        if (!strcmp(edit.field, "rank")) {
            edit.change = CHAT_ADMIN_RANK;
            if (!chat_text_int64(&edit.number, edit.text))
                edit.number = -1;
        }
        rc = edit_one(&s, arg(args, 0), &edit);
    }
    if (!rc)
        chatctl_say(ctl, "account %s changed", arg(args, 0));
    return rc;
}

static int change(chatctl_t *ctl, chat_admin_change_t what, const char *done)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long room;
    chat_admin_edit_t edit = {.change = what};
    int rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    if (args->nelts != 1)
        return chatctl_misused(ctl, "one name is needed");
    rc = edit_one(&s, arg(args, 0), &edit);
    if (!rc)
        chatctl_say(ctl, done, arg(args, 0));
    return rc;
}

static int ban(chatctl_t *ctl)
{
    return change(ctl, CHAT_ADMIN_BAN,
                  "account %s banned; its sessions and tokens ended");
}

static int unban(chatctl_t *ctl)
{
    return change(ctl, CHAT_ADMIN_UNBAN, "account %s is open");
}

static int delete_account(chatctl_t *ctl)
{
    return change(ctl, CHAT_ADMIN_DELETE, "account %s deleted; the name stays taken");
}

static int revoke_token(chatctl_t *ctl)
{
    return change(ctl, CHAT_ADMIN_REVOKE, "token of %s revoked");
}

static int rank(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long room;
    chat_admin_edit_t edit = {.change = CHAT_ADMIN_RANK};
    int rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    if (args->nelts != 2 || !chat_text_int64(&edit.number, arg(args, 1)))
        return chatctl_misused(ctl, "a name and a rank from 0 to %d are needed",
                               CHAT_RANK_ADMIN);
    rc = edit_one(&s, arg(args, 0), &edit);
    if (!rc)
        chatctl_say(ctl, "account %s has rank %s", arg(args, 0), arg(args, 1));
    return rc;
}

/* PASSWORD: the one that was made up, or NULL. */
static void say_password(chatctl_t *ctl, const char *name, const char *password)
{
    const chatctl_member_t members[] = {{"username", name, 0},
                                        {password ? "password" : NULL, password, 0},
                                        {NULL, NULL, 0}};
    if (password)
        chatctl_say_with(ctl, members, "new password of %s: %s", name, password);
    else
        chatctl_say_with(ctl, members, "password of %s changed", name);
}

static int passwd(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    long room;
    chat_admin_edit_t edit = {.change = CHAT_ADMIN_PASSWORD};
    const char *shown = NULL;
    int from_stdin = 0, rc;
    chatctl_option_t options[] = {{"--room", CHATCTL_NUMBER, &room},
                                  {"--password-stdin", CHATCTL_FLAG, &from_stdin},
                                  {NULL, CHATCTL_FLAG, NULL}};
    rc = begin(&s, ctl, options, &args, &room);
    if (rc)
        return rc;
    if (args->nelts != 1)
        return chatctl_misused(ctl, "one name is needed");
    edit.text =
        from_stdin ? chatctl_read_password(ctl) : (shown = make_password(ctl->pool));
    if (!edit.text)
        return CHATCTL_FAILED;
    rc = edit_one(&s, arg(args, 0), &edit);
    if (!rc)
        say_password(ctl, arg(args, 0), shown);
    return rc;
}

const chatctl_command_t chatctl_account_commands[] = {
    {"account", "add", add,
     "NAME [--room N] [--email ADDRESS] [--rank 0|1|2] [--password-stdin]"},
    {"account", "list", list, "[--room N]"},
    {"account", "show", show, "NAME [--room N]"},
    {"account", "set", set, "NAME FIELD=VALUE... [--room N]"},
    {"account", "passwd", passwd, "NAME [--room N] [--password-stdin]"},
    {"account", "ban", ban, "NAME [--room N]"},
    {"account", "unban", unban, "NAME [--room N]"},
    {"account", "rank", rank, "NAME 0|1|2 [--room N]"},
    {"account", "delete", delete_account, "NAME [--room N]"},
    {"token", "revoke", revoke_token, "NAME [--room N]"},
    {NULL, NULL, NULL, NULL},
};
