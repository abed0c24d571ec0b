/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/config/directives.h"

#include "api/dialects.h"
#include "base/origin.h"
#include "base/text.h"
#include "httpd/config/config.h"
#include "httpd/config/directives_discord.h"
#include "httpd/config/directives_realtime.h"

#include <apr_dbd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <unistd.h>

#define ROOM_MAX ((APR_INT64_C(1) << 23) - 1) /* what CHAT_ROW_ID leaves for it */
#define MESSAGE_MAX (1024 * 1024)
#define RETENTION_MIN 60
#define LIFETIME_MIN 60
#define SPAN_MAX (100 * APR_INT64_C(366) * 86400)
#define COUNT_MAX 1000000
#define WINDOW_MAX (31 * 86400)
#define PREFIX_MAX 255

static const char *wrong(cmd_parms *cmd, const char *value, const char *allowed)
{
    return apr_psprintf(cmd->pool, "%s %s: must be %s", cmd->cmd->name, value, allowed);
}

static int in_htaccess(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
}

/* Where a value belongs: with the owner's values or with the caps. */
static chat_levels_t *levels_of(cmd_parms *cmd, chat_dir_conf_t *conf)
{
    return in_htaccess(cmd) ? &conf->cap : &conf->own;
}

static const char *set_flag(int *out, cmd_parms *cmd, const char *value)
{
    if (!strcasecmp(value, "on"))
        *out = 1;
    else if (!strcasecmp(value, "off"))
        *out = 0;
    else
        return wrong(cmd, value, "On or Off");
    return NULL;
}

static const char *set_number(apr_int64_t *out, cmd_parms *cmd, const char *value,
                              apr_int64_t max)
{
    apr_int64_t n;
    if (!chat_text_int64(&n, value) || n < 1 || n > max) {
        return apr_psprintf(cmd->pool,
                            "%s %s: must be a whole number from 1 to %" APR_INT64_T_FMT,
                            cmd->cmd->name, value, max);
    }
    *out = n;
    return NULL;
}

/* Seconds, or a number with unit as in httpd's own time-outs; `off` gives 0. */
static const char *set_span(apr_int64_t *out, cmd_parms *cmd, const char *value,
                            apr_int64_t min)
{
    apr_interval_time_t span;
    if (!strcasecmp(value, "off")) {
        *out = 0;
        return NULL;
    }
    if (!apr_isdigit(*value) ||
        ap_timeout_parameter_parse(value, &span, "s") != APR_SUCCESS ||
        apr_time_sec(span) < min || apr_time_sec(span) > SPAN_MAX) {
        return apr_psprintf(cmd->pool,
                            "%s %s: must be `off` or a time of at least %d seconds: a "
                            "number of seconds, or with a unit as in 90mi or 720h",
                            cmd->cmd->name, value, (int)min);
    }
    *out = apr_time_sec(span);
    return NULL;
}

/* ---- per server ---- */

static const char *set_engine(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->engine, cmd, value);
}

static const char *set_room_creation(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->room_creation, cmd, value);
}

static const char *set_retention(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_span(&chat_config_server(cmd->server)->retention, cmd, value,
                    RETENTION_MIN);
}

static const char *set_reveal_passwords(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->reveal_passwords, cmd, value);
}

static const char *set_approved_lists(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->approved_lists, cmd, value);
}

static const char *set_admin(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->admin, cmd, value);
}

static const char *set_password_ends_sessions(cmd_parms *cmd, void *dir,
                                              const char *value)
{
    (void)dir;
    return set_flag(&chat_config_server(cmd->server)->password_ends_sessions, cmd, value);
}

/* No shell ever sees the words. */
static const char *set_mail_command(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[])
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 4, sizeof(const char *));
    (void)dir;
    if (argc < 1 || (*argv[0] != '/' && (argc > 1 || strcasecmp(argv[0], "off"))))
        return wrong(cmd, argc ? argv[0] : "",
                     "`off`, or the absolute path of a program that takes a mail as "
                     "sendmail does, and its arguments");
    if (*argv[0] == '/' && access(argv[0], X_OK))
        return wrong(cmd, argv[0], "a program that can be run");
    for (int i = 0; i < argc && *argv[0] == '/'; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    chat_config_server(cmd->server)->mail_command = words;
    return NULL;
}

static const char *set_mail_templates(cmd_parms *cmd, void *dir, const char *value)
{
    char *path = ap_server_root_relative(cmd->pool, value);
    apr_finfo_t info;
    (void)dir;
    if (!path || !*value ||
        apr_stat(&info, path, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS ||
        info.filetype != APR_DIR)
        return wrong(cmd, value, "a directory");
    chat_config_server(cmd->server)->mail_templates = path;
    return NULL;
}

static const char *set_secret_file(cmd_parms *cmd, void *dir, const char *value)
{
    char *path = ap_server_root_relative(cmd->pool, value);
    (void)dir;
    if (!path || !*value)
        return wrong(cmd, value, "the path of a file");
    chat_config_server(cmd->server)->secret_file = path;
    return NULL;
}

/* An origin of http or https without anything after it. */
static const char *origin_parse(apr_pool_t *pool, const char *value)
{
    const char *rest = strstr(value, "://");
    if (!rest || strpbrk(rest + 3, "/?#") ||
        (strncasecmp(value, "http://", 7) && strncasecmp(value, "https://", 8)))
        return NULL;
    return chat_origin_canonical(value, pool);
}

static const char *add_origin(cmd_parms *cmd, void *dir, const char *value)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    const char *origin = origin_parse(cmd->pool, value);
    (void)dir;
    if (!origin) {
        return wrong(cmd, value,
                     "one origin as https://chat.example.org or http://localhost:3000, "
                     "without path or wildcard (answers carry credentials)");
    }
    if (!conf->origins)
        conf->origins = apr_array_make(cmd->pool, 4, sizeof(const char *));
    APR_ARRAY_PUSH(conf->origins, const char *) = origin;
    return NULL;
}

/* ---- ChatAPI ---- */

static const char *dialect_names(apr_pool_t *pool)
{
    const char *names = "";
    for (int i = 0; chat_dialects[i]; i++) {
        names =
            apr_pstrcat(pool, names, i ? ", " : "one of ", chat_dialects[i]->name, NULL);
    }
    return names;
}

static int prefix_valid(const char *prefix)
{
    const char *p;
    if (*prefix != '/' || strlen(prefix) > PREFIX_MAX || strstr(prefix, "//") ||
        strstr(prefix, "/../") || strstr(prefix, "/./"))
        return 0;
    for (p = prefix; *p; p++) {
        if ((unsigned char)*p <= ' ' || strchr("%?#\\\"<>*\177", *p))
            return 0;
    }
    return 1;
}

static const char *add_prefix(cmd_parms *cmd, const chat_dialect_t *dialect,
                              const char *prefix)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    chat_prefix_t *added;
    apr_size_t len;
    if (!prefix) {
        return apr_psprintf(cmd->pool,
                            "ChatAPI %s: a prefix must follow, as in `ChatAPI %s /chat`, "
                            "or `off`; alone it may stand in <Directory> and .htaccess",
                            dialect->name, dialect->name);
    }
    if (strcasecmp(prefix, "off") && !prefix_valid(prefix)) {
        return apr_psprintf(cmd->pool,
                            "ChatAPI %s %s: the prefix must be `off` or a URL path that "
                            "begins with a slash, in plain characters, without //, /../ "
                            "or %%-escapes",
                            dialect->name, prefix);
    }
    if (!conf->prefixes)
        conf->prefixes = apr_array_make(cmd->pool, 4, sizeof(chat_prefix_t));
    added = apr_array_push(conf->prefixes);
    added->dialect = dialect;
    added->prefix = NULL;
    if (strcasecmp(prefix, "off")) {
        len = strlen(prefix);
        added->prefix =
            apr_pstrndup(cmd->pool, prefix, prefix[len - 1] == '/' ? len - 1 : len);
    }
    return NULL;
}

/* A pattern has no one directory that paths could be counted from. */
static int directory_is_pattern(cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;
    if (in_htaccess(cmd))
        return 0;
    if (ap_is_matchexp(cmd->path))
        return 1;
    return section &&
           (!strcasecmp(section->directive, "<DirectoryMatch") || *section->args == '~');
}

static const char *add_directory(cmd_parms *cmd, chat_dir_conf_t *conf,
                                 const chat_dialect_t *dialect, const char *prefix)
{
    const char *why = ap_check_cmd_context(cmd, NOT_IN_LOCATION | NOT_IN_FILES |
                                                    NOT_IN_LIMIT | NOT_IN_PROXY);
    if (why)
        return why;
    if (prefix) {
        return apr_psprintf(cmd->pool,
                            "ChatAPI %s %s: a prefix may stand only in the server's or a "
                            "virtual host's configuration; in <Directory> and .htaccess "
                            "the dialect alone mounts it at that directory",
                            dialect->name, prefix);
    }
    if (directory_is_pattern(cmd)) {
        return apr_psprintf(
            cmd->pool,
            "ChatAPI %s: must stand in a <Directory> with one plain path, "
            "not in one with a pattern",
            dialect->name);
    }
    if (!conf->dialects)
        conf->dialects = apr_array_make(cmd->pool, 2, sizeof(const chat_dialect_t *));
    for (int i = 0; i < conf->dialects->nelts; i++) {
        if (APR_ARRAY_IDX(conf->dialects, i, const chat_dialect_t *) == dialect)
            return NULL;
    }
    APR_ARRAY_PUSH(conf->dialects, const chat_dialect_t *) = dialect;
    return NULL;
}

static const char *add_api(cmd_parms *cmd, void *dir, const char *name,
                           const char *prefix)
{
    const chat_dialect_t *dialect = chat_dialect_by_name(name);
    if (!dialect)
        return wrong(cmd, name, dialect_names(cmd->pool));
    if (cmd->path)
        return add_directory(cmd, dir, dialect, prefix);
    return add_prefix(cmd, dialect, prefix);
}

/* ---- per directory ---- */

static const char *set_room(cmd_parms *cmd, void *dir, const char *value)
{
    chat_dir_conf_t *conf = dir;
    return set_number(&conf->own.room, cmd, value, ROOM_MAX);
}

static const char *set_max_message(cmd_parms *cmd, void *dir, const char *value)
{
    return set_number(&levels_of(cmd, dir)->max_message, cmd, value, MESSAGE_MAX);
}

static const char *set_registration(cmd_parms *cmd, void *dir, const char *value)
{
    apr_int64_t *out = &levels_of(cmd, dir)->registration;
    if (!strcasecmp(value, "open"))
        *out = CHAT_REGISTRATION_OPEN;
    else if (!strcasecmp(value, "invite"))
        *out = CHAT_REGISTRATION_INVITE;
    else if (!strcasecmp(value, "closed"))
        *out = CHAT_REGISTRATION_CLOSED;
    else
        return wrong(cmd, value, "open, invite or closed");
    return NULL;
}

/* Sessions are deleted when no place of the site takes them any more. */
static const char *set_session_lifetime(cmd_parms *cmd, void *dir, const char *value)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    apr_int64_t *out = &levels_of(cmd, dir)->session_lifetime;
    const char *why = set_span(out, cmd, value, LIFETIME_MIN);
    if (!why && cmd->path && !in_htaccess(cmd))
        conf->longest_session = chat_span_longer(conf->longest_session, *out);
    return why;
}

static int limit_kind(chat_limit_kind_t *out, const char *name)
{
    for (int k = 0; k < CHAT_LIMIT_KINDS; k++) {
        if (!strcasecmp(name, chat_limit_name((chat_limit_kind_t)k))) {
            *out = (chat_limit_kind_t)k;
            return 1;
        }
    }
    return 0;
}

static int limit_rule(chat_rule_t *out, apr_pool_t *pool, const char *value)
{
    const char *slash = strchr(value, '/');
    apr_int64_t count, seconds;
    memset(out, 0, sizeof(*out));
    if (!strcasecmp(value, "off"))
        return 1;
    if (!slash ||
        !chat_text_int64(&count,
                         apr_pstrmemdup(pool, value, (apr_size_t)(slash - value))) ||
        !chat_text_int64(&seconds, slash + 1) || count < 1 || count > COUNT_MAX ||
        seconds < 1 || seconds > WINDOW_MAX)
        return 0;
    out->count = (apr_int32_t)count;
    out->seconds = (apr_int32_t)seconds;
    return 1;
}

static const char *set_rate_limit(cmd_parms *cmd, void *dir, const char *what,
                                  const char *value)
{
    const char *colon = strchr(what, ':');
    const chat_dialect_t *dialect;
    chat_limit_kind_t kind = CHAT_LIMIT_REQUESTS;
    chat_rule_t rule;
    dialect = chat_dialect_by_name(
        colon ? apr_pstrmemdup(cmd->pool, what, (apr_size_t)(colon - what)) : what);
    if (!dialect)
        return wrong(cmd, what, dialect_names(cmd->pool));
    if (colon && !limit_kind(&kind, colon + 1)) {
        return wrong(cmd, what,
                     "a dialect, alone or followed by :requests, :sends, :registrations, "
                     ":logins, :changes or :kilobytes");
    }
    if (!limit_rule(&rule, cmd->pool, value)) {
        return apr_psprintf(cmd->pool,
                            "ChatRateLimit %s %s: must be `off` or COUNT/SECONDS, with "
                            "COUNT from 1 to %d and SECONDS from 1 to %d",
                            what, value, COUNT_MAX, WINDOW_MAX);
    }
    levels_of(cmd, dir)->limits.of[dialect->id][kind] = rule;
    return NULL;
}

/* ---- mod_dbd's ---- */

static const char *needs_dbd(cmd_parms *cmd)
{
    if (ap_find_linked_module("mod_dbd.c"))
        return NULL;
    return apr_pstrcat(cmd->pool, cmd->cmd->name,
                       " belongs to mod_dbd, which is not loaded", NULL);
}

/* Distributions have the drivers in packages of their own; mod_dbd only names a file. */
static const char *see_driver(cmd_parms *cmd, void *dir, const char *value)
{
    const apr_dbd_driver_t *driver;
    const char *why = needs_dbd(cmd);
    (void)dir;
    chat_config_server(cmd->server)->driver = value;
    if (why || (strcmp(value, "sqlite3") && strcmp(value, "pgsql")) ||
        apr_dbd_get_driver(cmd->pool, value, &driver) != APR_EDSOOPEN)
        return why;
    return apr_psprintf(
        cmd->pool,
        "DBDriver %s: APR-util's driver of that name is not installed (in "
        "Debian the package libaprutil1-dbd-%s)",
        value, value);
}

static const char *see_params(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    chat_config_server(cmd->server)->params = value;
    return needs_dbd(cmd);
}

static const char *see_number(apr_int64_t *out, cmd_parms *cmd, const char *value)
{
    apr_int64_t n;
    /* mod_dbd says what is wrong with others */
    if (chat_text_int64(&n, value) && n >= 0)
        *out = n;
    return needs_dbd(cmd);
}

static const char *see_min(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return see_number(&chat_config_server(cmd->server)->dbd_min, cmd, value);
}

static const char *see_keep(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return see_number(&chat_config_server(cmd->server)->dbd_keep, cmd, value);
}

static const char *see_max(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return see_number(&chat_config_server(cmd->server)->dbd_max, cmd, value);
}

const command_rec chat_directives[] = {
    AP_INIT_TAKE1("ChatEngine", set_engine, NULL, RSRC_CONF,
                  "On: this server or virtual host serves chat; Off (default)"),
    AP_INIT_TAKE12("ChatAPI", add_api, NULL, OR_FILEINFO,
                   "a dialect and the URL path to mount it at, or `off`; in <Directory> "
                   "and .htaccess the dialect alone"),
    AP_INIT_TAKE1("ChatSecretFile", set_secret_file, NULL, RSRC_CONF,
                  "the file with the site's secret, 64 hexadecimal digits"),
    AP_INIT_ITERATE("ChatAllowOrigin", add_origin, NULL, RSRC_CONF,
                    "origins whose pages may use the API, as https://host[:port]"),
    AP_INIT_TAKE1("ChatRoomCreation", set_room_creation, NULL, RSRC_CONF,
                  "On (default) or Off: whether clients may make chatrooms"),
    AP_INIT_TAKE1("ChatRetention", set_retention, NULL, RSRC_CONF,
                  "how long messages are kept, or `off` (default): for ever"),
    AP_INIT_TAKE1(
        "ChatRevealPasswords", set_reveal_passwords, NULL, RSRC_CONF,
        "On: without ChatMailCommand, Kinglet's answers show the passwords that "
        "it makes; Off (default)"),
    AP_INIT_TAKE1(
        "ChatApprovedLists", set_approved_lists, NULL, RSRC_CONF,
        "On: direct messages only from senders that the recipient approved; Off "
        "(default)"),
    AP_INIT_TAKE1("ChatPasswordEndsSessions", set_password_ends_sessions, NULL, RSRC_CONF,
                  "On: a new password ends Kinglet's sessions too; Off (default)"),
    AP_INIT_TAKE1(
        "ChatAdmin", set_admin, NULL, RSRC_CONF,
        "On: accounts of rank 2 may administer the site through the Button API; "
        "Off (default)"),
    AP_INIT_TAKE_ARGV("ChatMailCommand", set_mail_command, NULL, RSRC_CONF,
                      "program and arguments that take a mail as sendmail does, or `off` "
                      "(default)"),
    AP_INIT_TAKE1("ChatMailTemplates", set_mail_templates, NULL, RSRC_CONF,
                  "directory with activation.txt and password.txt, the texts of mails"),
    AP_INIT_TAKE1("ChatRoom", set_room, NULL, RSRC_CONF | ACCESS_CONF,
                  "number of the chatroom that is served here; default 1"),
    AP_INIT_TAKE2("ChatRateLimit", set_rate_limit, NULL, OR_FILEINFO,
                  "DIALECT[:requests|sends|registrations|logins] and COUNT/SECONDS or "
                  "`off`"),
    AP_INIT_TAKE1("ChatMaxMessage", set_max_message, NULL, OR_FILEINFO,
                  "bytes that the text of a message may have; default 65536"),
    AP_INIT_TAKE1("ChatRegistration", set_registration, NULL, OR_FILEINFO,
                  "who may make an account: open (default), invite or closed"),
    AP_INIT_TAKE1("ChatSessionLifetime", set_session_lifetime, NULL, OR_FILEINFO,
                  "how long a session lasts, or `off`: until it is ended"),
    AP_INIT_TAKE12("ChatRealtime", chat_set_realtime, NULL, RSRC_CONF,
                   "auto (default), proxy, handover, park or off, and the URL path of "
                   "Socket.IO; default /socket.io/"),
    AP_INIT_TAKE2("ChatRealtimePing", chat_set_ping, NULL, RSRC_CONF,
                  "interval and time-out of Engine.IO's heartbeat; default 25s 20s"),
    AP_INIT_TAKE12("ChatDaemon", chat_set_daemon, NULL, RSRC_CONF,
                   "auto (default) [PROGRAM], external DIRECTORY, or off"),
    AP_INIT_TAKE1("ChatDiscordWebhook", chat_set_discord_webhook, NULL, RSRC_CONF,
                  "a webhook's URL, file:PATH of a file with it, channel:ID of a channel "
                  "for the bot, or `off`"),
    AP_INIT_TAKE1("ChatDiscordBotTokenFile", chat_set_discord_token, NULL, RSRC_CONF,
                  "the file with the bot's token, or `off`"),
    AP_INIT_TAKE1("ChatDiscordAPI", chat_set_discord_api, NULL, RSRC_CONF,
                  "where Discord's API is; default https://discord.com/api/v10"),
    AP_INIT_TAKE1("ChatDiscordInteractions", chat_set_discord_key, NULL, RSRC_CONF,
                  "the public key of Discord's application: its commands are taken; or "
                  "`off` (default)"),
    AP_INIT_TAKE1("DBDriver", see_driver, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDParams", see_params, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDMin", see_min, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDKeep", see_keep, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDMax", see_max, NULL, RSRC_CONF, "see mod_dbd"),
    {.name = NULL},
};
