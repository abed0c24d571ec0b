/* SPDX-License-Identifier: Apache-2.0 */
/* chatd.conf: one table for writing and reading. */
#include "wire/conf.h"

#include "base/buffer.h"
#include "base/status.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

#define HOUR_MS 3600000

typedef enum kind_t { TEXT, LIST, NUMBER } kind_t;

typedef struct row_t {
    const char *word;
    kind_t kind;
    int needed;
    apr_size_t at;   /* of the member in chat_wire_site_t */
    apr_int64_t max; /* of a number, which is 1 at least */
} row_t;

#define AT(member) APR_OFFSETOF(chat_wire_site_t, member)

/* clang-format off */
static const row_t rows[] = {
    {"site",            TEXT,   1, AT(name), 0}, /* the first: it begins the site */
    {"driver",          TEXT,   1, AT(driver), 0},
    {"params",          TEXT,   1, AT(params), 0},
    {"secret",          TEXT,   1, AT(secret), 0},
    {"room",            NUMBER, 1, AT(room), APR_INT64_MAX},
    {"path",            TEXT,   1, AT(path), 0},
    {"ping-interval",   NUMBER, 1, AT(ping_interval), HOUR_MS},
    {"ping-timeout",    NUMBER, 1, AT(ping_timeout), HOUR_MS},
    {"origin",          LIST,   0, AT(origins), 0},
    {"mail-command",    LIST,   0, AT(mail), 0},
    {"mail-templates",  TEXT,   0, AT(mail_templates), 0},
    {"discord-api",     TEXT,   0, AT(discord_api), 0},
    {"discord-webhook", TEXT,   0, AT(discord_webhook), 0},
    {"discord-token",   TEXT,   0, AT(discord_token), 0},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(*rows))

static void *member_of(const chat_wire_site_t *site, const row_t *row)
{
    return (char *)site + row->at;
}

void chat_wire_conf_init(chat_wire_conf_t *out, apr_pool_t *pool)
{
    out->level = CHAT_LOG_NOTICE;
    out->sites = apr_array_make(pool, 4, sizeof(chat_wire_site_t));
}

/* ---- write ---- */

/* A newline in VALUE would begin a word of its own. */
static void write_line(chat_buffer_t *out, const char *word, const char *value)
{
    if (strchr(value, '\n'))
        out->overflow = 1;
    chat_buffer_printf(out, "%s %s\n", word, value);
}

static void write_row(chat_buffer_t *out, const chat_wire_site_t *site, const row_t *row)
{
    const char *const *text = member_of(site, row);
    apr_array_header_t *const *list = member_of(site, row);
    const apr_int64_t *number = member_of(site, row);
    char digits[CHAT_INT_SIZE];
    switch (row->kind) {
    case TEXT:
        if (*text)
            write_line(out, row->word, *text);
        break;
    case LIST:
        for (int i = 0; *list && i < (*list)->nelts; i++)
            write_line(out, row->word, APR_ARRAY_IDX(*list, i, const char *));
        break;
    case NUMBER:
        chat_int_text(digits, *number);
        write_line(out, row->word, digits);
    }
}

const char *chat_wire_conf_write(const chat_wire_conf_t *conf, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 4096, CHAT_WIRE_CONF_MAX, pool);
    write_line(&out, "#", "Written by httpd at each start: changes here are lost.");
    write_line(&out, "log", chat_log_level_name(conf->level));
    for (int i = 0; i < conf->sites->nelts; i++) {
        for (apr_size_t k = 0; k < ROWS; k++)
            write_row(&out, &APR_ARRAY_IDX(conf->sites, i, chat_wire_site_t), &rows[k]);
    }
    return out.overflow ? NULL : chat_buffer_text(&out);
}

/* ---- read ---- */

typedef struct reader_t {
    chat_wire_conf_t *conf;
    chat_wire_site_t *site; /* the one being read */
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
    for (int i = CHAT_LOG_ERROR; i <= CHAT_LOG_DEBUG; i++) {
        if (!strcmp(value, chat_log_level_name((chat_log_level_t)i))) {
            r->conf->level = (chat_log_level_t)i;
            return APR_SUCCESS;
        }
    }
    return wrong(r, "log", "error, warn, notice, info or debug");
}

static const row_t *row_of(const char *word)
{
    for (apr_size_t k = 0; k < ROWS; k++) {
        if (!strcmp(word, rows[k].word))
            return &rows[k];
    }
    return NULL;
}

static apr_status_t read_row(reader_t *r, const row_t *row, const char *value)
{
    void *member = member_of(r->site, row);
    apr_array_header_t **list = member;
    apr_int64_t *number = member;
    switch (row->kind) {
    case TEXT:
        *(const char **)member = value;
        break;
    case LIST:
        APR_ARRAY_PUSH(*list, const char *) = value;
        break;
    case NUMBER:
        if (!chat_text_int64(number, value) || *number < 1 || *number > row->max)
            return wrong(
                r, row->word,
                apr_psprintf(r->pool, "a number from 1 to %" APR_INT64_T_FMT, row->max));
    }
    return APR_SUCCESS;
}

static void begin_site(reader_t *r)
{
    r->site = apr_array_push(r->conf->sites);
    memset(r->site, 0, sizeof(*r->site));
    for (apr_size_t k = 0; k < ROWS; k++) {
        if (rows[k].kind == LIST)
            *(apr_array_header_t **)member_of(r->site, &rows[k]) =
                apr_array_make(r->pool, 2, sizeof(const char *));
    }
}

static apr_status_t read_line(reader_t *r, char *line)
{
    char *value = line + strcspn(line, " ");
    const row_t *row;
    if (*line == '#')
        return APR_SUCCESS;
    if (*value)
        *value++ = '\0';
    if (!strcmp(line, "log"))
        return read_level(r, value);
    row = row_of(line);
    if (!row)
        return wrong(r, line, "unknown word");
    if (row == rows)
        begin_site(r);
    return r->site ? read_row(r, row, value) : wrong(r, line, "before the first site");
}

/* A number that was not read is 0. */
static apr_status_t check(reader_t *r, const chat_wire_site_t *site)
{
    for (apr_size_t k = 0; k < ROWS; k++) {
        const void *member = member_of(site, &rows[k]);
        if (rows[k].needed && (rows[k].kind == NUMBER ? !*(const apr_int64_t *)member
                                                      : !*(const char *const *)member))
            return wrong(r, site->name,
                         apr_pstrcat(r->pool, rows[k].word, " is missing", NULL));
    }
    return APR_SUCCESS;
}

apr_status_t chat_wire_conf_read(chat_wire_conf_t *out, const char **why,
                                 const char *text, apr_pool_t *pool)
{
    reader_t r = {.conf = out, .pool = pool, .why = why};
    char *line, *last = NULL;
    apr_status_t rv = APR_SUCCESS;
    chat_wire_conf_init(out, pool);
    for (line = apr_strtok(apr_pstrdup(pool, text), "\n", &last);
         line && rv == APR_SUCCESS; line = apr_strtok(NULL, "\n", &last))
        rv = read_line(&r, line);
    for (int i = 0; i < out->sites->nelts && rv == APR_SUCCESS; i++)
        rv = check(&r, &APR_ARRAY_IDX(out->sites, i, chat_wire_site_t));
    return rv;
}
