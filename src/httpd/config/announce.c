/* SPDX-License-Identifier: Apache-2.0 */
/* The line that says what chat serves, where and to whom: one at start for all equal
 * hosts. */
#include "httpd/config/announce.h"

#include "httpd/config/tree.h"
#include "store/chatroom.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

/* ---- directives of other modules that win over a mount ---- */

static int begins(const char *path, const char *prefix)
{
    apr_size_t len = strlen(prefix);
    while (len && prefix[len - 1] == '/')
        len--;
    return !strncmp(path, prefix, len) && (!path[len] || path[len] == '/');
}

/* Whether NODE maps PATH to another place: ProxyPass in a <Location> has its path. */
static int covers(const ap_directive_t *node, const char *path, apr_pool_t *pool)
{
    static const char *const names[] = {"ProxyPass", "Alias", "ScriptAlias", "Redirect",
                                        NULL};
    const char *args = node->args, *first;
    int i;
    for (i = 0; names[i] && strcasecmp(node->directive, names[i]); i++)
        ;
    if (!names[i])
        return 0;
    first = ap_getword_conf(pool, &args);
    if (*first != '/')
        first = node->parent ? chat_tree_section(node->parent, pool) : "";
    return *first == '/' && begins(path, first) &&
           strcmp(ap_getword_conf(pool, &args), "!");
}

static const ap_directive_t *covering(const ap_directive_t *node, const server_rec *s,
                                      const char *path, apr_pool_t *pool)
{
    for (; node; node = node->next) {
        const ap_directive_t *inner = NULL;
        if (covers(node, path, pool))
            return node;
        if (node->first_child && !chat_tree_elsewhere(node, s))
            inner = covering(node->first_child, s, path, pool);
        if (inner)
            return inner;
    }
    return NULL;
}

/* " (covered by …)", or nothing. */
static const char *covered(const chat_host_t *host, const char *path, apr_pool_t *pool)
{
    const ap_directive_t *by = covering(ap_conftree, host->server, path, pool);
    return by ? apr_psprintf(pool, " (covered by %s %s in %s:%d)", by->directive,
                             by->args, by->filename, by->line_num)
              : "";
}

/* ---- the line ---- */

static const char *mounts_text(const chat_host_t *host, apr_pool_t *pool)
{
    const char *text = "";
    for (int i = 0; i < host->mounts->nelts; i++) {
        const chat_mount_t *m = &APR_ARRAY_IDX(host->mounts, i, const chat_mount_t);
        for (int d = 0; m->dialects[d]; d++)
            text = apr_pstrcat(pool, text, *text ? ", " : "", m->dialects[d]->name, " ",
                               *m->prefix ? m->prefix : "/",
                               m->whole ? " and all below it" : "",
                               covered(host, m->prefix, pool), NULL);
    }
    if (host->way == CHAT_WAY_OFF)
        return text;
    return apr_pstrcat(pool, text, *text ? ", " : "", "Socket.IO ", host->realtime_path,
                       covered(host, host->realtime_path, pool), NULL);
}

/* teendevops shows public channels and profiles to clients without an account. */
static int anonymous(const chat_host_t *host)
{
    for (int i = 0; i < host->mounts->nelts; i++) {
        const chat_mount_t *m = &APR_ARRAY_IDX(host->mounts, i, const chat_mount_t);
        for (int d = 0; m->dialects[d]; d++) {
            if (m->dialects[d]->id == CHAT_TEENDEVOPS)
                return 1;
        }
    }
    return 0;
}

/* Who has an account or a place here without registering. */
static const char *others(const chat_host_t *host, apr_pool_t *pool)
{
    const apr_array_header_t *channels = host->site.guest_channels;
    return apr_pstrcat(
        pool, host->site.sign_keys ? "; users of the site sign on (ChatSignOnKey)" : "",
        channels ? "; guests chat in " : "",
        channels ? apr_array_pstrcat(pool, channels, ',') : "",
        channels ? " (ChatGuests)" : "", NULL);
}

static const char *line_of(const chat_host_t *host, apr_pool_t *pool)
{
    static const char *const registration[] = {"everyone may register",
                                               "an invite is needed to register",
                                               "no one may register"};
    chat_settings_t settings;
    chat_config_settings(
        &settings, ap_get_module_config(host->server->lookup_defaults, &chat_module));
    return apr_psprintf(
        pool,
        "chat is mounted: %s; %s (ChatRegistration); clients may%s create chatrooms "
        "(ChatRoomCreation); public channels are readable %s%s",
        mounts_text(host, pool), registration[settings.registration],
        host->site.room_creation ? "" : " not",
        anonymous(host) ? "without an account (ChatAPI teendevops)" : "by accounts only",
        others(host, pool));
}

/* ---- chatrooms ---- */

typedef struct looking_t {
    const chat_host_t *host;
    chat_store_t *store;
    apr_pool_t *pool;
    apr_int64_t room;
} looking_t;

static apr_status_t read_room(chat_tx_t *tx, void *baton)
{
    looking_t *l = baton;
    chat_room_t room;
    return chat_room_by_id(&room, tx, l->room, l->pool);
}

/* Every ChatRoom line that applies to the host or a place of it. */
static void look_for_rooms(const ap_directive_t *node, looking_t *l)
{
    for (; node; node = node->next) {
        if (node->first_child && !chat_tree_elsewhere(node, l->host->server))
            look_for_rooms(node->first_child, l);
        if (strcasecmp(node->directive, "ChatRoom"))
            continue;
        l->room = apr_atoi64(node->args);
        if (chat_store_read(l->store, read_room, l) == CHAT_NOTFOUND)
            chat_log(&l->host->site.log, CHAT_LOG_NOTICE, 165, APR_SUCCESS,
                     "ChatRoom %s in %s:%d: the database has no such chatroom, so every "
                     "login there fails; see `chatctl room list`",
                     node->args, node->filename, node->line_num);
    }
}

static void check_rooms(const chat_host_t *host, apr_pool_t *parent)
{
    looking_t l = {.host = host};
    const char *why;
    apr_pool_create(&l.pool, parent);
    if (host->database->ready && chat_store_open(&l.store, &why, &host->database->spec,
                                                 &host->site.log, l.pool) == APR_SUCCESS)
        look_for_rooms(ap_conftree, &l);
    apr_pool_destroy(l.pool);
}

static int names_a_room(const ap_directive_t *node)
{
    for (; node; node = node->next) {
        if (!strcasecmp(node->directive, "ChatRoom") || names_a_room(node->first_child))
            return 1;
    }
    return 0;
}

void chat_announce(const chat_generation_t *gen, apr_pool_t *pool)
{
    int rooms = names_a_room(ap_conftree);
    apr_hash_t *said = apr_hash_make(pool);
    for (int i = 0; i < gen->hosts->nelts; i++) {
        const chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, const chat_host_t *);
        const char *line = line_of(host, pool);
        if (apr_hash_get(said, line, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(said, line, APR_HASH_KEY_STRING, host);
        if (rooms)
            check_rooms(host, pool);
        chat_log(&host->site.log, CHAT_LOG_NOTICE, 164, APR_SUCCESS, "%s: %s",
                 host->server->server_hostname ? host->server->server_hostname : "-",
                 line);
    }
}
