/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl discord ... */
#include "core/admin_local.h"
#include "print.h"
#include "site.h"

#include <string.h>

#define ID_MAX 20 /* digits of a Discord id */

static int link_account(chatctl_site_t *s)
{
    const chat_link_t link = {.name = chatctl_arg(s, 1),
                              .discord_id = chatctl_arg(s, 2),
                              .person = s->ctl->person};
    apr_size_t len = strlen(link.discord_id);
    int rc;
    if (!len || len > ID_MAX || strspn(link.discord_id, "0123456789") != len)
        return chatctl_misused(s->ctl, "a Discord id is a number");
    rc = chatctl_result(s, chat_admin_discord_link(&s->call, chatctl_arg(s, 0), &link));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%s may send to %s", chatctl_arg(s, 0),
                            link.name);
}

static int unlink_account(chatctl_site_t *s)
{
    const char *account = chatctl_arg(s, 0), *name = chatctl_arg(s, 1);
    int rc = chatctl_result(s, chat_admin_discord_unlink(&s->call, account, name));
    return rc ? rc
              : chatctl_say(s->ctl, NULL, "%s may no longer send to %s", account, name);
}

static int list(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"ACCOUNT", "account", CHATCTL_TEXT}, {"NAME", "name", CHATCTL_TEXT},
        {"KIND", "kind", CHATCTL_TEXT},       {"DISCORD ID", "discord_id", CHATCTL_TEXT},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_link_t *links;
    int n, rc = chatctl_result(s, chat_admin_discord_list(&links, &n, &s->call));
    chatctl_table_begin(&t, s->ctl, columns);
    for (int i = 0; !rc && i < n; i++)
        chatctl_table_row(&t, links[i].account_name, links[i].name,
                          links[i].person ? "person" : "channel", links[i].discord_id);
    return rc ? rc : chatctl_table_print(&t);
}

/* clang-format off */
const chatctl_command_t chatctl_discord_commands[] = {
    {"discord", "link", link_account, "ACCOUNT NAME DISCORD-ID [--person] [--room N]", 3, 3, CHATCTL_WRITES,
     "let an account send to a Discord channel or person under a name", NULL},
    {"discord", "unlink", unlink_account, "ACCOUNT NAME [--room N]", 2, 2, CHATCTL_WRITES, "revoke that permission", NULL},
    {"discord", "list", list, "[--room N]", 0, 0, CHATCTL_READS, "list these links", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
