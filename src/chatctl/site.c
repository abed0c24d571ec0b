/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and opening the site that a command works on. */
#include "site.h"

#include "base/bounds.h"
#include "owner.h"
#include "print.h"
#include "site_conf.h"
#include "state.h"
#include "store/chatroom.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_IT "name the site: --state DIR, --conf FILE or --database DRIVER:PARAMS"

const char *chatctl_arg(const chatctl_site_t *s, int i)
{
    return APR_ARRAY_IDX(s->ctl->args, i, const char *);
}

/* The secret lies where `chatctl serve` puts it unless a file of --conf names another:
 * the configuration in the folder may be of a failed start. */
static const char *read_state(chatctl_named_t *out, const chatctl_t *ctl)
{
    char state[PATH_MAX];
    const char *why = NULL;
    if (!realpath(ctl->state, state))
        return apr_psprintf(ctl->pool, "--state %s: there is no such folder", ctl->state);
    if ((why = chatctl_owner_become(state, ctl->pool)))
        return why;
    if (!chatctl_state_served(state, ctl->pool))
        return apr_psprintf(ctl->pool, "--state %s is not a folder of `chatctl serve`",
                            ctl->state);
    why = chatctl_state_database(&out->driver, &out->params, state, ctl->pool);
    out->secret = why ? NULL : chatctl_state_secret(state, out->driver, ctl->pool);
    return why;
}

/* WHERE: for people, what names the databases. */
static const char *check_names(const chatctl_named_t *names, const char *where,
                               apr_pool_t *pool)
{
    if (!names->driver || !names->params)
        return apr_psprintf(pool, "%s no DBDriver and DBDParams; " NAME_IT, where);
    if (names->other_params)
        return apr_psprintf(pool,
                            "%s two databases, DBDParams %s and %s; choose one with "
                            "--database DRIVER:PARAMS",
                            where, names->params, names->other_params);
    return NULL;
}

/* --database goes before --state, --state before --conf. */
static const char *find_names(chatctl_named_t *out, const chatctl_t *ctl)
{
    const char *installed = chatctl_conf_installed(), *why = NULL, *secret;
    const char *where = "the files of --conf have";
    for (int i = 0; !why && ctl->conf && i < ctl->conf->nelts; i++)
        why =
            chatctl_conf_read(out, APR_ARRAY_IDX(ctl->conf, i, const char *), ctl->pool);
    if (!ctl->conf && !ctl->state && !ctl->database) {
        why = chatctl_conf_read(out, installed, ctl->pool);
        where =
            apr_pstrcat(ctl->pool, installed, " and the files it includes have", NULL);
    }
    secret = out->secret;
    if (!why && ctl->database) {
        const char *colon = strchr(ctl->database, ':');
        out->driver = apr_pstrmemdup(ctl->pool, ctl->database, colon - ctl->database);
        out->params = colon + 1;
    }
    else if (!why) {
        why = ctl->state ? read_state(out, ctl) : check_names(out, where, ctl->pool);
    }
    if (secret)
        out->secret = secret;
    return why;
}

static void log_line(void *baton, chat_log_level_t level, apr_status_t rv,
                     const char *text)
{
    (void)baton;
    (void)rv;
    if (level <= CHAT_LOG_WARNING)
        chatctl_fail("%s", text);
}

int chatctl_site_find(chatctl_site_t *s)
{
    apr_pool_t *pool = s->ctl->pool;
    chatctl_named_t names = {.driver = NULL};
    const chatctl_t *ctl = s->ctl;
    const char *why;
    if (!ctl->database && !ctl->state && !ctl->conf && !chatctl_conf_installed())
        return chatctl_misused(ctl, NAME_IT);
    if (ctl->database && !strchr(ctl->database, ':'))
        return chatctl_misused(ctl, "--database takes DRIVER:PARAMS");
    if ((why = find_names(&names, ctl)))
        return chatctl_fail("%s", why);
    if (chat_crypt_init() != APR_SUCCESS)
        return chatctl_fail("there is no source of randomness");
    if (chat_database_parse(&s->database, &why, names.driver, names.params, pool) !=
        APR_SUCCESS)
        return chatctl_fail("%s", why);
    if (s->database.file && (why = chatctl_owner_become(s->database.file, pool)))
        return chatctl_fail("%s", why);
    s->secret_file = names.secret;
    s->secret_other = names.other_secret;
    if (!s->secret_file && s->database.file)
        s->secret_file = apr_pstrcat(pool, s->database.file, ".secret", NULL);
    s->site.log.fn = log_line;
    s->site.log.level = CHAT_LOG_WARNING;
    s->settings.room = s->ctl->room;
    s->settings.max_message = CHAT_MESSAGE_MAX;
    s->call.pool = s->ctl->pool;
    s->call.site = &s->site;
    s->call.settings = &s->settings;
    s->call.room = s->ctl->room;
    s->call.client = s->call.address = "127.0.0.1";
    s->call.now = apr_time_now();
    return 0;
}

int chatctl_site_secret(chatctl_site_t *s)
{
    char why[120];
    apr_status_t rv;
    if (!s->secret_file)
        return chatctl_fail(
            "this needs the site's secret; set ChatSecretFile in the --conf file");
    if (s->secret_other)
        return chatctl_fail(
            "this needs the site's secret, but the configuration names "
            "two, ChatSecretFile %s and %s; name the one of this database "
            "in a file of its own, with --conf",
            s->secret_file, s->secret_other);
    rv = chat_secret_load(&s->site.secret, s->secret_file, s->ctl->pool);
    if (rv == CHAT_MALFORMED)
        return chatctl_fail("this needs the site's secret; %s is not a secret file",
                            s->secret_file);
    if (rv != APR_SUCCESS)
        return chatctl_fail("this needs the site's secret; cannot read %s: %s",
                            s->secret_file, apr_strerror(rv, why, sizeof(why)));
    return 0;
}

/* Writing brings an older schema up to date: the tool may be newer than the server. */
static apr_status_t prepare(const chatctl_site_t *s, chatctl_access_t access,
                            const char **why, apr_pool_t *pool)
{
    int version, latest;
    apr_status_t rv = chat_store_look(&version, &latest, &s->database, why, pool);
    if (rv != APR_SUCCESS || version == latest)
        return rv;
    if (version < 0 && (s->database.file || access == CHATCTL_READS)) {
        *why = "the database is empty; the first start of the web server fills it";
        return CHAT_NOTFOUND;
    }
    if (access == CHATCTL_READS && version < latest) {
        *why = apr_psprintf(pool,
                            "the database has schema %d and this chatctl reads %d; the "
                            "next start of the web server updates it",
                            version, latest);
        return CHAT_NOTFOUND;
    }
    return chat_store_migrate(&s->database, -1, -1, why, pool);
}

int chatctl_site_connect(chatctl_site_t *s, chatctl_access_t access, apr_pool_t *pool)
{
    const char *why = "no reason was given";
    apr_status_t rv = prepare(s, access, &why, pool);
    if (rv == APR_SUCCESS)
        rv = chat_store_open(&s->site.store, &why, &s->database, &s->site.log, pool);
    if (rv == CHAT_BROKEN)
        return chatctl_fail("%s; if the database is damaged, stop the server and restore "
                            "a backup with `chatctl restore FILE`",
                            why);
    if (rv == CHAT_TOOBIG)
        return chatctl_fail("%s: install the version that wrote it", why);
    return rv == APR_SUCCESS ? 0 : chatctl_fail("%s", why);
}

int chatctl_site_open(chatctl_site_t *s, chatctl_access_t access)
{
    int rc = chatctl_site_find(s);
    return rc ? rc : chatctl_site_connect(s, access, s->ctl->pool);
}

int chatctl_site_leave(chatctl_site_t *s)
{
    chat_room_t *any;
    chat_tx_t *tx;
    int rc, n;
    apr_status_t rv = chat_store_begin(&tx, s->site.store, s->ctl->pool);
    if (rv == APR_SUCCESS)
        rv = chat_room_all(&any, &n, tx, s->ctl->pool);
    rc = chatctl_result(s, chat_store_end(tx, rv));
    if (!rc)
        chatctl_owner_leave();
    return rc;
}

static const struct {
    chat_problem_code_t code;
    const char *text; /* %s: the detail or field */
} sentences[] = {
    {CHAT_P_NO_ROOM, "there is no such chatroom"},
    {CHAT_P_NO_ACCOUNT, "there is no account '%s'"},
    {CHAT_P_NAME_TAKEN, "the name is taken or reserved"},
    {CHAT_P_NAME_FOREIGN, "another account has that user"},
    {CHAT_P_EMAIL_TAKEN, "another account has that e-mail address"},
    {CHAT_P_EMAIL_RULE, "'%s' is not an e-mail address"},
    {CHAT_P_NAME_RULE, "a user name has 1 to 64 letters, digits and _ . - of one script"},
    {CHAT_P_PASSWORD_RULE, "the password is too long"},
    {CHAT_P_CHANNEL_NAME_RULE, "a name has 1 to 64 printable characters"},
    {CHAT_P_NO_CHANNEL, "there is no such channel"},
    {CHAT_P_CHANNEL_TAKEN, "there is a channel of that name"},
    {CHAT_P_NO_REPORT, "there is no such report"},
    {CHAT_P_REPORT_CLOSED, "the report is closed"},
    {CHAT_P_NO_NETWORK, "the network is not banned"},
    {CHAT_P_OWN_NETWORK, "this machine is in that network"},
    {CHAT_P_INVALID, "the account is not activated; it cannot be banned"},
    {CHAT_P_NO_LINK, "there is no such link"},
    {CHAT_P_NO_ITEM, "there is no such undelivered item"},
    {CHAT_P_NO_MESSAGE, "there is no such message in a channel"},
    {CHAT_P_EMPTY, "the text is empty"},
    {CHAT_P_TOO_LARGE, "the text is too long"},
    {CHAT_P_UNAVAILABLE, "the database is busy or unreachable; try again"},
    {CHAT_P_DISK_FULL, "the disk is full"},
};

int chatctl_result(const chatctl_site_t *s, apr_status_t rv)
{
    chat_problem_t problem = s->call.problem;
    const char *about;
    if (rv == APR_SUCCESS)
        return 0;
    if (rv != CHAT_REFUSED)
        chat_problem_of_status(&problem, rv);
    about = problem.detail ? problem.detail : problem.field ? problem.field : "";
    for (apr_size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
        const char *text = sentences[i].text, *mark = strstr(text, "%s");
        if (sentences[i].code != problem.code)
            continue;
        if (!mark)
            return chatctl_fail("%s", text);
        return chatctl_fail("%.*s%s%s", (int)(mark - text), text, about, mark + 2);
    }
    return chatctl_fail("failed; see the database error above");
}
