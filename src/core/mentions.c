/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a text mentions. */
#include "core/mentions.h"

#include "base/bounds.h"
#include "base/name.h"
#include "base/text.h"
#include "core/policy.h"
#include "store/chatroom.h"
#include "store/mention.h"

#include <apr_strings.h>
#include <string.h>

/* Spaces that a mentioned name may have, and accounts that are looked for in one text: a
 * text of nothing but names has to stay cheap. */
#define SPACES_MAX 3
#define LOOKUPS_MAX 60

typedef struct search_t {
    chat_mentions_t *out;
    chat_call_t *call;
    chat_tx_t *tx;
    const chat_audience_t *in;
    int lookups;
} search_t;

static void add(search_t *s, apr_int64_t account, const char *name)
{
    chat_mentions_t *out = s->out;
    for (int i = 0; i < out->n; i++) {
        if (out->accounts[i] == account)
            return;
    }
    out->accounts[out->n++] = account;
    out->names =
        apr_pstrcat(s->call->pool, out->names ? out->names : "", name, "\n", NULL);
}

/* The account KEY that may read the text; CHAT_NOTFOUND. */
static apr_status_t find_reader(chat_identity_t *who, search_t *s, const char *key)
{
    const chat_audience_t *in = s->in;
    apr_pool_t *pool = s->call->pool;
    chat_channel_t theirs;
    apr_status_t rv;
    for (int i = 0; i < in->n; i++) {
        if (!strcmp(chat_name_fold(in->to[i].name, pool), key)) {
            who->id = in->to[i].account;
            who->name = in->to[i].name;
            return APR_SUCCESS;
        }
    }
    if (!in->channel || s->lookups++ >= LOOKUPS_MAX)
        return CHAT_NOTFOUND;
    rv = chat_identity_by_name(who, s->tx, in->author->room, key, pool);
    if (rv == APR_SUCCESS && who->state != CHAT_ACCOUNT_OPEN)
        return CHAT_NOTFOUND;
    if (rv == APR_SUCCESS)
        rv = chat_channel_by_id(&theirs, s->tx, who->id, in->channel->id, pool);
    if (rv == APR_SUCCESS && !chat_policy_allows(CHAT_MAY_READ, who, &theirs, 0))
        return CHAT_NOTFOUND;
    return rv;
}

/* The account with the longest name that NAME, LEN bytes, begins with. */
static apr_status_t try_name(search_t *s, const char *name, apr_size_t len)
{
    apr_status_t rv = CHAT_NOTFOUND;
    chat_identity_t who;
    for (; len && rv == CHAT_NOTFOUND; len = chat_name_shorter(name, len)) {
        apr_pool_t *pool = s->call->pool;
        if (name[len - 1] != ' ')
            rv = find_reader(&who, s,
                             chat_name_fold(apr_pstrmemdup(pool, name, len), pool));
    }
    if (rv == APR_SUCCESS && who.id != s->in->author->id)
        add(s, who.id, who.name);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t try_everyone(search_t *s)
{
    chat_room_t room;
    apr_status_t rv = chat_room_by_id(&room, s->tx, s->in->author->room, s->call->pool);
    if (rv == APR_SUCCESS &&
        chat_policy_allows(CHAT_MAY_DELETE, s->in->author, s->in->channel, room.owner))
        add(s, 0, "");
    return rv;
}

/* The length of the longest text at S that can be a name, with punctuation behind it. */
static apr_size_t name_length(const char *s, const char *end)
{
    const char *p = s;
    int spaces = 0;
    while (p < end && p - s < CHAT_NAME_BYTES) {
        const char *next = p;
        apr_uint32_t c = chat_text_next(&next, end);
        if (c == ' ' ? p == s || p[-1] == ' ' || ++spaces > SPACES_MAX
                     : !chat_text_word(c) && !chat_name_character(c))
            break;
        p = next;
    }
    return (apr_size_t)(p - s);
}

static apr_status_t try_at(search_t *s, const char *name, const char *end)
{
    static const char everyone[] = "channel";
    apr_size_t len = name_length(name, end), word = sizeof(everyone) - 1;
    if (s->in->channel && len >= word && !memcmp(name, everyone, word) &&
        (len == word || !chat_text_word((unsigned char)name[word])))
        return try_everyone(s);
    return try_name(s, name, len);
}

apr_status_t chat_mentions_find(chat_mentions_t *out, chat_call_t *c, chat_tx_t *tx,
                                const chat_audience_t *in, const chat_message_t *m)
{
    search_t s = {.out = out, .call = c, .tx = tx, .in = in};
    const char *end = m->body + m->body_len, *p = m->body;
    apr_uint32_t before = ' ';
    apr_status_t rv = APR_SUCCESS;
    out->names = NULL;
    out->n = 0;
    if (!memchr(p, '@', m->body_len))
        return APR_SUCCESS;
    while (p < end && rv == APR_SUCCESS && out->n < CHAT_MENTIONS_MAX) {
        apr_uint32_t at = chat_text_next(&p, end);
        /* the middle of an e-mail address is no mention */
        if (at == '@' && !chat_text_word(before))
            rv = try_at(&s, p, end);
        before = at;
    }
    return rv;
}

apr_status_t chat_mentions_keep(const chat_mentions_t *mentions, chat_tx_t *tx,
                                const chat_message_t *m)
{
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; i < mentions->n && rv == APR_SUCCESS; i++)
        rv = chat_mention_insert(tx, mentions->accounts[i], m);
    return rv;
}
