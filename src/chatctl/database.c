/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl check, stats, reindex */
#include "core/admin_local.h"
#include "print.h"
#include "site.h"
#include "store/check.h"
#include "store/search_index.h"
#include "store/skeleton.h"

#include <apr_strings.h>
#include <string.h>

/* Names that look like another are no damage. */
static int sound(chatctl_site_t *s)
{
    const char *alike = "";
    int rc = chatctl_result(s, chat_skeleton_alike(&alike, s->site.store, s->ctl->pool));
    if (rc || !*alike)
        return rc ? rc : chatctl_say(s->ctl, NULL, "the database is sound");
    alike = apr_pstrmemdup(s->ctl->pool, alike, strlen(alike) - 1);
    return chatctl_say(s->ctl, NULL, "the database is sound; names that look alike:\n%s",
                       alike);
}

static int check(chatctl_site_t *s)
{
    const char *findings = "", *index = "";
    char *rest, *line;
    apr_status_t rv = chat_store_check(&findings, s->site.store, 1, s->ctl->pool);
    if (rv != APR_SUCCESS && rv != CHAT_BROKEN)
        return chatctl_result(s, rv);
    if (rv == APR_SUCCESS && !*findings) {
        rv = chat_search_check(&index, s->site.store, s->ctl->pool);
        if (rv != APR_SUCCESS)
            return chatctl_result(s, rv);
        if (*index)
            return chatctl_fail("%s", index);
    }
    if (rv == APR_SUCCESS && !*findings)
        return sound(s);
    for (line = apr_pstrdup(s->ctl->pool, findings);
         (line = apr_strtok(line, "\n", &rest)); line = NULL)
        chatctl_fail("%s", line);
    return chatctl_fail("the database is damaged; stop the server and restore a backup "
                        "with `chatctl restore FILE`");
}

static int reindex(chatctl_site_t *s)
{
    chat_search_totals_t n;
    int more = 1;
    apr_status_t rv = chat_search_drop(s->site.store);
    while (rv == APR_SUCCESS && more)
        rv = chat_search_fill(&more, s->site.store, 1);
    if (rv == APR_SUCCESS)
        rv = chat_search_totals(&n, s->site.store);
    if (rv != APR_SUCCESS)
        return chatctl_result(s, rv);
    return chatctl_say(s->ctl, NULL,
                       "the index has %" APR_INT64_T_FMT " blocks and %" APR_INT64_T_FMT
                       " lists of words",
                       n.blocks, n.postings);
}

static int stats(chatctl_site_t *s)
{
    static const chatctl_column_t columns[] = {
        {"chatrooms", "chatrooms", CHATCTL_NUMBER},
        {"accounts", "accounts", CHATCTL_NUMBER},
        {"channels", "channels", CHATCTL_NUMBER},
        {"messages", "messages", CHATCTL_NUMBER},
        {"outbox", "outbox_waiting", CHATCTL_NUMBER},
        {"given up", "outbox_given_up", CHATCTL_NUMBER},
        {"bytes", "bytes", CHATCTL_NUMBER},
        {NULL, NULL, CHATCTL_TEXT},
    };
    chatctl_table_t t;
    chat_admin_stats_t n;
    int rc = chatctl_result(s, chat_admin_stats(&n, &s->call));
    if (rc)
        return rc;
    chatctl_table_begin(&t, s->ctl, columns);
    chatctl_table_row(&t, n.all.rooms, n.all.accounts, n.all.channels, n.all.messages,
                      n.outbox[CHAT_OUTBOX_WAITING], n.outbox[CHAT_OUTBOX_GIVEN_UP],
                      n.all.bytes);
    return chatctl_table_show(&t);
}

/* clang-format off */
const chatctl_command_t chatctl_database_commands[] = {
    {"check", NULL, check, "", 0, 0, CHATCTL_READS, "check the integrity of the database", NULL},
    {"reindex", NULL, reindex, "", 0, 0, CHATCTL_WRITES, "write the index of words again", NULL},
    {"stats", NULL, stats, "", 0, 0, CHATCTL_READS, "count chatrooms, accounts, channels, messages and bytes", NULL},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
