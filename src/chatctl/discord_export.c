/* SPDX-License-Identifier: Apache-2.0 */
/* What DiscordChatExporter writes as JSON: a file for each channel. */
#include "base/bounds.h"
#include "base/clock.h"
#include "foreign.h"
#include "items.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER "messages"
#define MENTIONS_MAX 100 /* of a message, there */

/* NULL: it is the first. */
static chatctl_person_t *person(chatctl_foreign_t *f, const chat_json_t *o)
{
    const char *id = chatctl_member(o, "id"), *nick = chatctl_member(o, "nickname");
    chatctl_person_t *p =
        chatctl_foreign_person(f, id ? id : "unknown", chatctl_member(o, "name"));
    if (!p->about && nick && strcmp(nick, p->wish))
        p->about = apr_pstrdup(f->pool, nick);
    return p;
}

/* TEXT with WHAT in place of each FROM. */
static const char *replace(const char *text, const char *from, const char *what,
                           apr_pool_t *pool)
{
    apr_array_header_t *parts;
    if (!strstr(text, from))
        return text;
    parts = apr_array_make(pool, 4, sizeof(const char *));
    for (const char *at; (at = strstr(text, from)); text = at + strlen(from)) {
        APR_ARRAY_PUSH(parts, const char *) =
            apr_pstrmemdup(pool, text, (apr_size_t)(at - text));
        APR_ARRAY_PUSH(parts, const char *) = what;
    }
    APR_ARRAY_PUSH(parts, const char *) = text;
    return apr_array_pstrcat(pool, parts, 0);
}

/* A mention stands in the text as @nickname, or as <@id> in what was not formatted. */
static void read_mentions(chatctl_said_t *out, chatctl_foreign_t *f, const chat_json_t *m)
{
    const chat_json_t *list = chat_json_member(m, "mentions");
    for (apr_size_t i = 0; i < chat_json_count(list); i++) {
        const chat_json_t *o = chat_json_element(list, i);
        const char *nick = chatctl_member(o, "nickname");
        chatctl_person_t *who = person(f, o);
        const char *name;
        chatctl_said_mention(out, who);
        if (!who->name || !out->text || i >= MENTIONS_MAX ||
            strlen(out->text) > CHAT_MESSAGE_MAX)
            continue;
        name = apr_pstrcat(out->pool, "@", who->name, NULL);
        out->text = replace(out->text, apr_pstrcat(out->pool, "<@", who->id, ">", NULL),
                            name, out->pool);
        out->text = replace(out->text, apr_pstrcat(out->pool, "<@!", who->id, ">", NULL),
                            name, out->pool);
        if (nick)
            out->text = replace(out->text, apr_pstrcat(out->pool, "@", nick, NULL), name,
                                out->pool);
        if (strcmp(who->wish, who->name))
            out->text = replace(out->text, apr_pstrcat(out->pool, "@", who->wish, NULL),
                                name, out->pool);
    }
}

static const char *reaction_of(const chat_json_t *r, apr_pool_t *pool)
{
    (void)pool;
    return chatctl_member(chat_json_member(r, "emoji"), "name");
}

/* What is not text becomes a link. */
static void read_rest(chatctl_said_t *out, const chat_json_t *m)
{
    static const struct {
        const char *list, *label, *url;
    } kinds[] = {{"attachments", "fileName", "url"},
                 {"stickers", "name", "sourceUrl"},
                 {"embeds", "title", "url"}};
    for (int i = 0; i < 3; i++) {
        const chat_json_t *list = chat_json_member(m, kinds[i].list);
        /* an embed mostly shows what the text links to */
        for (apr_size_t k = 0; k < chat_json_count(list) && (i < 2 || !out->text); k++) {
            const chat_json_t *o = chat_json_element(list, k);
            chatctl_said_link(out, chatctl_member(o, kinds[i].label),
                              chatctl_member(o, kinds[i].url));
        }
    }
}

static apr_time_t time_of(const chat_json_t *m)
{
    const char *text = chatctl_member(m, "timestamp");
    apr_time_t t;
    return text && chat_clock_read(&t, text) ? t : 0;
}

static int read_message(chatctl_said_t *out, chatctl_foreign_t *f, const chat_json_t *m)
{
    const char *kind = chatctl_member(m, "type");
    const char *edited = chatctl_member(m, "timestampEdited");
    out->by = person(f, chat_json_member(m, "author"));
    out->key = chatctl_member(m, "id");
    out->reply = chatctl_member(chat_json_member(m, "reference"), "messageId");
    out->system = kind && strcmp(kind, "Default") && strcmp(kind, "Reply");
    if (!out->key)
        out->key = "";
    if (!edited || !chat_clock_read(&out->edited, edited))
        out->edited = 0;
    out->text = chatctl_member(m, "content");
    read_mentions(out, f, m);
    read_rest(out, m);
    chatctl_said_reactions(out, f, m);
    return out->text != NULL;
}

/* --- channels --- */

static const char *read_channel(chatctl_foreign_t *f, const char *path)
{
    const chat_json_t *head = NULL, *channel;
    const char *id, *name, *kind, *topic, *guild, *why;
    chatctl_items_t in;
    chatctl_place_t *p;
    apr_pool_t *pool;
    f->file = path;
    apr_pool_create(&pool, f->pool);
    if ((why = chatctl_items_open(&in, &head, path, MEMBER, pool)))
        return why;
    channel = chat_json_member(head, "channel");
    id = chatctl_member(channel, "id");
    name = chatctl_member(channel, "name");
    kind = chatctl_member(channel, "type");
    topic = chatctl_member(channel, "topic");
    guild = chatctl_member(chat_json_member(head, "guild"), "name");
    if (!id || !name)
        return "channel has to have id and name";
    if (!(p = chatctl_foreign_place(f, id, name)))
        return "another file has this channel";
    p->public =
        !f->private && kind && strncmp(kind, "Direct", 6) && !strstr(kind, "Private");
    p->topic = topic ? apr_pstrdup(f->pool, topic) : NULL;
    if (guild)
        f->name = apr_pstrdup(f->pool, guild);
    chatctl_foreign_file(p, path, 0);
    apr_pool_destroy(pool);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* PATH is a file, or a folder of them. */
static const char *open_export(chatctl_foreign_t *f)
{
    apr_array_header_t *paths = apr_array_make(f->pool, 16, sizeof(const char *));
    const char *why = NULL;
    apr_finfo_t info;
    apr_dir_t *dir;
    if (apr_dir_open(&dir, f->path, f->pool) != APR_SUCCESS)
        return read_channel(f, f->path);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        apr_size_t len = strlen(info.name);
        if (len > 5 && *info.name != '.' && !strcmp(info.name + len - 5, ".json"))
            APR_ARRAY_PUSH(paths, const char *) =
                apr_pstrcat(f->pool, f->path, "/", info.name, NULL);
    }
    apr_dir_close(dir);
    qsort(paths->elts, (apr_size_t)paths->nelts, sizeof(const char *), by_name);
    for (int i = 0; !why && i < paths->nelts; i++)
        why = read_channel(f, APR_ARRAY_IDX(paths, i, const char *));
    return why ? why : paths->nelts ? NULL : "no file in it ends with .json";
}

const chatctl_format_t chatctl_discord = {"discord",    MEMBER,      open_export, time_of,
                                          read_message, reaction_of, person};
