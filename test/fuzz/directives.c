/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of httpd's configuration, given to the handlers of the directives: what is taken
 * keeps to the ranges. httpd's own functions stand here in short forms. */
#include "httpd/config/directives.h"

#include "base/origin.h"
#include "fuzz.h"
#include "httpd/config/config.h"

#include <apr_dbd.h>
#include <errno.h>

#define WORDS_MAX 8

module AP_MODULE_DECLARE_DATA chat_module;

/* The line begins with '.' when it stands in .htaccess. */
static int htaccess;

AP_DECLARE(const char *) ap_check_cmd_context(cmd_parms *cmd, unsigned forbidden)
{
    (void)cmd;
    return htaccess && (forbidden & NOT_IN_HTACCESS) ? "not in .htaccess" : NULL;
}

AP_DECLARE(module *) ap_find_linked_module(const char *name)
{
    (void)name;
    return &chat_module;
}

AP_DECLARE(int) ap_is_matchexp(const char *str)
{
    return strpbrk(str, "*?") != NULL;
}

AP_DECLARE(char *) ap_server_root_relative(apr_pool_t *p, const char *fname)
{
    return apr_pstrcat(p, *fname == '/' ? "" : "/etc/apache2/", fname, NULL);
}

/* As httpd reads words, but for the escapes. */
AP_DECLARE(char *) ap_getword_conf(apr_pool_t *p, const char **line)
{
    const char *s = *line + strspn(*line, " \t");
    char quote = *s == '"' || *s == '\'' ? *s++ : 0;
    size_t n = 0;
    char *word;
    while (s[n] && (quote ? s[n] != quote : !strchr(" \t", s[n])))
        n++;
    word = apr_pstrmemdup(p, s, n);
    s += n + (quote && s[n]);
    *line = s + strspn(s, " \t");
    return word;
}

AP_DECLARE(apr_status_t)
ap_timeout_parameter_parse(const char *text, apr_interval_time_t *out, const char *unit)
{
    static const struct {
        const char *name;
        apr_int64_t us;
    } units[] = {{"s", 1000000}, {"ms", 1000}, {"mi", 60000000}, {"h", 3600000000}};
    char *end;
    apr_int64_t n = apr_strtoi64(text, &end, 10);
    if (errno || n < 0 || n > APR_INT64_MAX / 3600000000)
        return APR_EGENERAL;
    unit = *end ? end : unit;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (!strncasecmp(unit, units[i].name, strlen(units[i].name))) {
            *out = n * units[i].us;
            return APR_SUCCESS;
        }
    }
    return APR_EGENERAL;
}

static const char *give(cmd_parms *cmd, void *dir, int argc, char **argv)
{
    const command_rec *c = cmd->cmd;
    const char *why = NULL;
    switch (c->args_how) {
    case TAKE1:
        return argc == 1 ? c->AP_TAKE1(cmd, dir, argv[0]) : "one argument";
    case ITERATE:
        for (int i = 0; i < argc && !why; i++)
            why = c->AP_TAKE1(cmd, dir, argv[i]);
        return argc ? why : "arguments";
    case TAKE2:
        return argc == 2 ? c->AP_TAKE2(cmd, dir, argv[0], argv[1]) : "two arguments";
    case TAKE12:
        return argc == 1 || argc == 2 ? c->AP_TAKE2(cmd, dir, argv[0], argv[1])
                                      : "one or two arguments";
    default:
        return c->AP_TAKE_ARGV(cmd, dir, argc, argv);
    }
}

static void rule_in_range(const chat_rule_t *rule)
{
    insist(rule->count == CHAT_UNSET || rule->count == 0 ||
           (rule->count >= 1 && rule->count <= 1000000 && rule->seconds >= 1 &&
            rule->seconds <= 31 * 86400));
}

static void levels_in_range(const chat_levels_t *l)
{
    insist(l->room >= CHAT_UNSET && l->room != 0 && l->room <= CHAT_ROOM_MAX);
    insist(l->max_message >= CHAT_UNSET && l->max_message != 0 &&
           l->max_message <= 1048576);
    insist(l->registration >= CHAT_UNSET && l->registration <= 2);
    insist(l->session_lifetime <= CHAT_TIME_MAX &&
           (l->session_lifetime <= 0 || l->session_lifetime >= 60));
    for (int d = 0; d < CHAT_DIALECTS; d++) {
        for (int k = 0; k < CHAT_LIMIT_KINDS; k++)
            rule_in_range(&l->limits.of[d][k]);
    }
}

static void server_in_range(const chat_server_conf_t *conf, apr_pool_t *pool)
{
    insist(conf->retention <= CHAT_TIME_MAX &&
           (conf->retention <= 0 || conf->retention >= 60));
    insist(conf->ping_interval <= 3600000 && conf->ping_timeout <= 3600000);
    for (int i = 0; conf->prefixes && i < conf->prefixes->nelts; i++) {
        const char *prefix = APR_ARRAY_IDX(conf->prefixes, i, chat_prefix_t).prefix;
        insist(!prefix || !*prefix || (*prefix == '/' && prefix[1] != '/'));
    }
    for (int i = 0; conf->origins && i < conf->origins->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(conf->origins, i, const char *);
        insist(!strcmp(origin, chat_origin_canonical(origin, pool)));
    }
    if (conf->realtime_path) {
        insist(*conf->realtime_path == '/' &&
               conf->realtime_path[strlen(conf->realtime_path) - 1] == '/');
    }
}

/* LINE alone, on a configuration of its own that is then merged with itself. */
static void take(const char *line, apr_pool_t *pool)
{
    void *slots[1];
    server_rec server = {.module_config = (struct ap_conf_vector_t *)slots};
    ap_directive_t directive = {.directive = "", .args = ""};
    cmd_parms cmd = {
        .pool = pool, .temp_pool = pool, .server = &server, .directive = &directive};
    chat_dir_conf_t *dir = chat_config_dir_create(pool, NULL);
    char *argv[WORDS_MAX + 1] = {NULL}, *name;
    const char *why;
    int argc = 0;
    chat_module.module_index = 0;
    slots[0] = chat_config_server_create(pool, &server);
    htaccess = *line == '.';
    line += htaccess;
    if (*line == '>') {
        cmd.path = "/srv/www/";
        line++;
    }
    name = ap_getword_conf(pool, &line);
    while (*line && argc < WORDS_MAX)
        argv[argc++] = ap_getword_conf(pool, &line);
    for (cmd.cmd = chat_directives; cmd.cmd->name; cmd.cmd++) {
        if (strcasecmp(cmd.cmd->name, name))
            continue;
        cmd.info = cmd.cmd->cmd_data;
        why = give(&cmd, dir, argc, argv);
        insist(!why || *why);
        if (why)
            return;
        server_in_range(chat_config_server_merge(pool, slots[0], slots[0]), pool);
        dir = chat_config_dir_merge(pool, dir, dir);
        levels_in_range(&dir->own);
        levels_in_range(&dir->cap);
    }
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    static apr_pool_t *drivers;
    (void)len;
    if (!drivers) {
        insist(apr_pool_create(&drivers, NULL) == APR_SUCCESS);
        insist(apr_dbd_init(drivers) == APR_SUCCESS);
    }
    while (*text) {
        size_t n = strcspn(text, "\n");
        take(apr_pstrmemdup(pool, text, n), pool);
        text += n + (text[n] == '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
