/* SPDX-License-Identifier: Apache-2.0 */
/* Slack's export, unpacked: lists of users and channels, a folder for each channel, a
 * file for each day. */
#include "base/clock.h"
#include "base/text.h"
#include "foreign.h"
#include "items.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 4096
#define ZONES apr_time_from_sec(86400) /* a day there begins so much earlier */

/* What Slack calls the emoji of our page, and those that are used most; pairs. */
/* clang-format off */
static const char *const emoji[] = {
    "+1", "👍", "thumbsup", "👍", "-1", "👎", "thumbsdown", "👎", "heart", "❤️", "joy", "😂", "tada", "🎉",
    "open_mouth", "😮", "cry", "😢", "pray", "🙏", "white_check_mark", "✅", "x", "❌", "eyes", "👀",
    "fire", "🔥", "100", "💯", "star", "⭐", "rocket", "🚀", "clap", "👏", "grinning", "😀", "smile", "😄",
    "grin", "😁", "laughing", "😆", "satisfied", "😆", "sweat_smile", "😅", "rolling_on_the_floor_laughing", "🤣",
    "slightly_smiling_face", "🙂", "upside_down_face", "🙃", "wink", "😉", "blush", "😊", "innocent", "😇",
    "heart_eyes", "😍", "star-struck", "🤩", "kissing_heart", "😘", "yum", "😋", "stuck_out_tongue", "😛",
    "hugging_face", "🤗", "thinking_face", "🤔", "neutral_face", "😐", "smirk", "😏", "face_with_rolling_eyes", "🙄",
    "grimacing", "😬", "sleeping", "😴", "sunglasses", "😎", "nerd_face", "🤓", "partying_face", "🥳",
    "confused", "😕", "white_frowning_face", "☹️", "slightly_frowning_face", "🙁", "astonished", "😲",
    "flushed", "😳", "fearful", "😨", "sob", "😭", "scream", "😱", "triumph", "😤", "rage", "😡", "angry", "😠",
    "exploding_head", "🤯", "face_with_thermometer", "🤒", "shrug", "🤷", "face_palm", "🤦", "muscle", "💪",
    "ok_hand", "👌", "v", "✌️", "crossed_fingers", "🤞", "wave", "👋", "handshake", "🤝", "raised_hands", "🙌",
    "point_up", "☝️", "blue_heart", "💙", "green_heart", "💚", "yellow_heart", "💛", "orange_heart", "🧡",
    "purple_heart", "💜", "black_heart", "🖤", "broken_heart", "💔", "sparkles", "✨", "rainbow", "🌈",
    "sunny", "☀️", "zap", "⚡", "cat", "🐱", "dog", "🐶", "turtle", "🐢", "unicorn_face", "🦄", "coffee", "☕",
    "pizza", "🍕", "cake", "🍰", "beer", "🍺", "beers", "🍻", "gift", "🎁", "balloon", "🎈", "trophy", "🏆",
    "bulb", "💡", "pushpin", "📌", "calendar", "📆", "date", "📅", "alarm_clock", "⏰", "bell", "🔔", "lock", "🔒",
    "bug", "🐛", "hammer_and_wrench", "🛠️", "recycle", "♻️", "question", "❓", "exclamation", "❗",
    "heavy_plus_sign", "➕", "heavy_check_mark", "✔️", "warning", "⚠️", "checkered_flag", "🏁", "thread", "🧵",
    "speech_balloon", "💬", "robot_face", "🤖", "ghost", "👻", "skull", "💀", "boom", "💥", "moneybag", "💰",
    "chart_with_upwards_trend", "📈", "memo", "📝", "link", "🔗", "hourglass", "⌛", "party_popper", "🎉",
    "raising_hand", "🙋", "bow", "🙇", "see_no_evil", "🙈", "saluting_face", "🫡", "melting_face", "🫠",
};
/* clang-format on */

/* A name with "::skin-tone-2" to 6 behind it or not, as the emoji; NULL: unknown. */
static const char *emoji_of(const char *name, apr_size_t len, apr_pool_t *pool)
{
    static const char *const tones[] = {"🏻", "🏼", "🏽", "🏾", "🏿"};
    const char *end = name + len, *tone = NULL;
    if (len > 13 && !strncmp(end - 13, "::skin-tone-", 12) && end[-1] >= '2' &&
        end[-1] <= '6') {
        tone = tones[end[-1] - '2'];
        len -= 13;
    }
    for (apr_size_t i = 0; i < sizeof(emoji) / sizeof(*emoji); i += 2)
        if (strlen(emoji[i]) == len && !strncmp(emoji[i], name, len))
            return tone ? apr_pstrcat(pool, emoji[i + 1], tone, NULL) : emoji[i + 1];
    return NULL;
}

/* --- texts --- */

typedef struct text_t {
    chatctl_foreign_t *f;
    chatctl_said_t *said;
} text_t;

/* The channel ID, by the name that it gets. */
static const char *place_name(const chatctl_foreign_t *f, const char *id,
                              const char *label)
{
    const chatctl_place_t *p = apr_hash_get(f->place_of, id, APR_HASH_KEY_STRING);
    return p && p->name ? p->name : *label ? label : id;
}

/* What stands between < and >: a mention, a channel, a command or a link; with a label
 * behind a bar or not. */
static const char *piece(const text_t *t, const char *inner)
{
    apr_pool_t *pool = t->said->pool;
    const char *bar = strchr(inner, '|');
    const char *label = bar ? bar + 1 : "";
    const char *what =
        bar ? apr_pstrmemdup(pool, inner, (apr_size_t)(bar - inner)) : inner;
    chatctl_person_t *who;
    switch (*what) {
    case '@':
        who = apr_hash_get(t->f->person_of, what + 1, APR_HASH_KEY_STRING);
        if (who)
            chatctl_said_mention(t->said, who);
        return apr_pstrcat(pool, "@",
                           who && who->name ? who->name
                           : *label         ? label
                                            : what + 1,
                           NULL);
    case '#':
        return apr_pstrcat(pool, "#", place_name(t->f, what + 1, label), NULL);
    case '!':
        if (!strcmp(what, "!channel") || !strcmp(what, "!here") ||
            !strcmp(what, "!everyone"))
            return "@channel";
        return *label ? label : apr_pstrcat(pool, "@", what + 1, NULL);
    default:
        return *label && strcmp(label, what)
                   ? apr_pstrcat(pool, label, " (", what, ")", NULL)
                   : what;
    }
}

static const char *text_of(const text_t *t, const char *in, int pieces);

/* Turns what begins at *IN into what stands for it, and moves *IN past it. */
static const char *next_part(const char **in, const text_t *t, int pieces)
{
    static const struct {
        const char *entity, *as;
    } entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
    const char *at = *in, *end, *as = NULL;
    apr_pool_t *pool = t->said->pool;
    for (int i = 0; i < 3; i++)
        if (!strncmp(at, entities[i].entity, strlen(entities[i].entity))) {
            *in += strlen(entities[i].entity);
            return entities[i].as;
        }
    end = memchr(at + 1, *at == '<' ? '>' : ':', strnlen(at + 1, PIECE_BYTES));
    if (end && *at == '<' && pieces)
        as = text_of(
            t, piece(t, apr_pstrmemdup(pool, at + 1, (apr_size_t)(end - at - 1))), 0);
    else if (end && *at == ':')
        as = emoji_of(at + 1, (apr_size_t)(end - at - 1), pool);
    *in = as ? end + 1 : at + 1;
    return as ? as : apr_pstrmemdup(pool, at, 1);
}

/* & < > are written as entities, PIECES between < and >; :name: is an emoji. */
static const char *text_of(const text_t *t, const char *in, int pieces)
{
    apr_array_header_t *parts = apr_array_make(t->said->pool, 16, sizeof(const char *));
    while (*in) {
        apr_size_t len = strcspn(in, "&<:");
        APR_ARRAY_PUSH(parts, const char *) = apr_pstrmemdup(t->said->pool, in, len);
        in += len;
        if (*in)
            APR_ARRAY_PUSH(parts, const char *) = next_part(&in, t, pieces);
    }
    return apr_array_pstrcat(t->said->pool, parts, 0);
}

/* --- messages --- */

/* "SECONDS.MICROSECONDS", which is also a message's id in its channel; 0: it is not. */
static apr_time_t moment(const char *ts)
{
    char micro[7] = "000000";
    const char *dot = ts ? strchr(ts, '.') : NULL;
    apr_size_t seconds = ts ? strspn(ts, "0123456789") : 0;
    if (!seconds || seconds > 11 || (dot ? dot != ts + seconds : ts[seconds] != 0))
        return 0;
    for (int i = 0; dot && i < 6 && apr_isdigit(dot[1 + i]); i++)
        micro[i] = dot[1 + i];
    return apr_time_from_sec(apr_atoi64(ts)) + apr_atoi64(micro);
}

static apr_time_t time_of(const chat_json_t *m)
{
    return moment(chatctl_member(m, "ts"));
}

/* Apps have no user. */
static chatctl_person_t *author(chatctl_foreign_t *f, const chat_json_t *m)
{
    const char *user = chatctl_member(m, "user"), *name = chatctl_member(m, "username");
    const chat_json_t *profile =
        chat_json_member(m, user ? "user_profile" : "bot_profile");
    if (!name)
        name = chatctl_member(profile, "name");
    if (!user)
        user = chatctl_member(m, "bot_id");
    return user ? chatctl_foreign_person(f, user, name)
                : chatctl_foreign_person(f, "unknown", name);
}

static const char *reaction_of(const chat_json_t *r, apr_pool_t *pool)
{
    const char *name = chatctl_member(r, "name");
    return name ? emoji_of(name, strlen(name), pool) : NULL;
}

static chatctl_person_t *reactor(chatctl_foreign_t *f, const chat_json_t *user)
{
    const char *id = chat_json_string(user, NULL);
    return id && *id ? chatctl_foreign_person(f, id, NULL) : NULL;
}

/* Files stay there; what apps write may stand in attachments alone. */
static void read_rest(const text_t *t, const chat_json_t *m)
{
    const chat_json_t *files = chat_json_member(m, "files");
    const chat_json_t *more = chat_json_member(m, "attachments");
    for (apr_size_t i = 0; i < chat_json_count(files); i++) {
        const chat_json_t *file = chat_json_element(files, i);
        const char *url = chatctl_member(file, "permalink");
        const char *name = chatctl_member(file, "name");
        chatctl_said_link(t->said, name ? name : chatctl_member(file, "title"),
                          url ? url : chatctl_member(file, "url_private"));
    }
    for (apr_size_t i = 0; !t->said->text && i < chat_json_count(more); i++) {
        const char *text = chatctl_member(chat_json_element(more, i), "fallback");
        if (text)
            chatctl_said_link(t->said, text_of(t, text, 1), NULL);
    }
}

static int read_message(chatctl_said_t *out, chatctl_foreign_t *f, const chat_json_t *m)
{
    /* what people write; of all others Slack itself says what was done */
    static const char said[] = " bot_message me_message file_share file_comment "
                               "thread_broadcast reply_broadcast tombstone ";
    const char *kind = chatctl_member(m, "subtype"), *text = chatctl_member(m, "text");
    const text_t t = {f, out};
    out->by = author(f, m);
    out->key = chatctl_member(m, "ts");
    out->reply = chatctl_member(m, "thread_ts");
    if (out->reply && !strcmp(out->reply, out->key))
        out->reply = NULL;
    out->edited = moment(chatctl_member(chat_json_member(m, "edited"), "ts"));
    out->gone = kind && !strcmp(kind, "tombstone");
    out->system = kind && !strstr(said, apr_pstrcat(out->pool, " ", kind, " ", NULL));
    out->text = text ? text_of(&t, text, 1) : NULL;
    read_rest(&t, m);
    chatctl_said_reactions(out, f, m);
    return out->text || out->gone;
}

/* --- people and channels --- */

/* Gives EACH the objects of FILE, if it is there. */
static const char *each_of(int *there, chatctl_foreign_t *f, const char *file,
                           const char *(*each)(chatctl_foreign_t *f,
                                               const chat_json_t *o))
{
    const char *path = apr_pstrcat(f->pool, f->path, "/", file, NULL), *why;
    const chat_json_t *o;
    chatctl_items_t in;
    apr_finfo_t info;
    apr_pool_t *pool;
    if (apr_stat(&info, path, APR_FINFO_TYPE, f->pool) != APR_SUCCESS)
        return NULL;
    *there = 1;
    f->file = path;
    f->entry = 0;
    apr_pool_create(&pool, f->pool);
    why = chatctl_items_open(&in, NULL, path, NULL, pool);
    while (!why && !(why = chatctl_items_next(&in)) && in.text) {
        apr_pool_t *scratch;
        f->entry = in.entry;
        apr_pool_create(&scratch, pool);
        why = chatctl_items_parse(&o, in.text, in.len, scratch);
        why = why ? why : each(f, o);
        why = why ? apr_pstrdup(f->pool, why) : NULL;
        apr_pool_destroy(scratch);
    }
    apr_pool_destroy(pool);
    return why;
}

static const char *read_user(chatctl_foreign_t *f, const chat_json_t *o)
{
    const chat_json_t *profile = chat_json_member(o, "profile");
    const char *id = chatctl_member(o, "id"),
               *about = chatctl_member(profile, "real_name"),
               *email = chatctl_member(profile, "email");
    chatctl_person_t *p;
    if (!id)
        return "id has to be a text";
    p = chatctl_foreign_person(f, id, chatctl_member(o, "name"));
    p->about = about ? apr_pstrdup(f->pool, about) : NULL;
    p->email = email ? apr_pstrdup(f->pool, email) : NULL;
    chat_json_boolean(&p->closed, chat_json_member(o, "deleted"));
    return NULL;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const chatctl_file_t *)a)->path, ((const chatctl_file_t *)b)->path);
}

/* The days of the channel's folder. NAME comes from the file: it may not lead elsewhere.
 */
static const char *find_days(chatctl_foreign_t *f, chatctl_place_t *p, const char *name)
{
    const char *folder = apr_pstrcat(f->pool, f->path, "/", name, NULL);
    apr_dir_t *dir;
    apr_finfo_t info;
    if (*name == '.' || strchr(name, '/'))
        return "name has to be that of a folder";
    if (apr_dir_open(&dir, folder, f->pool) != APR_SUCCESS)
        return NULL; /* nothing was said there */
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        apr_time_t day;
        apr_size_t len = strlen(info.name);
        if (len == 15 && !strcmp(info.name + 10, ".json") &&
            chat_clock_read(&day, apr_pstrmemdup(f->pool, info.name, 10)))
            chatctl_foreign_file(p, apr_pstrcat(f->pool, folder, "/", info.name, NULL),
                                 day - ZONES);
    }
    apr_dir_close(dir);
    qsort(p->files->elts, (apr_size_t)p->files->nelts, sizeof(chatctl_file_t), by_path);
    return NULL;
}

/* A conversation of two or more has no name: it gets that of its folder. */
static const char *read_channel(chatctl_foreign_t *f, const chat_json_t *o, int public)
{
    const char *id = chatctl_member(o, "id"), *name = chatctl_member(o, "name");
    const char *creator = chatctl_member(o, "creator"),
               *topic = chatctl_member(chat_json_member(o, "purpose"), "value");
    const chat_json_t *members = chat_json_member(o, "members");
    apr_int64_t created = 0;
    chatctl_place_t *p;
    if (!id)
        return "id has to be a text";
    if (!(p = chatctl_foreign_place(f, id, name ? name : id)))
        return "another channel has this id";
    p->public = public;
    p->topic = topic ? apr_pstrdup(f->pool, topic) : NULL;
    p->creator = creator ? apr_pstrdup(f->pool, creator) : NULL;
    if (chat_json_integer(&created, chat_json_member(o, "created")) && created > 0 &&
        created < APR_INT64_MAX / APR_USEC_PER_SEC)
        p->created = apr_time_from_sec(created);
    for (apr_size_t i = 0; i < chat_json_count(members); i++) {
        const char *member = chat_json_string(chat_json_element(members, i), NULL);
        if (member && *member) {
            chatctl_person_t *who = chatctl_foreign_person(f, member, NULL);
            apr_hash_set(p->members, who->id, APR_HASH_KEY_STRING, who);
        }
    }
    return find_days(f, p, name ? name : id);
}

static const char *read_public(chatctl_foreign_t *f, const chat_json_t *o)
{
    return read_channel(f, o, 1);
}

static const char *read_private(chatctl_foreign_t *f, const chat_json_t *o)
{
    return read_channel(f, o, 0);
}

static const char *open_export(chatctl_foreign_t *f)
{
    int users = 0, channels = 0;
    const char *why = each_of(&users, f, "users.json", read_user);
    if (!why && !users)
        why = each_of(&users, f, "org_users.json", read_user);
    if (!why)
        why = each_of(&channels, f, "channels.json", read_public);
    if (!why)
        why = each_of(&channels, f, "groups.json", read_private);
    if (!why)
        why = each_of(&channels, f, "mpims.json", read_private);
    if (!why)
        why = each_of(&channels, f, "dms.json", read_private);
    if (why || (users && channels))
        return why;
    f->file = f->path;
    f->entry = 0;
    return "this is no unpacked export of Slack: users.json or channels.json is missing";
}

const chatctl_format_t chatctl_slack = {"slack",      NULL,        open_export, time_of,
                                        read_message, reaction_of, reactor};
