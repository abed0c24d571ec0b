/* SPDX-License-Identifier: Apache-2.0 */
/* chatctl copy */
#include "store/copy.h"

#include "base/status.h"
#include "owner.h"
#include "print.h"
#include "site.h"
#include "store/incoming.h"

#include <apr_strings.h>
#include <string.h>

/* The chatroom that a new database has makes place; one that is in use is from an earlier
 * attempt. */
static apr_status_t make_place(chat_tx_t *tx, void *baton)
{
    apr_status_t rv = chat_incoming_place(tx, 1);
    (void)baton;
    return rv == CHAT_CONFLICT ? CHAT_REFUSED : rv;
}

static int open_other(chatctl_site_t *to, const char *name)
{
    apr_pool_t *pool = to->ctl->pool;
    const char *why, *colon = strchr(name, ':');
    if (!colon)
        return chatctl_misused(to->ctl, "copy takes DRIVER:PARAMS");
    if (chat_database_parse(&to->database, &why, apr_pstrmemdup(pool, name, colon - name),
                            colon + 1, pool) != APR_SUCCESS ||
        (to->database.file && (why = chatctl_owner_become(to->database.file, pool))) ||
        chat_store_migrate(&to->database, -1, -1, &why, pool) != APR_SUCCESS)
        return chatctl_fail("%s", why);
    return chatctl_site_connect(to, CHATCTL_WRITES, pool);
}

static apr_status_t walk(chat_copy_t *c, chatctl_site_t *s, chat_store_t *to, int add)
{
    chat_tx_t *tx;
    apr_status_t rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS)
        rv = chat_store_copy(c, tx, to, add, s->ctl->pool);
    return chat_store_end(tx, rv);
}

static int name_differences(const chat_copy_t *c)
{
    char *rest, *line, *text = c->first;
    for (; (line = apr_strtok(text, "\n", &rest)); text = NULL)
        chatctl_fail("%s", line);
    return chatctl_fail("%" APR_INT64_T_FMT " rows differ; if the site was written to "
                        "meanwhile, begin again with an empty database",
                        c->differences);
}

/* The second walk is of another snapshot: what was written meanwhile is a difference. */
static int copy(chatctl_site_t *s)
{
    chatctl_site_t to = *s;
    chat_copy_t copied = {0}, compared = {0};
    apr_status_t rv;
    int rc = open_other(&to, chatctl_arg(s, 0));
    if (rc)
        return rc;
    if (chat_database_same(&s->database, &to.database))
        return chatctl_fail("that is the database itself");
    rv = chat_store_write(to.site.store, make_place, NULL);
    if (rv == APR_SUCCESS || rv == CHAT_REFUSED)
        rv = walk(&copied, s, to.site.store, 1);
    if (rv == APR_SUCCESS)
        rv = walk(&compared, s, to.site.store, 0);
    if (rv != APR_SUCCESS)
        return chatctl_fail("the copy is not complete (%s); run the command again, it "
                            "goes on",
                            rv == CHAT_LOST ? "a database was lost" : "a row is refused");
    if (compared.differences)
        return name_differences(&compared);
    return chatctl_say(s->ctl, NULL,
                       "%" APR_INT64_T_FMT " rows are the same, %" APR_INT64_T_FMT
                       " of them copied now",
                       compared.rows, copied.added);
}

/* clang-format off */
const chatctl_command_t chatctl_copy_commands[] = {
    {"copy", NULL, copy, "DRIVER:PARAMS", 1, 1, CHATCTL_READS,
     "copy everything into another database, and compare each row",
     "  DRIVER:PARAMS  an empty database, or one where a copy was interrupted\n"},
    {NULL, NULL, NULL, NULL, 0, 0, CHATCTL_NONE, NULL, NULL},
};
/* clang-format on */
