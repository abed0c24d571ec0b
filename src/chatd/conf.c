/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/conf.h"

#include "base/status.h"
#include "base/text.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define CONF_MAX (1024 * 1024)

typedef struct reader_t {
    chatd_conf_t *conf;
    chatd_site_conf_t *site; /* the one being read */
    apr_pool_t *pool;
    const char **why;
} reader_t;

static apr_status_t wrong(reader_t *r, const char *word, const char *what)
{
    *r->why = apr_psprintf(r->pool, "%s: %s", word, what);
    return CHAT_MALFORMED;
}

static apr_status_t read_level(reader_t *r, const char *value)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    for (int i = 0; i < 5; i++) {
        if (!strcmp(value, names[i])) {
            r->conf->level = (chat_log_level_t)i;
            return APR_SUCCESS;
        }
    }
    return wrong(r, "log", "error, warning, notice, info or debug");
}

static void begin_site(reader_t *r, const char *name)
{
    chatd_site_conf_t *site = apr_array_push(r->conf->sites);
    memset(site, 0, sizeof(*site));
    site->name = name;
    site->path = "/socket.io/";
    site->room = 1;
    site->ping_interval = 25000;
    site->ping_timeout = 20000;
    site->origins = apr_array_make(r->pool, 2, sizeof(const char *));
    site->mail = apr_array_make(r->pool, 4, sizeof(const char *));
    r->site = site;
}

static apr_status_t read_ping(reader_t *r, const char *value)
{
    apr_int64_t interval, timeout;
    char *last, *copy = apr_pstrdup(r->pool, value);
    const char *first = apr_strtok(copy, " ", &last);
    const char *second = apr_strtok(NULL, " ", &last);
    if (!first || !second || !chat_text_int64(&interval, first) ||
        !chat_text_int64(&timeout, second) || interval < 1 || timeout < 1 ||
        interval > 3600000 || timeout > 3600000)
        return wrong(r, "ping", "two times in milliseconds");
    r->site->ping_interval = (unsigned)interval;
    r->site->ping_timeout = (unsigned)timeout;
    return APR_SUCCESS;
}

/* Where a word goes that is kept as it is; NULL for others. */
static const char **text_of(chatd_site_conf_t *site, const char *word)
{
    const struct {
        const char *word;
        const char **text;
    } texts[] = {
        {"driver", &site->driver},
        {"params", &site->params},
        {"secret", &site->secret},
        {"path", &site->path},
        {"discord-api", &site->discord_api},
        {"discord-webhook", &site->discord_webhook},
        {"discord-token", &site->discord_token},
        {"mail-templates", &site->mail_templates},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (!strcmp(word, texts[i].word))
            return texts[i].text;
    }
    return NULL;
}

static apr_status_t read_site_word(reader_t *r, const char *word, const char *value)
{
    chatd_site_conf_t *site = r->site;
    const char **text;
    if (!site)
        return wrong(r, word, "stands before the first site");
    text = text_of(site, word);
    if (text)
        *text = value;
    else if (!strcmp(word, "origin"))
        APR_ARRAY_PUSH(site->origins, const char *) = value;
    else if (!strcmp(word, "mail-command"))
        APR_ARRAY_PUSH(site->mail, const char *) = value;
    else if (!strcmp(word, "ping"))
        return read_ping(r, value);
    else if (strcmp(word, "room") != 0)
        return wrong(r, word, "is no word of this file");
    else if (!chat_text_int64(&site->room, value) || site->room < 1)
        return wrong(r, word, "a number from 1");
    return APR_SUCCESS;
}

static apr_status_t read_line(reader_t *r, char *line)
{
    char *value = line + strcspn(line, " ");
    if (!*line || *line == '#')
        return APR_SUCCESS;
    if (*value)
        *value++ = '\0';
    if (!strcmp(line, "log"))
        return read_level(r, value);
    if (!strcmp(line, "files"))
        return chat_text_int64(&r->conf->files, value) ? APR_SUCCESS
                                                       : wrong(r, line, "a number");
    if (!strcmp(line, "site")) {
        begin_site(r, value);
        return APR_SUCCESS;
    }
    return read_site_word(r, line, value);
}

static apr_status_t check(reader_t *r)
{
    for (int i = 0; i < r->conf->sites->nelts; i++) {
        const chatd_site_conf_t *s = &APR_ARRAY_IDX(r->conf->sites, i, chatd_site_conf_t);
        if (!s->driver || !s->params || !s->secret)
            return wrong(r, s->name, "driver, params and secret are needed");
    }
    return APR_SUCCESS;
}

static apr_status_t read_file(const char **text, const char *file, apr_pool_t *pool)
{
    apr_file_t *f;
    apr_finfo_t info;
    char *data;
    apr_size_t len = 0;
    apr_status_t rv = apr_file_open(&f, file, APR_READ, 0, pool);
    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_file_info_get(&info, APR_FINFO_SIZE, f);
    if (rv == APR_SUCCESS && info.size > CONF_MAX)
        rv = CHAT_TOOBIG;
    if (rv == APR_SUCCESS) {
        data = apr_palloc(pool, info.size + 1);
        rv = apr_file_read_full(f, data, info.size, &len);
        data[len] = '\0';
        *text = data;
    }
    apr_file_close(f);
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

apr_status_t chatd_conf_read(chatd_conf_t *out, const char **why, const char *file,
                             apr_pool_t *pool)
{
    reader_t r = {.conf = out, .pool = pool, .why = why};
    char *copy, *line, *last = NULL;
    apr_status_t rv;
    memset(out, 0, sizeof(*out));
    out->level = CHAT_LOG_NOTICE;
    out->sites = apr_array_make(pool, 4, sizeof(chatd_site_conf_t));
    *why = "it cannot be read";
    rv = read_file(&out->text, file, pool);
    if (rv != APR_SUCCESS)
        return rv;
    copy = apr_pstrdup(pool, out->text);
    for (line = apr_strtok(copy, "\n", &last); line;
         line = apr_strtok(NULL, "\n", &last)) {
        rv = read_line(&r, line);
        if (rv != APR_SUCCESS)
            return rv;
    }
    return check(&r);
}
