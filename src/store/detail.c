/* SPDX-License-Identifier: Apache-2.0 */
/* Details of messages: two statements for a page, however long it is. */
#include "store/detail.h"

#include "base/buffer.h"
#include "store/db.h"

static const char *ids_of(const chat_messages_t *messages, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 256, APR_INT32_MAX, pool);
    for (int i = 0; i < messages->n; i++) {
        chat_buffer_byte(&out, i ? ',' : '[');
        chat_buffer_int(&out, messages->list[i].id);
    }
    chat_buffer_byte(&out, ']');
    return chat_buffer_text(&out);
}

static void read_detail(chat_detail_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    out->edited = chat_sql_int(s, 1);
    out->reply_to = chat_sql_null(s, 3) ? 0 : chat_sql_int(s, 2);
    out->mentions = chat_sql_text(s, 4, NULL, pool);
    out->replies = chat_sql_int(s, 5);
}

/* Both lists go down by id. */
static void share_reactions(chat_detail_t *details, const chat_messages_t *messages,
                            const chat_reactions_t *all)
{
    int at = 0;
    for (int i = 0; i < messages->n && at < all->n; i++) {
        chat_reactions_t *own = &details[i].reactions;
        own->list = &all->list[at];
        while (at < all->n && all->list[at].message == messages->list[i].id)
            at++;
        own->n = (int)(&all->list[at] - own->list);
    }
}

apr_status_t chat_detail_of(chat_detail_t **out, chat_tx_t *tx, apr_int64_t reader,
                            const chat_messages_t *messages, apr_pool_t *pool)
{
    const char *ids = ids_of(messages, pool);
    chat_detail_t *details =
        apr_pcalloc(pool, sizeof(*details) * ((apr_size_t)messages->n + 1));
    chat_reactions_t all;
    chat_stmt_t *s;
    apr_status_t rv;
    *out = details;
    if (!messages->n)
        return APR_SUCCESS;
    s = chat_sql(tx, CHAT_SQL_detail_of, "s", ids);
    for (int i = 0; (rv = chat_sql_row(s)) == APR_SUCCESS;) {
        while (i < messages->n && messages->list[i].id != chat_sql_int(s, 0))
            i++;
        if (i < messages->n)
            read_detail(&details[i], s, pool);
    }
    if (rv == CHAT_NOTFOUND)
        rv = chat_reaction_of(&all, tx, reader, ids, pool);
    if (rv == APR_SUCCESS)
        share_reactions(details, messages, &all);
    return rv;
}
