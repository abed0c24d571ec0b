/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl outbox ... */
#include "base/text.h"
#include "core/admin_local.h"
#include "print.h"
#include "site.h"

#include <limits.h>

static void add_row(chatctl_table_t *t, const chat_outbox_item_t *o)
{
    static const char *const kinds[] = {"?", "webhook", "channel", "person", "mail"};
    static const char *const states[] = {"waiting", "delivered", "given-up", "no-target"};
    chatctl_table_row(t, o->id, kinds[o->kind > CHAT_OUTBOX_MAIL ? 0 : o->kind],
                      o->account_name, states[o->state], (apr_int64_t)o->attempts,
                      o->state == CHAT_OUTBOX_WAITING ? o->next : 0, o->reason,
                      o->created);
}

static int list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"ID", "id", CHATCTL_NUMBER},
        {"KIND", "kind", CHATCTL_TEXT},
        {"ACCOUNT", "account", CHATCTL_TEXT},
        {"STATE", "state", CHATCTL_TEXT},
        {"ATTEMPTS", "attempts", CHATCTL_NUMBER},
        {"NEXT (UTC)", "next_at", CHATCTL_TIME},
        {"REASON", "reason", CHATCTL_TEXT},
        {"CREATED (UTC)", "created_at", CHATCTL_TIME},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_outbox_item_t *items;
    int n,
        rc = chatctl_result(s, chat_admin_outbox_list(&items, &n, &s->call, 0, INT_MAX));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < n; i++)
        add_row(&t, &items[i]);
    return rc ? rc : chatctl_table_print(&t);
}

static int retry(chatctl_site_t *s)
{
    apr_int64_t id;
    int rc;
    if (!chat_text_int64(&id, chatctl_arg(s, 0)))
        return chatctl_misused(s->ctl, "the number of an item is needed");
    rc = chatctl_result(s, chat_admin_outbox_retry(&s->call, id));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "item %" APR_INT64_T_FMT " waits again", id);
}

/* clang-format off */
const chatctl_command_t chatctl_outbox_commands[] = {
    {"outbox", "list", list, "", 0, 0, CHATCTL_READS, "list mails and Discord messages that are not delivered", NULL},
    {"outbox", "retry", retry, "ID", 1, 1, CHATCTL_WRITES, "try to deliver a failed item again", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
