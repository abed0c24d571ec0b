/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and opening the site that a command works on. */
#include "site.h"

#include "serve.h"

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The next word of a configuration line; quotes as httpd reads them. */
static const char *next_word(const char **line, apr_pool_t *pool)
{
    const char *p = *line;
    char *word, *to;
    char quote = 0;
    while (apr_isspace(*p))
        p++;
    word = to = apr_palloc(pool, strlen(p) + 1);
    if (*p == '"' || *p == '\'')
        quote = *p++;
    for (; *p && (quote ? *p != quote : !apr_isspace(*p)); p++) {
        if (quote && *p == '\\' && (p[1] == quote || p[1] == '\\'))
            p++;
        *to++ = *p;
    }
    *to = '\0';
    *line = *p ? p + 1 : p;
    return word;
}

typedef struct named_t {
    const char *driver, *params, *secret;
    const char *other; /* other DBDParams than those before it, or NULL */
} named_t;

static void read_params(named_t *out, const char *params)
{
    if (out->params && strcmp(out->params, params))
        out->other = params;
    else
        out->params = params;
}

static void read_line(named_t *out, const char *line, apr_pool_t *pool)
{
    const char *name = next_word(&line, pool);
    if (!strcasecmp(name, "DBDriver"))
        out->driver = next_word(&line, pool);
    else if (!strcasecmp(name, "DBDParams"))
        read_params(out, next_word(&line, pool));
    else if (!strcasecmp(name, "ChatSecretFile"))
        out->secret = next_word(&line, pool);
}

static int read_conf(named_t *out, const char *file, apr_pool_t *pool)
{
    apr_file_t *f;
    char line[4096];
    apr_status_t rv = apr_file_open(&f, file, APR_READ | APR_BUFFERED, 0, pool);
    if (rv != APR_SUCCESS) {
        char why[120];
        return chatctl_fail("cannot read %s: %s", file,
                            apr_strerror(rv, why, sizeof(why)));
    }
    while (apr_file_gets(line, sizeof(line), f) == APR_SUCCESS)
        read_line(out, line, pool);
    apr_file_close(f);
    return 0;
}

/* What the configuration files say. What the command line says of the database is not
 * theirs to change. */
static int read_confs(named_t *out, const chatctl_t *ctl)
{
    named_t read = {NULL, NULL, NULL, NULL};
    int rc = 0;
    for (int i = 0; !rc && ctl->conf && i < ctl->conf->nelts; i++)
        rc = read_conf(&read, APR_ARRAY_IDX(ctl->conf, i, const char *), ctl->pool);
    if (!rc && read.other && !ctl->database)
        return chatctl_fail("--conf names two databases, DBDParams %s and %s: choose one "
                            "with --database DRIVER:PARAMS",
                            read.params, read.other);
    if (read.driver && !ctl->database)
        out->driver = read.driver;
    if (read.params && !ctl->database)
        out->params = read.params;
    if (read.secret)
        out->secret = read.secret;
    return rc;
}

/* Its configuration may be of a start that failed: its database is what it remembers. */
static int read_state(named_t *out, const chatctl_t *ctl)
{
    const char *why;
    int rc = read_conf(out, apr_pstrcat(ctl->pool, ctl->state, "/httpd.conf", NULL),
                       ctl->pool);
    if (rc)
        return rc;
    why = chatctl_state_database(&out->driver, &out->params, ctl->state, ctl->pool);
    if (why)
        return chatctl_fail("%s", why);
    out->secret = strcmp(out->driver, "sqlite3")
                      ? apr_pstrcat(ctl->pool, ctl->state, "/secret", NULL)
                      : NULL;
    return 0;
}

static int find_names(named_t *out, chatctl_t *ctl)
{
    const char *colon;
    int rc = 0;
    if (ctl->database) {
        colon = strchr(ctl->database, ':');
        if (!colon)
            return chatctl_misused(ctl, "--database takes DRIVER:PARAMS");
        out->driver = apr_pstrmemdup(ctl->pool, ctl->database, colon - ctl->database);
        out->params = colon + 1;
    }
    else if (ctl->state) {
        rc = read_state(out, ctl);
    }
    else if (!ctl->conf) {
        return chatctl_misused(ctl, "name the site with --state, --database or --conf");
    }
    if (!rc)
        rc = read_confs(out, ctl);
    if (!rc && (!out->driver || !out->params))
        rc = chatctl_fail("no DBDriver and DBDParams found there");
    return rc;
}

static void log_line(void *baton, chat_log_level_t level, apr_status_t rv,
                     const char *text)
{
    (void)baton;
    (void)rv;
    if (level <= CHAT_LOG_WARNING)
        fprintf(stderr, "chatctl: %s\n", text);
}

int chatctl_site_secret(chatctl_site_t *s)
{
    char why[120];
    apr_status_t rv;
    if (!s->secret_file)
        return chatctl_fail("this needs the secret of the site, whose file is not known; "
                            "name it by ChatSecretFile in --conf");
    rv = chat_secret_load(&s->site.secret, s->secret_file, s->ctl->pool);
    if (rv == CHAT_MALFORMED)
        return chatctl_fail("this needs the secret of the site: %s is no secret file",
                            s->secret_file);
    if (rv != APR_SUCCESS)
        return chatctl_fail("this needs the secret of the site: cannot read %s: %s",
                            s->secret_file, apr_strerror(rv, why, sizeof(why)));
    return 0;
}

static int open_store(chatctl_site_t *out)
{
    apr_pool_t *pool = out->ctl->pool;
    chat_source_t source;
    const char *why = "no reason";
    apr_status_t rv = chat_source_single(&source, &out->database, &why, pool);
    /* the tool may be newer than the server that made the database */
    if (rv == APR_SUCCESS)
        rv = chat_store_migrate(&out->database, -1, -1, &why, pool);
    if (rv == APR_SUCCESS) {
        why = "its lock file cannot be used";
        rv = chat_store_create(&out->site.store, &out->database, &source, &out->site.log,
                               pool);
    }
    return rv == APR_SUCCESS ? 0 : chatctl_fail("%s", why);
}

int chatctl_site_open(chatctl_site_t *out, chatctl_t *ctl, long room)
{
    named_t names = {NULL, NULL, NULL, NULL};
    const char *why = NULL;
    int rc;
    memset(out, 0, sizeof(*out));
    out->ctl = ctl;
    out->site.log.fn = log_line;
    out->site.log.level = CHAT_LOG_WARNING;
    rc = find_names(&names, ctl);
    if (rc)
        return rc;
    if (chat_database_parse(&out->database, &why, names.driver, names.params,
                            ctl->pool) != APR_SUCCESS)
        return chatctl_fail("%s", why);
    if (chat_crypt_init() != APR_SUCCESS)
        return chatctl_fail("there is no source of randomness");
    rc = open_store(out);
    out->secret_file = names.secret;
    if (!out->secret_file && out->database.file)
        out->secret_file = apr_pstrcat(ctl->pool, out->database.file, ".secret", NULL);
    chat_settings_default(&out->settings);
    out->settings.room = room;
    out->call.pool = ctl->pool;
    out->call.site = &out->site;
    out->call.settings = &out->settings;
    out->call.room = room;
    out->call.address = "127.0.0.1";
    out->call.now = apr_time_now();
    return rc;
}

const char *chatctl_read_password(chatctl_t *ctl)
{
    char line[CHAT_PASSWORD_MAX + 2];
    apr_size_t len;
    if (!fgets(line, sizeof(line), stdin)) {
        chatctl_fail("no password on standard input");
        return NULL;
    }
    len = strcspn(line, "\r\n");
    if (!len || len > CHAT_PASSWORD_MAX) {
        chatctl_fail("a password has 1 to %d bytes", CHAT_PASSWORD_MAX);
        return NULL;
    }
    return apr_pstrmemdup(ctl->pool, line, len);
}

int chatctl_site_begin(chatctl_site_t *out, chatctl_t *ctl,
                       const chatctl_option_t *options, apr_array_header_t **args,
                       int wanted)
{
    int has_room = options->name && !strcmp(options->name, "--room");
    long first = 1, *room = has_room ? options->value : &first;
    int rc;
    *room = 1;
    rc = chatctl_arguments(ctl, options, args);
    if (!rc && (*args)->nelts != wanted)
        rc = chatctl_misused(ctl, "%d argument%s needed", wanted,
                             wanted == 1 ? " is" : "s are");
    return rc ? rc : chatctl_site_open(out, ctl, *room);
}
