/* SPDX-License-Identifier: Apache-2.0 */
/* Another product's export as records: who and where, then all messages by their time. */
#include "base/crypt.h"
#include "base/name.h"
#include "base/status.h"
#include "base/text.h"
#include "core/email.h"
#include "core/mentions.h"
#include "foreign_walk.h"
#include "store/message.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define MIN_PASSWORD 10
#define PERMISSIONS 3
#define PERMISSIONS_CREATOR 7

/* --- what formats say --- */

const char *chatctl_member(const chat_json_t *v, const char *name)
{
    const char *s = chat_json_string(chat_json_member(v, name), NULL);
    return s && *s ? s : NULL;
}

/* The same export gives the same ids, so that it is refused where it is already. A person
 * may be in several. */
static const char *uuid_of(const chatctl_foreign_t *f, const char *kind, const char *id)
{
    static const chat_secret_t none;
    char hash[CHAT_HASH_SIZE], uuid[CHAT_UUID_SIZE];
    const char *name = apr_pstrcat(f->pool, f->format->name, kind, id, NULL);
    chat_hash_keyed(hash, &none, "import", name, strlen(name));
    chat_uuid_derived(uuid, hash);
    return apr_pstrdup(f->pool, uuid);
}

chatctl_person_t *chatctl_foreign_person(chatctl_foreign_t *f, const char *id,
                                         const char *wish)
{
    chatctl_person_t *p = apr_hash_get(f->person_of, id, APR_HASH_KEY_STRING);
    if (p)
        return p;
    p = apr_pcalloc(f->pool, sizeof(*p));
    p->id = apr_pstrdup(f->pool, id);
    p->wish = apr_pstrdup(f->pool, wish ? wish : id);
    APR_ARRAY_PUSH(f->people, chatctl_person_t *) = p;
    apr_hash_set(f->person_of, p->id, APR_HASH_KEY_STRING, p);
    return p;
}

chatctl_place_t *chatctl_foreign_place(chatctl_foreign_t *f, const char *id,
                                       const char *name)
{
    chatctl_place_t *p;
    if (apr_hash_get(f->place_of, id, APR_HASH_KEY_STRING))
        return NULL;
    p = apr_pcalloc(f->pool, sizeof(*p));
    p->id = apr_pstrdup(f->pool, id);
    p->wish = apr_pstrdup(f->pool, name);
    p->members = apr_hash_make(f->pool);
    p->files = apr_array_make(f->pool, 1, sizeof(chatctl_file_t));
    APR_ARRAY_PUSH(f->places, chatctl_place_t *) = p;
    apr_hash_set(f->place_of, p->id, APR_HASH_KEY_STRING, p);
    return p;
}

void chatctl_foreign_file(chatctl_place_t *p, const char *path, apr_time_t since)
{
    APR_ARRAY_PUSH(p->files, chatctl_file_t) = (chatctl_file_t){path, since};
}

/* Each counts once. */
static void react(chatctl_said_t *said, const char *emoji, chatctl_person_t *by)
{
    if (!emoji || !chat_text_emoji(emoji, strlen(emoji)))
        emoji = "";
    for (int i = 0; i < said->reactions->nelts; i++) {
        const chatctl_reaction_t *r =
            &APR_ARRAY_IDX(said->reactions, i, chatctl_reaction_t);
        if (r->by == by && !strcmp(r->emoji, emoji))
            return;
    }
    APR_ARRAY_PUSH(said->reactions, chatctl_reaction_t) = (chatctl_reaction_t){emoji, by};
}

/* Older exports have a count alone. */
void chatctl_said_reactions(chatctl_said_t *said, chatctl_foreign_t *f,
                            const chat_json_t *m)
{
    const chat_json_t *list = chat_json_member(m, "reactions");
    for (apr_size_t i = 0; i < chat_json_count(list); i++) {
        const chat_json_t *r = chat_json_element(list, i);
        const chat_json_t *users = chat_json_member(r, "users");
        const char *emoji = f->format->emoji(r, said->pool);
        for (apr_size_t k = 0; k < chat_json_count(users); k++) {
            chatctl_person_t *who = f->format->reactor(f, chat_json_element(users, k));
            if (who)
                react(said, emoji, who);
        }
        if (!chat_json_count(users))
            react(said, NULL, said->by);
    }
}

void chatctl_said_mention(chatctl_said_t *said, chatctl_person_t *who)
{
    for (int i = 0; i < said->mentions->nelts; i++)
        if (APR_ARRAY_IDX(said->mentions, i, chatctl_person_t *) == who)
            return;
    APR_ARRAY_PUSH(said->mentions, chatctl_person_t *) = who;
}

void chatctl_said_link(chatctl_said_t *said, const char *label, const char *url)
{
    chat_buffer_t *b = &said->lines;
    if (!label && !url)
        return;
    if (!b->pool) {
        chat_buffer_init(b, 256, APR_INT32_MAX, said->pool);
        chat_buffer_puts(b, said->text ? said->text : "");
    }
    if (b->len)
        chat_buffer_byte(b, '\n');
    chat_buffer_puts(b, label ? label : "");
    chat_buffer_puts(b, label && url ? " " : "");
    chat_buffer_puts(b, url ? url : "");
    said->text = chat_buffer_text(b);
}

/* --- names --- */

/* WISH without what names may not have. */
static const char *clean_name(const char *wish, int strict, apr_pool_t *pool)
{
    const char *p = wish, *end = wish + strlen(wish);
    char *out = apr_palloc(pool, strlen(wish) + 1), *o = out;
    for (int n = 0; p < end && n < 60; n++) {
        const char *from = p;
        apr_uint32_t c = chat_text_next(&p, end);
        int keep = strict ? c < 128 && (apr_isalnum((int)c) || strchr("_.-", (int)c))
                          : chat_text_word(c) || chat_name_character(c);
        if (!keep)
            *o++ = '_';
        else
            for (; from < p; from++)
                *o++ = *from;
    }
    *o = '\0';
    return out;
}

static const char *account_name(const char **key, const chatctl_person_t *p,
                                apr_pool_t *pool)
{
    const char *name = p->wish;
    for (int strict = 0; chat_name_account(key, name, pool) != CHAT_NAME_OK; strict++)
        name = strict < 2 ? clean_name(p->wish, strict, pool) : "user";
    return name;
}

static const char *channel_name(const char **key, const chatctl_place_t *p,
                                apr_pool_t *pool)
{
    const char *name = p->wish;
    for (int strict = 0; chat_name_channel(key, name, pool) != CHAT_NAME_OK; strict++)
        name = strict < 2 ? clean_name(p->wish, strict, pool) : "channel";
    return name;
}

/* NAME, or with a number behind it if another has its KEY; what differs from WISH is
 * noted. */
static const char *unique(chatctl_foreign_t *f, apr_hash_t *taken, const char *name,
                          const char *key, const char *wish)
{
    const char *out = name, *as = key;
    int *n = apr_hash_get(taken, key, APR_HASH_KEY_STRING); /* the last number */
    while (apr_hash_get(taken, as, APR_HASH_KEY_STRING)) {
        out = apr_psprintf(f->pool, "%s-%d", name, ++*n);
        as = apr_psprintf(f->pool, "%s-%d", key, *n);
    }
    n = apr_palloc(f->pool, sizeof(*n));
    *n = 1;
    apr_hash_set(taken, as, APR_HASH_KEY_STRING, n);
    if (strcmp(out, wish))
        APR_ARRAY_PUSH(f->renamed, const char *) =
            apr_pstrcat(f->pool, wish, " is ", out, NULL);
    return out;
}

static void name_all(chatctl_foreign_t *f)
{
    apr_hash_t *accounts = apr_hash_make(f->pool), *emails = apr_hash_make(f->pool),
               *channels = apr_hash_make(f->pool);
    const char *key, *name,
        *first = APR_ARRAY_IDX(f->places, 0, const chatctl_place_t *)->id;
    f->uuid = uuid_of(f, ":chatroom:", first);
    for (int i = 0; i < f->people->nelts; i++) {
        chatctl_person_t *p = APR_ARRAY_IDX(f->people, i, chatctl_person_t *);
        p->uuid = uuid_of(f, ":person:", apr_pstrcat(f->pool, first, ":", p->id, NULL));
        name = account_name(&key, p, f->pool);
        p->name = unique(f, accounts, name, key, p->wish);
        key = p->email && chat_email_valid(p->email) ? chat_email_key(p->email, f->pool)
                                                     : NULL;
        if (!key || apr_hash_get(emails, key, APR_HASH_KEY_STRING))
            p->email = NULL;
        else
            apr_hash_set(emails, key, APR_HASH_KEY_STRING, p);
    }
    for (int i = 0; i < f->places->nelts; i++) {
        chatctl_place_t *p = APR_ARRAY_IDX(f->places, i, chatctl_place_t *);
        p->uuid = uuid_of(f, ":channel:", p->id);
        name = channel_name(&key, p, f->pool);
        p->name = unique(f, channels, name, key, p->wish);
    }
    if (chat_name_channel(&key, f->name, f->pool) != CHAT_NAME_OK)
        f->name = f->format->name;
}

/* --- what is in it --- */

static const char *parent_key(const chatctl_place_t *p, const char *key, apr_pool_t *pool)
{
    return apr_pstrcat(pool, p->id, " ", key, NULL);
}

/* Where the number of the message KEY is, if one is an answer to it; else NULL. */
static apr_int64_t *parent_of(chatctl_walk_t *w, const chatctl_place_t *p,
                              const char *key)
{
    return apr_hash_get(w->f->parents, parent_key(p, key, w->pool), APR_HASH_KEY_STRING);
}

/* Who wrote in a channel is in it, and what is answered will be looked for. */
static apr_status_t note(chatctl_walk_t *w, chatctl_place_t *p, chatctl_said_t *said)
{
    chatctl_foreign_t *f = w->f;
    apr_hash_set(p->members, said->by->id, APR_HASH_KEY_STRING, said->by);
    if (said->reply && !parent_of(w, p, said->reply))
        apr_hash_set(f->parents, parent_key(p, said->reply, f->pool), APR_HASH_KEY_STRING,
                     apr_pcalloc(f->pool, sizeof(apr_int64_t)));
    f->first = f->first ? f->first : w->at;
    f->last = w->at;
    f->messages = p->last = w->number;
    return APR_SUCCESS;
}

const char *chatctl_foreign_scan(chatctl_foreign_t *f)
{
    chatctl_walk_t w = {.f = f, .each = note};
    const char *why;
    f->people = apr_array_make(f->pool, 64, sizeof(chatctl_person_t *));
    f->places = apr_array_make(f->pool, 64, sizeof(chatctl_place_t *));
    f->renamed = apr_array_make(f->pool, 4, sizeof(const char *));
    f->person_of = apr_hash_make(f->pool);
    f->place_of = apr_hash_make(f->pool);
    f->parents = apr_hash_make(f->pool);
    f->file = f->path;
    if ((why = f->format->open(f)))
        return why;
    if (chatctl_walk(&w) != APR_SUCCESS)
        return w.why;
    f->file = f->path;
    f->entry = 0;
    if (!f->first)
        return "there are no messages in it";
    name_all(f);
    return NULL;
}

/* --- records --- */

static apr_status_t put(chatctl_walk_t *w, const chat_record_t *r)
{
    return chat_import_record(w->im, &w->why, r, w->pool);
}

static apr_status_t give_person(chatctl_walk_t *w, const chatctl_person_t *p)
{
    chat_record_t r;
    chat_record_begin(&r, CHAT_TABLE_account);
    chat_record_text(&r, "uuid", p->uuid);
    chat_record_text(&r, "name", p->name);
    chat_record_text(&r, "email", p->email);
    chat_record_text(&r, "description", p->about);
    chat_record_number(&r, "state", p->closed ? CHAT_ACCOUNT_CLOSED : CHAT_ACCOUNT_OPEN);
    chat_record_number(&r, "created_at", w->f->first);
    return put(w, &r);
}

static apr_status_t give_place(chatctl_walk_t *w, const chatctl_place_t *p)
{
    const chatctl_person_t *creator =
        p->creator ? apr_hash_get(w->f->person_of, p->creator, APR_HASH_KEY_STRING)
                   : NULL;
    chat_record_t r;
    chat_record_begin(&r, CHAT_TABLE_channel);
    chat_record_text(&r, "uuid", p->uuid);
    chat_record_text(&r, "name", p->name);
    chat_record_text(&r, "description", p->topic);
    chat_record_text(&r, "creator_id", creator ? creator->uuid : NULL);
    chat_record_text(&r, "creator_name", creator ? creator->name : NULL);
    chat_record_number(&r, "public", p->public);
    chat_record_number(&r, "created_at", p->created ? p->created : w->f->first);
    return put(w, &r);
}

/* Memberships, or how far their members have read: all of it. */
static apr_status_t give_members(chatctl_walk_t *w, const chatctl_place_t *p,
                                 chat_table_id_t table)
{
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < w->f->people->nelts; i++) {
        const chatctl_person_t *who = APR_ARRAY_IDX(w->f->people, i, chatctl_person_t *);
        chat_record_t r;
        if (!apr_hash_get(p->members, who->id, APR_HASH_KEY_STRING))
            continue;
        apr_pool_clear(w->pool);
        chat_record_begin(&r, table);
        chat_record_text(&r, "account_id", who->uuid);
        chat_record_text(&r, "channel_id", p->uuid);
        if (table == CHAT_TABLE_read_marker) {
            chat_record_number(&r, "message_id", p->last);
        }
        else {
            chat_record_number(&r, "permissions",
                               p->creator && !strcmp(p->creator, who->id)
                                   ? PERMISSIONS_CREATOR
                                   : PERMISSIONS);
            chat_record_number(&r, "joined", 1);
            chat_record_number(&r, "joined_at", p->created ? p->created : w->f->first);
        }
        if (table != CHAT_TABLE_read_marker || p->last)
            rv = put(w, &r);
    }
    return rv;
}

/* Whom SAID mentions as a client's message would. */
static int mentions(const chatctl_said_t *said, const chatctl_place_t *p, int i,
                    const chatctl_person_t **who)
{
    *who = APR_ARRAY_IDX(said->mentions, i, chatctl_person_t *);
    return i < CHAT_MENTIONS_MAX && *who != said->by && !(*who)->closed &&
           (p->public || apr_hash_get(p->members, (*who)->id, APR_HASH_KEY_STRING));
}

static apr_status_t give_message(chatctl_walk_t *w, chatctl_place_t *p,
                                 chatctl_said_t *said)
{
    const chatctl_person_t *who;
    const char *names = NULL;
    apr_int64_t *number = parent_of(w, p, said->key);
    chat_record_t r;
    if (number)
        *number = w->number;
    for (int i = 0; i < said->mentions->nelts; i++)
        if (mentions(said, p, i, &who))
            names = apr_pstrcat(w->pool, names ? names : "", who->name, "\n", NULL);
    chat_record_begin(&r, CHAT_TABLE_message);
    chat_record_number(&r, "id", w->number);
    chat_record_number(&r, "kind",
                       said->system ? CHAT_MESSAGE_SYSTEM : CHAT_MESSAGE_TEXT);
    chat_record_text(&r, "channel_id", p->uuid);
    chat_record_text(&r, "author_id", said->by->uuid);
    chat_record_text(&r, "author_name", said->by->name);
    chat_record_text(&r, "body", said->gone ? "" : said->text);
    chat_record_text(&r, "mentions", names);
    chat_record_number(&r, "created_at", w->at);
    if (said->gone)
        chat_record_number(&r, "deleted_at", w->at);
    else if (said->edited)
        chat_record_number(&r, "edited_at", said->edited);
    number = said->reply ? parent_of(w, p, said->reply) : NULL;
    if (number && *number && *number < w->number)
        chat_record_number(&r, "parent_id", *number);
    return put(w, &r);
}

static apr_status_t give_reactions(chatctl_walk_t *w, chatctl_place_t *p,
                                   chatctl_said_t *said)
{
    apr_status_t rv = APR_SUCCESS;
    (void)p;
    for (int i = 0; rv == APR_SUCCESS && i < said->reactions->nelts; i++) {
        const chatctl_reaction_t *one =
            &APR_ARRAY_IDX(said->reactions, i, chatctl_reaction_t);
        chat_record_t r;
        if (!*one->emoji) {
            w->f->lost++;
            continue;
        }
        chat_record_begin(&r, CHAT_TABLE_reaction);
        chat_record_number(&r, "message_id", w->number);
        chat_record_text(&r, "emoji", one->emoji);
        chat_record_text(&r, "account_id", one->by->uuid);
        chat_record_number(&r, "created_at", w->at);
        rv = put(w, &r);
    }
    return rv;
}

static apr_status_t give_mentions(chatctl_walk_t *w, chatctl_place_t *p,
                                  chatctl_said_t *said)
{
    const chatctl_person_t *who;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < said->mentions->nelts; i++) {
        chat_record_t r;
        if (!mentions(said, p, i, &who))
            continue;
        chat_record_begin(&r, CHAT_TABLE_mention);
        chat_record_text(&r, "account_id", who->uuid);
        chat_record_number(&r, "message_id", w->number);
        chat_record_text(&r, "channel_id", p->uuid);
        rv = put(w, &r);
    }
    return rv;
}

static apr_status_t give_room(chatctl_walk_t *w)
{
    const chatctl_foreign_t *f = w->f;
    chat_record_t r;
    chat_record_begin(&r, CHAT_TABLE_chatroom);
    chat_record_number(&r, "id", 1);
    chat_record_text(&r, "uuid", f->uuid);
    chat_record_text(&r, "name", f->name);
    chat_record_number(&r, "min_password", MIN_PASSWORD);
    chat_record_number(&r, "last_number", f->messages);
    chat_record_number(&r, "last_time", f->last);
    chat_record_number(&r, "created_at", f->first);
    return put(w, &r);
}

static apr_status_t give_places(chatctl_walk_t *w, chat_table_id_t table)
{
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < w->f->places->nelts; i++) {
        const chatctl_place_t *p = APR_ARRAY_IDX(w->f->places, i, chatctl_place_t *);
        apr_pool_clear(w->pool);
        rv = table == CHAT_TABLE_channel ? give_place(w, p) : give_members(w, p, table);
    }
    return rv;
}

apr_status_t chatctl_foreign_give(chatctl_foreign_t *f, chat_import_t *im,
                                  const char **why)
{
    chatctl_walk_t w = {.f = f, .im = im};
    apr_pool_t *pool;
    apr_status_t rv;
    f->file = f->path;
    f->entry = 0;
    f->lost = 0;
    apr_pool_create(&pool, f->pool);
    w.pool = pool;
    rv = give_room(&w);
    for (int i = 0; rv == APR_SUCCESS && i < f->people->nelts; i++) {
        apr_pool_clear(w.pool);
        rv = give_person(&w, APR_ARRAY_IDX(f->people, i, chatctl_person_t *));
    }
    if (rv == APR_SUCCESS)
        rv = give_places(&w, CHAT_TABLE_channel);
    if (rv == APR_SUCCESS)
        rv = give_places(&w, CHAT_TABLE_membership);
    w.each = give_message;
    if (rv == APR_SUCCESS)
        rv = chatctl_walk(&w);
    w.each = give_reactions;
    if (rv == APR_SUCCESS)
        rv = chatctl_walk(&w);
    w.each = give_mentions;
    if (rv == APR_SUCCESS)
        rv = chatctl_walk(&w);
    w.pool = pool;
    if (rv == APR_SUCCESS)
        rv = give_places(&w, CHAT_TABLE_read_marker);
    *why = w.why ? w.why : "";
    return rv;
}
