/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl backup, check, stats, outbox ... */
#include "base/text.h"
#include "core/admin_local.h"
#include "site.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const chatctl_option_t no_options[] = {{NULL, CHATCTL_FLAG, NULL}};

/* Nobody but the owner reads a backup: it holds every message and, on request, the
 * secret. */
static int make_private(const char *file)
{
    int fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return chatctl_fail("cannot make %s: %s", file, strerror(errno));
    close(fd);
    return 0;
}

static int backup(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    const char *file, *secret;
    int with_secret = 0, rc;
    const chatctl_option_t options[] = {{"--with-secret", CHATCTL_FLAG, &with_secret},
                                        {NULL, CHATCTL_FLAG, NULL}};
    rc = chatctl_site_begin(&s, ctl, options, &args, 1);
    if (rc)
        return rc;
    file = APR_ARRAY_IDX(args, 0, const char *);
    secret = apr_pstrcat(ctl->pool, file, ".secret", NULL);
    if (!s.database.file)
        return chatctl_fail("a PostgreSQL database is backed up with pg_dump");
    if (with_secret)
        rc = chatctl_site_secret(&s);
    if (!rc)
        rc = make_private(file);
    if (!rc)
        rc = chatctl_result(&s, chat_store_backup(s.site.store, file, ctl->pool));
    if (!rc && with_secret) {
        rc = make_private(secret);
        if (!rc &&
            apr_file_copy(s.secret_file, secret, APR_FPROT_UREAD | APR_FPROT_UWRITE,
                          ctl->pool) != APR_SUCCESS)
            rc = chatctl_fail("the secret cannot be copied to %s", secret);
    }
    if (rc)
        return rc;
    if (with_secret)
        chatctl_say(ctl, "copied to %s, the secret to %s", file, secret);
    else
        chatctl_say(ctl, "copied to %s; without the secret %s no token of it is valid",
                    file, s.secret_file);
    return 0;
}

static int check(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    const char *findings = "";
    int rc = chatctl_site_begin(&s, ctl, no_options, &args, 0);
    if (!rc)
        rc = chatctl_result(&s, chat_store_check(&findings, s.site.store, ctl->pool));
    if (rc)
        return rc;
    if (*findings) {
        fputs(findings, stderr);
        return chatctl_fail("the database is damaged");
    }
    chatctl_say(ctl, "the database is sound");
    return 0;
}

static const chatctl_column_t stats_columns[] = {
    {"chatrooms", "chatrooms", 1},   {"accounts", "accounts", 1},
    {"channels", "channels", 1},     {"messages", "messages", 1},
    {"outbox", "outbox_waiting", 1}, {"given up", "outbox_given_up", 1},
    {"bytes", "bytes", 1},           {NULL, NULL, 0},
};

static int stats(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    chat_admin_stats_t n;
    int rc = chatctl_site_begin(&s, ctl, no_options, &args, 0);
    if (!rc)
        rc = chatctl_result(&s, chat_admin_stats(&n, &s.call));
    if (rc)
        return rc;
    chatctl_table_begin(&t, ctl, stats_columns);
    chatctl_table_int(&t, n.all.rooms);
    chatctl_table_int(&t, n.all.accounts);
    chatctl_table_int(&t, n.all.channels);
    chatctl_table_int(&t, n.all.messages);
    chatctl_table_int(&t, n.outbox[CHAT_OUTBOX_WAITING]);
    chatctl_table_int(&t, n.outbox[CHAT_OUTBOX_GIVEN_UP]);
    chatctl_table_int(&t, n.all.bytes);
    chatctl_table_show(&t);
    return 0;
}

static const chatctl_column_t outbox_columns[] = {
    {"ID", "id", 1},         {"KIND", "kind", 0},          {"ACCOUNT", "account", 0},
    {"STATE", "state", 0},   {"ATTEMPTS", "attempts", 1},  {"NEXT", "next_at", 0},
    {"REASON", "reason", 0}, {"CREATED", "created_at", 0}, {NULL, NULL, 0},
};

static void add_item(chatctl_table_t *t, const chat_outbox_item_t *o)
{
    static const char *const kinds[] = {"?", "webhook", "channel", "person", "mail"};
    static const char *const states[] = {"waiting", "delivered", "given-up", "no-target"};
    chatctl_table_int(t, o->id);
    chatctl_table_add(t, kinds[o->kind > CHAT_OUTBOX_MAIL ? 0 : o->kind]);
    chatctl_table_add(t, o->account_name);
    chatctl_table_add(t, states[o->state]);
    chatctl_table_int(t, o->attempts);
    chatctl_table_time(t, o->state == CHAT_OUTBOX_WAITING ? o->next : 0);
    chatctl_table_add(t, o->reason);
    chatctl_table_time(t, o->created);
}

static int outbox_list(chatctl_t *ctl)
{
    chatctl_site_t s;
    chatctl_table_t t;
    apr_array_header_t *args;
    chat_outbox_item_t *items;
    apr_int64_t after = 0;
    int n = 0, rc = chatctl_site_begin(&s, ctl, no_options, &args, 0);
    chatctl_table_begin(&t, ctl, outbox_columns);
    while (!rc) {
        rc = chatctl_result(&s, chat_admin_outbox_list(&items, &n, &s.call, after, 500));
        for (int i = 0; !rc && i < n; i++) {
            add_item(&t, &items[i]);
            after = items[i].id;
        }
        if (n < 500)
            break;
    }
    if (!rc)
        chatctl_table_print(&t);
    return rc;
}

static int outbox_retry(chatctl_t *ctl)
{
    chatctl_site_t s;
    apr_array_header_t *args;
    apr_int64_t id;
    int rc = chatctl_site_begin(&s, ctl, no_options, &args, 1);
    if (rc)
        return rc;
    if (!chat_text_int64(&id, APR_ARRAY_IDX(args, 0, const char *)))
        return chatctl_misused(ctl, "the number of an item is needed");
    rc = chatctl_result(&s, chat_admin_outbox_retry(&s.call, id));
    if (!rc)
        chatctl_say(ctl, "item %" APR_INT64_T_FMT " waits again", id);
    return rc;
}

const chatctl_command_t chatctl_database_commands[] = {
    {"outbox", "list", outbox_list, ""},
    {"outbox", "retry", outbox_retry, "ID"},
    {"backup", NULL, backup, "FILE [--with-secret]"},
    {"check", NULL, check, ""},
    {"stats", NULL, stats, ""},
    {NULL, NULL, NULL, NULL},
};
