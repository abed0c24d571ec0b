/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives and its handlers. */
#include "httpd/config/directives.h"

#include "api/dialects.h"
#include "base/origin.h"
#include "base/text.h"
#include "httpd/config/config.h"
#include "httpd/config/directives_discord.h"
#include "httpd/config/directives_realtime.h"
#include "httpd/config/directives_signon.h"

#include <apr_dbd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <unistd.h>

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

int chat_row_word(const chat_row_t *row, const char *name)
{
    apr_size_t len = strlen(name);
    const char *word = row->words;
    for (int n = 0;; n++) {
        apr_size_t l = strcspn(word, "|");
        if (l == len && !strncasecmp(word, name, len))
            return n;
        if (!word[l])
            return -1;
        word += l + 1;
    }
}

static const char *words_of(const chat_row_t *row, apr_pool_t *pool)
{
    char *text = apr_pstrdup(pool, row->words), *last = strrchr(text, '|'), *bar;
    const char *rest = last + 1;
    *last = '\0';
    while ((bar = strchr(text, '|')) != NULL) {
        *bar = '\0';
        text = apr_pstrcat(pool, text, ", ", bar + 1, NULL);
    }
    return apr_pstrcat(pool, text, " or ", rest, NULL);
}

/* ---- setters of the kinds: cmd->info is the row ---- */

static void *member_of(cmd_parms *cmd, void *dir)
{
    const chat_row_t *row = cmd->info;
    void *base = chat_config_server(cmd->server);
    if (row->place)
        base = levels_of(cmd, dir);
    return (char *)base + row->at;
}

static const char *chat_set_flag(cmd_parms *cmd, void *dir, const char *value)
{
    int *out = member_of(cmd, dir);
    if (strcasecmp(value, "on") && strcasecmp(value, "off"))
        return wrong(cmd, value, "On or Off");
    *out = !strcasecmp(value, "on");
    return NULL;
}

static const char *chat_set_number(cmd_parms *cmd, void *dir, const char *value)
{
    const chat_row_t *row = cmd->info;
    apr_int64_t n;
    if (!chat_text_int64(&n, value) || n < row->min || n > row->max)
        return apr_psprintf(cmd->pool,
                            "%s %s: must be a whole number from %" APR_INT64_T_FMT
                            " to %" APR_INT64_T_FMT,
                            cmd->cmd->name, value, row->min, row->max);
    *(apr_int64_t *)member_of(cmd, dir) = n;
    return NULL;
}

/* As httpd's own time-outs, which know no days. */
static int span_of(apr_interval_time_t *out, const char *value)
{
    apr_size_t digits = strspn(value, "0123456789");
    if (digits && digits <= 5 && !strcasecmp(value + digits, "d")) {
        *out = apr_time_from_sec(apr_atoi64(value) * 86400);
        return 1;
    }
    return digits && ap_timeout_parameter_parse(value, out, "s") == APR_SUCCESS;
}

/* Seconds, or a number with unit; `off` gives 0. */
static const char *chat_set_time(cmd_parms *cmd, void *dir, const char *value)
{
    const chat_row_t *row = cmd->info;
    apr_interval_time_t span = 0;
    if (strcasecmp(value, "off") &&
        (!span_of(&span, value) || apr_time_sec(span) < row->min ||
         apr_time_sec(span) > row->max))
        return apr_psprintf(cmd->pool,
                            "%s %s: must be `off` or a time of at least %d seconds: a "
                            "number of seconds, or with a unit as in 90mi, 12h or 30d",
                            cmd->cmd->name, value, (int)row->min);
    *(apr_int64_t *)member_of(cmd, dir) = apr_time_sec(span);
    return NULL;
}

static const char *chat_set_choice(cmd_parms *cmd, void *dir, const char *value)
{
    const chat_row_t *row = cmd->info;
    int n = chat_row_word(row, value);
    if (n < 0)
        return wrong(cmd, value, words_of(row, cmd->pool));
    *(apr_int64_t *)member_of(cmd, dir) = n;
    return NULL;
}

/* ---- per server ---- */

/* No shell ever sees the words. */
static const char *chat_set_mail_command(cmd_parms *cmd, void *dir, int argc,
                                         char *const argv[])
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 4, sizeof(const char *));
    (void)dir;
    if (argc < 1 || (*argv[0] != '/' && (argc > 1 || strcasecmp(argv[0], "off"))))
        return wrong(cmd, argc ? argv[0] : "",
                     "`off`, or the absolute path of a sendmail-compatible program, and "
                     "its arguments");
    if (*argv[0] == '/' && access(argv[0], X_OK))
        return wrong(cmd, argv[0], "an executable program");
    for (int i = 0; i < argc && *argv[0] == '/'; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    chat_config_server(cmd->server)->mail_command = words;
    return NULL;
}

static const char *chat_set_mail_templates(cmd_parms *cmd, void *dir, const char *value)
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

static const char *chat_set_secret_file(cmd_parms *cmd, void *dir, const char *value)
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

static const char *chat_set_origin(cmd_parms *cmd, void *dir, const char *value)
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

static const char *chat_set_api(cmd_parms *cmd, void *dir, const char *name,
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

/* Sessions are deleted when no place of the site accepts them any more. */
static const char *chat_set_session_lifetime(cmd_parms *cmd, void *dir, const char *value)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    const char *why = chat_set_time(cmd, dir, value);
    if (!why && cmd->path && !in_htaccess(cmd))
        conf->longest_session = chat_span_longer(conf->longest_session,
                                                 levels_of(cmd, dir)->session_lifetime);
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

static const char *chat_set_rate_limit(cmd_parms *cmd, void *dir, const char *what,
                                       const char *value)
{
    const char *colon = strchr(what, ':');
    const chat_dialect_t *dialect;
    chat_limit_kind_t kind = CHAT_LIMIT_REQUESTS;
    chat_rule_t rule = {0};
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

static const char *chat_set_seen(cmd_parms *cmd, void *dir, const char *value)
{
    *(const char **)member_of(cmd, dir) = value;
    return needs_dbd(cmd);
}

/* Distributions have the drivers in packages of their own; mod_dbd only names a file. */
static const char *chat_set_seen_driver(cmd_parms *cmd, void *dir, const char *value)
{
    const apr_dbd_driver_t *driver;
    const char *why = chat_set_seen(cmd, dir, value);
    if (why || (strcmp(value, "sqlite3") && strcmp(value, "pgsql")) ||
        apr_dbd_get_driver(cmd->pool, value, &driver) != APR_EDSOOPEN)
        return why;
    return apr_psprintf(
        cmd->pool,
        "DBDriver %s: APR-util's driver of that name is not installed (in "
        "Debian the package libaprutil1-dbd-%s)",
        value, value);
}

static const char *chat_set_seen_number(cmd_parms *cmd, void *dir, const char *value)
{
    apr_int64_t n;
    /* mod_dbd reports other mistakes */
    if (chat_text_int64(&n, value) && n >= 0)
        *(apr_int64_t *)member_of(cmd, dir) = n;
    return needs_dbd(cmd);
}

/* ---- the table ---- */

enum {
#define NUMBER(name, setter, how, where, kind, member, ...) ROW_##member,
    CHAT_SERVER_DIRECTIVES(NUMBER) CHAT_PLACE_DIRECTIVES(NUMBER)
};

static const chat_row_t rows[] = {
#define ROW(struct_type, in_place, member, min, max, words, def) \
    {in_place, APR_OFFSETOF(struct_type, member), min, max, words, def},
#define SERVER_ROW(name, setter, how, where, kind, member, min, max, words, def, ...) \
    ROW(chat_server_conf_t, 0, member, min, max, words, def)
#define PLACE_ROW(name, setter, how, where, kind, member, min, max, words, def, ...) \
    ROW(chat_levels_t, 1, member, min, max, words, def)
    CHAT_SERVER_DIRECTIVES(SERVER_ROW) CHAT_PLACE_DIRECTIVES(PLACE_ROW)};

const command_rec chat_directives[] = {
#define DIRECTIVE(name, setter, how, where, kind, member, min, max, words, def, chatd, \
                  help, ...)                                                           \
    AP_INIT_##how(name, chat_set_##setter, (void *)&rows[ROW_##member], where, help),
    CHAT_SERVER_DIRECTIVES(DIRECTIVE) CHAT_PLACE_DIRECTIVES(DIRECTIVE){.name = NULL},
};

/* ---- defaults ---- */

/* Gives the default of CMD's row to its setter. */
static void set_default(cmd_parms *parms, const command_rec *cmd, void *dir)
{
    const char *words = ((const chat_row_t *)cmd->cmd_data)->def;
    const char *first = ap_getword_conf(parms->pool, &words);
    const char *second = *words ? ap_getword_conf(parms->pool, &words) : NULL;
    parms->cmd = cmd;
    parms->info = cmd->cmd_data;
    if (!*first)
        return;
    if (cmd->args_how == TAKE1)
        cmd->AP_TAKE1(parms, dir, first);
    else if (cmd->args_how == TAKE2 || cmd->args_how == TAKE12)
        cmd->AP_TAKE2(parms, dir, first, second);
}

void chat_directives_default(server_rec *s, apr_pool_t *pool, apr_pool_t *temp)
{
    void *said = chat_config_server(s), *base = chat_config_server_create(pool, s);
    void *dir = ap_get_module_config(s->lookup_defaults, &chat_module);
    chat_dir_conf_t *base_dir = chat_config_dir_create(pool, NULL);
    /* one pool for both would look like .htaccess */
    cmd_parms parms = {
        .pool = pool, .temp_pool = temp, .server = s, .override = RSRC_CONF};
    ap_set_module_config(s->module_config, &chat_module, base);
    for (const command_rec *cmd = chat_directives; cmd->name; cmd++)
        set_default(&parms, cmd, base_dir);
    chat_rules_default(base_dir->own.limits.of);
    ap_set_module_config(s->module_config, &chat_module,
                         chat_config_server_merge(pool, base, said));
    ap_set_module_config(s->lookup_defaults, &chat_module,
                         chat_config_dir_merge(pool, base_dir, dir));
}
