/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of searching. */
#include "core/search.h"

#include "base/name.h"
#include "base/text.h"
#include "core/channels.h"
#include "core/message_find.h"
#include "core/policy.h"
#include "store/message_time.h"
#include "store/search.h"

#include <apr_strings.h>
#include <stdlib.h>

typedef struct searching_t {
    chat_call_t *call;
    const chat_wanted_t *wanted;
    chat_reading_t *out;
    chat_tx_t *tx;
    chat_query_t query;
    chat_search_t search;
    chat_founds_t found;
} searching_t;

/* ---- where and by whom ---- */

static apr_status_t find_account(apr_int64_t *id, searching_t *s, const char *name,
                                 const char *field)
{
    apr_pool_t *pool = s->call->pool;
    chat_identity_t other = {0};
    apr_status_t rv = chat_identity_by_name(&other, s->tx, s->search.room,
                                            chat_name_fold(name, pool), pool);
    *id = other.id;
    return rv == CHAT_NOTFOUND ? chat_call_refuse(s->call, CHAT_P_NO_ACCOUNT, field) : rv;
}

static apr_status_t find_channel(searching_t *s, chat_channels_t *all)
{
    chat_channel_t *ch = apr_palloc(s->call->pool, sizeof(*ch));
    const chat_identity_t *who = &s->out->reader;
    apr_status_t rv = chat_channel_find(ch, s->call, s->tx, who, s->wanted->channel);
    if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, who, ch, 0))
        return chat_call_refuse(s->call, CHAT_P_NO_READ, "name");
    *all = (chat_channels_t){ch, 1};
    return rv;
}

static apr_status_t find_places(searching_t *s)
{
    chat_channels_t all = {0};
    apr_int64_t *ids;
    apr_status_t rv;
    if (s->wanted->username) {
        s->search.direct = 1;
        return find_account(&s->search.peer, s, s->wanted->username, "username");
    }
    if (s->wanted->channel) {
        rv = find_channel(s, &all);
    }
    else {
        s->search.direct = s->search.announcements = 1;
        rv = chat_channels_readable(&all, s->tx, &s->out->reader, s->call->pool);
    }
    ids = apr_palloc(s->call->pool, sizeof(*ids) * ((apr_size_t)all.n + 1));
    for (int i = 0; rv == APR_SUCCESS && i < all.n; i++)
        ids[i] = all.list[i].id;
    s->search.channels = ids;
    s->search.n_channels = rv == APR_SUCCESS ? all.n : 0;
    return rv;
}

static void end_before(chat_search_t *search, apr_int64_t number)
{
    apr_int64_t id = CHAT_ROW_ID(search->room, number);
    if (number && id < search->end)
        search->end = id;
}

/* By time `before` is a bound like the others. */
static apr_status_t find_times(searching_t *s)
{
    const chat_wanted_t *w = s->wanted;
    apr_int64_t room = s->search.room;
    apr_status_t rv = APR_SUCCESS;
    s->search.first = CHAT_ROW_ID(room, 0);
    s->search.end = CHAT_ROW_ID(room + 1, 0);
    if (w->since)
        rv = chat_said_since(&s->search.first, s->tx, room, w->since);
    if (rv == APR_SUCCESS && w->until)
        rv = chat_said_since(&s->search.end, s->tx, room, w->until);
    end_before(&s->search, w->older);
    if (w->by_time)
        end_before(&s->search, w->before);
    return rv;
}

/* ---- the page ---- */

static int best_first(const void *a, const void *b)
{
    const chat_found_t *x = a, *y = b;
    if (x->score != y->score)
        return y->score - x->score;
    return (x->id < y->id) - (x->id > y->id);
}

/* *FIRST is where the page begins among what was found. */
static apr_status_t rank(int *first, searching_t *s)
{
    chat_founds_t *f = &s->found;
    apr_int64_t before = CHAT_ROW_ID(s->search.room, s->wanted->before);
    *first = 0;
    if (s->wanted->by_time)
        return APR_SUCCESS;
    qsort(f->list, (apr_size_t)f->n, sizeof(*f->list), best_first);
    if (!s->wanted->before)
        return APR_SUCCESS;
    while (*first < f->n && f->list[*first].id != before)
        ++*first;
    return ++*first > f->n ? chat_call_refuse(s->call, CHAT_P_NO_MESSAGE, "before")
                           : APR_SUCCESS;
}

/* Moves S over N characters. */
static const char *skip(const char *s, const char *end, apr_uint32_t n)
{
    while (n-- && s < end)
        chat_text_next(&s, end);
    return s;
}

/* 0: the text no longer has what was looked for. */
static int make_snippet(chat_snippet_t *out, const searching_t *s,
                        const chat_message_t *m)
{
    apr_pool_t *pool = s->call->pool;
    const char *end = m->body + m->body_len, *from;
    chat_hits_t hits[CHAT_QUERY_TERMS];
    apr_uint32_t start;
    int n;
    chat_query_hits(hits, &s->query, m->body, m->body_len, pool);
    if (!chat_query_score(&s->query, hits))
        return 0;
    out->marks = chat_query_marks(&n, &s->query, hits, pool);
    start = out->marks->start;
    start = start > CHAT_SNIPPET_BEFORE && skip(m->body, end, CHAT_SNIPPET_LENGTH) < end
                ? start - CHAT_SNIPPET_BEFORE
                : 0;
    from = skip(m->body, end, start);
    out->text = from;
    out->len = (apr_size_t)(skip(from, end, CHAT_SNIPPET_LENGTH) - from);
    for (out->n = 0; out->n < n; out->n++) {
        chat_mark_span_t *mark = &out->marks[out->n];
        mark->start -= start;
        if (mark->start >= CHAT_SNIPPET_LENGTH)
            break;
        if (mark->start + mark->length > CHAT_SNIPPET_LENGTH)
            mark->length = CHAT_SNIPPET_LENGTH - mark->start;
    }
    return 1;
}

static int is_readable(const searching_t *s, const chat_message_t *m)
{
    for (int i = 0; i < s->search.n_channels; i++) {
        if (s->search.channels[i] == m->channel)
            return 1;
    }
    return !m->channel;
}

/* Puts one message of the page UNSORTED to the end of OUT's, if it is still what was
 * found. */
static void add_message(searching_t *s, const chat_messages_t *page,
                        const chat_detail_t *details, apr_int64_t id)
{
    chat_reading_t *out = s->out;
    int at = out->messages.n;
    for (int i = 0; i < page->n; i++) {
        const chat_message_t *m = &page->list[i];
        if (m->id != id || !is_readable(s, m) || !make_snippet(&out->snippets[at], s, m))
            continue;
        out->messages.list[at] = *m;
        out->details[at] = details[i];
        out->messages.n++;
    }
}

static apr_status_t read_page(searching_t *s, const chat_found_t *list, int n)
{
    apr_pool_t *pool = s->call->pool;
    chat_reading_t *out = s->out;
    chat_messages_t page;
    chat_detail_t *details;
    apr_status_t rv = chat_search_messages(&page, s->tx, out->reader.id, list, n, pool);
    if (rv == APR_SUCCESS)
        rv = chat_detail_of(&details, s->tx, out->reader.id, &page, pool);
    if (rv != APR_SUCCESS)
        return rv;
    out->messages.list = apr_palloc(pool, sizeof(chat_message_t) * ((apr_size_t)n + 1));
    out->details = apr_palloc(pool, sizeof(chat_detail_t) * ((apr_size_t)n + 1));
    out->snippets = apr_palloc(pool, sizeof(chat_snippet_t) * ((apr_size_t)n + 1));
    while (n--)
        add_message(s, &page, details, list[n].id);
    return APR_SUCCESS;
}

/* ---- all of it ---- */

/* The pages of a search end at one place, those of another one elsewhere. */
static apr_uint64_t seed_of(const searching_t *s)
{
    const chat_wanted_t *w = s->wanted;
    apr_pool_t *pool = s->call->pool;
    const char *numbers =
        apr_psprintf(pool,
                     "search %" APR_INT64_T_FMT " %" APR_INT64_T_FMT " %" APR_INT64_T_FMT
                     " %" APR_INT64_T_FMT " %d",
                     s->out->reader.id, w->since, w->until, w->older, w->by_time);
    const char *text =
        apr_pstrcat(pool, numbers, "\n", w->channel ? w->channel : "", "\n",
                    w->username ? w->username : "", "\n", w->sender ? w->sender : "",
                    "\n", apr_pstrmemdup(pool, w->query.text, w->query.len), NULL);
    return chat_hash_short(&s->call->site->secret, text, strlen(text)) | 1;
}

static apr_status_t run(searching_t *s)
{
    apr_status_t rv;
    int first = 0, n;
    s->search.room = s->out->reader.room;
    s->search.reader = s->out->reader.id;
    s->search.work = CHAT_SEARCH_WORK;
    s->search.seed = seed_of(s);
    s->search.limit = s->wanted->by_time ? s->wanted->count : CHAT_SEARCH_RANKED;
    rv = find_places(s);
    if (rv == APR_SUCCESS && s->wanted->sender)
        rv = find_account(&s->search.author, s, s->wanted->sender, "sender");
    if (rv == APR_SUCCESS)
        rv = find_times(s);
    if (rv == APR_SUCCESS)
        rv = chat_search_find(&s->found, s->tx, &s->search, s->call->pool);
    if (rv == CHAT_TOOBIG)
        return chat_call_refuse(s->call, CHAT_P_BROAD, "query");
    if (rv == APR_SUCCESS)
        rv = rank(&first, s);
    if (rv != APR_SUCCESS)
        return rv;
    n = s->found.n - first;
    return read_page(s, s->found.list + first,
                     n < s->wanted->count ? n : s->wanted->count);
}

apr_status_t chat_messages_search(chat_reading_t *out, apr_int64_t *older, chat_call_t *c,
                                  const chat_auth_t *auth, const chat_wanted_t *wanted)
{
    searching_t *s = apr_pcalloc(c->pool, sizeof(*s));
    apr_status_t rv;
    s->call = c;
    s->wanted = wanted;
    s->out = out;
    s->search.query = &s->query;
    switch (chat_query_parse(&s->query, wanted->query.text, wanted->query.len, c->pool)) {
    case CHAT_QUERY_LONG:
        return chat_refuse_number(&c->problem, CHAT_P_TOO_LARGE, CHAT_QUERY_BYTES);
    case CHAT_QUERY_EMPTY:
        return chat_call_refuse(c, CHAT_P_QUERY, "query");
    case CHAT_QUERY_OK:
        break;
    }
    memset(out, 0, sizeof(*out));
    rv = chat_auth_begin(&out->reader, &s->tx, c, auth);
    if (rv == APR_SUCCESS)
        rv = run(s);
    *older = CHAT_ROW_NUMBER(s->found.older);
    rv = chat_store_end(s->tx, rv);
    if (rv == APR_SUCCESS)
        CHAT_OBSERVE(c->site->metrics, search, TIME, 0, apr_time_now() - c->now);
    return rv;
}
