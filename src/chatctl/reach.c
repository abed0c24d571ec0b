/* SPDX-License-Identifier: Apache-2.0 */
/* A running site from outside: its processes, its hosts, what it delivers to. */
#include "reach.h"

#include "base/file.h"
#include "base/text.h"
#include "outbox/discord.h"
#include "print.h"
#include "ways.h"

#include <apr_date.h>
#include <apr_strings.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SKEW_SECONDS 10
/* Below this realtime clients, who wait for most of the time, leave no room for others.
 */
#define WORKERS_LEAST 32
/* A child of httpd's needs some hundred; chatd has one for each client. */
#define FILES_LEAST 1024
#define PROC_MAX 4096

/* ---- processes ---- */

/* How many files process PID may open; 0: not known. */
static apr_int64_t files_of(long pid, apr_pool_t *pool)
{
    static const char name[] = "Max open files";
    const char *path = apr_psprintf(pool, "/proc/%ld/limits", pid), *line;
    char *text;
    apr_size_t len;
    if (chat_file_read(&text, &len, path, PROC_MAX, pool) != APR_SUCCESS ||
        !(line = strstr(text, name)))
        return 0;
    return apr_atoi64(line + sizeof(name));
}

static int try_limits(const chatctl_served_t *served, apr_pool_t *pool)
{
    char *text;
    apr_size_t len;
    apr_int64_t files = 0, workers = 0;
    int rc = 0;
    if (served->pid_file &&
        chat_file_read(&text, &len, served->pid_file, PROC_MAX, pool) == APR_SUCCESS)
        files = files_of(strtol(text, NULL, 10), pool);
    if (files && files < FILES_LEAST)
        rc = chatctl_fail("httpd, and chatd with it, may open %" APR_INT64_T_FMT
                          " files: set LimitNOFILE=65536 for its service (or ulimit -n), "
                          "and restart it",
                          files);
    if (served->workers && chat_text_int64(&workers, served->workers) &&
        workers < WORKERS_LEAST)
        rc = chatctl_fail("httpd serves %" APR_INT64_T_FMT
                          " requests at a time, too few for clients that wait: raise "
                          "MaxRequestWorkers",
                          workers);
    return rc;
}

static int try_daemon(chatctl_probe_t *p, const char *socket)
{
    const chat_http_answer_t *a = chatctl_probe_other(p, socket, NULL);
    if (a->status || p->stopped)
        return 0;
    return chatctl_fail("chatd does not answer at %s (%s): see that it runs (with "
                        "ChatDaemon external: systemctl status chatd), and the error log",
                        socket, a->error);
}

/* ---- what is delivered to ---- */

/* The mail server that the program's command line names, as a URL: `-S HOST:PORT`,
 * `--host=HOST --port=PORT`, or a URL itself. NULL: it knows by itself. */
static const char *smtp_of(const apr_array_header_t *words, apr_pool_t *pool)
{
    const char *host = NULL, *port = "25";
    for (int i = 1; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);
        if (!strncmp(word, "smtp://", 7) || !strncmp(word, "smtps://", 8))
            return word;
        if (!strcmp(word, "-S") && i + 1 < words->nelts)
            return apr_pstrcat(pool, "smtp://", APR_ARRAY_IDX(words, i + 1, const char *),
                               NULL);
        if (!strncmp(word, "--host=", 7))
            host = word + 7;
        if (!strncmp(word, "--port=", 7))
            port = word + 7;
    }
    return host ? apr_psprintf(pool, "smtp://%s:%s", host, port) : NULL;
}

/* Greeting and EHLO, and no mail. */
static CURLcode greet(const char *url)
{
    CURL *curl = curl_easy_init();
    CURLcode code;
    if (!curl)
        return CURLE_OUT_OF_MEMORY;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CHAT_HTTP_TIMEOUT_MS);
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code;
}

static int try_mail(const chatctl_probe_t *p)
{
    const apr_array_header_t *words = p->host->mail;
    const char *program = words->nelts ? APR_ARRAY_IDX(words, 0, const char *) : NULL;
    const char *url = program ? smtp_of(words, p->s->ctl->pool) : NULL;
    CURLcode code;
    if (program && access(program, X_OK))
        return chatctl_fail("ChatMailCommand %s cannot be run: install it, or name "
                            "another program",
                            program);
    code = url ? greet(url) : CURLE_OK;
    return code == CURLE_OK
               ? 0
               : chatctl_fail("ChatMailCommand: the mail server %s does not greet (%s): "
                              "see that it runs and lets this machine in",
                              url, curl_easy_strerror(code));
}

/* The line of FILE, or NULL after the complaint about DIRECTIVE. */
static const char *secret_of(const chatctl_probe_t *p, const char *directive,
                             const char *file)
{
    const char *line;
    if (chat_secret_line(&line, file, p->s->ctl->pool) == APR_SUCCESS)
        return line;
    chatctl_fail("%s: %s cannot be read: one line, mode 0600, of the user that httpd "
                 "serves as",
                 directive, file);
    return NULL;
}

static int judge_discord(const chatctl_probe_t *p, const char *directive,
                         const chat_http_answer_t *a)
{
    if (a->status == 200 || a->status == 429 || p->stopped)
        return 0;
    if (!a->status)
        return chatctl_fail("%s: Discord does not answer (%s): see this machine's way "
                            "out, and ChatDiscordAPI",
                            directive, a->error);
    return chatctl_fail("%s: Discord answers %ld: create a new one in Discord's settings "
                        "and write it to the file",
                        directive, a->status);
}

/* Questions that change and send nothing. */
static int try_discord(chatctl_probe_t *p)
{
    const chatctl_host_t *host = p->host;
    apr_pool_t *pool = p->s->ctl->pool;
    const char *api = host->discord_api, *line;
    int rc;
    if (!api)
        return 0;
    if (!strcmp(api, "-"))
        api = CHAT_DISCORD_API;
    rc = judge_discord(
        p, "ChatDiscordAPI",
        chatctl_probe_other(p, apr_pstrcat(pool, api, "/gateway", NULL), NULL));
    if (rc)
        return rc;
    if (host->discord_webhook) {
        line = secret_of(p, "ChatDiscordWebhook", host->discord_webhook);
        rc |= !line ||
              judge_discord(p, "ChatDiscordWebhook", chatctl_probe_other(p, line, NULL));
    }
    if (host->discord_token) {
        line = secret_of(p, "ChatDiscordBotTokenFile", host->discord_token);
        rc |= !line || judge_discord(p, "ChatDiscordBotTokenFile",
                                     chatctl_probe_other(
                                         p, apr_pstrcat(pool, api, "/users/@me", NULL),
                                         apr_pstrcat(pool, "Bot ", line, NULL)));
    }
    return rc;
}

/* ---- one host ---- */

static const char *url_of(const chatctl_probe_t *p, const char *scheme)
{
    const char *port = strrchr(p->host->at, ':');
    return apr_pstrcat(p->s->ctl->pool, scheme, "://", p->host->name, port, NULL);
}

/* Whether all that P's host does is to send clients to https. */
static int only_redirects(const chat_http_answer_t *a)
{
    const char *to = apr_table_get(a->headers, "Location");
    return a->status >= 300 && a->status < 400 && to && !strncmp(to, "https://", 8);
}

/* Sets P's base. Returns its first answer, NULL after the complaint or when it has
 * nothing to try. A port that speaks TLS answers 400 to anything else. */
static const chat_http_answer_t *find_base(int *rc, chatctl_probe_t *p)
{
    const chatctl_ask_t ask = {.path = "/"};
    const char *url = p->s->ctl->url;
    const chat_http_answer_t *a, *tls;
    p->connect = url ? NULL : p->host->at;
    p->base = url ? apr_pstrmemdup(p->s->ctl->pool, url,
                                   strlen(url) - (*url && url[strlen(url) - 1] == '/'))
                  : url_of(p, "http");
    a = chatctl_probe_ask(p, &ask);
    if (!url && (!a->status || a->status == 400)) {
        p->base = url_of(p, "https");
        tls = chatctl_probe_ask(p, &ask);
        if (tls->status)
            a = tls;
        else
            p->base = url_of(p, "http");
    }
    if (!a->status)
        *rc = chatctl_probe_refused(p, "httpd", a);
    return a->status && (url || !only_redirects(a)) ? a : NULL;
}

static int try_clock(const chatctl_probe_t *p, const chat_http_answer_t *a)
{
    const char *date = apr_table_get(a->headers, "Date");
    apr_int64_t ahead =
        date ? apr_time_sec(apr_date_parse_http(date) - apr_time_now()) : 0;
    if (ahead >= -SKEW_SECONDS && ahead <= SKEW_SECONDS)
        return 0;
    return chatctl_fail("the clock of httpd at %s is %" APR_INT64_T_FMT
                        " seconds %s this machine's: set both by NTP (chrony, "
                        "systemd-timesyncd)",
                        p->base, ahead < 0 ? -ahead : ahead,
                        ahead < 0 ? "behind" : "ahead of");
}

static int try_health(chatctl_probe_t *p)
{
    const chat_http_answer_t *a;
    chatctl_ask_t ask = {.path = NULL};
    const char *parts[] = {"database", "schema", "daemon"};
    int rc = 0;
    if (!p->host->health)
        return 0;
    ask.path = apr_pstrcat(p->s->ctl->pool, p->host->health, "/ready.json", NULL);
    a = chatctl_probe_ask(p, &ask);
    if (a->status == 200)
        return 0;
    for (int i = 0; a->status == 503 && i < 3; i++) {
        const char *state = chatctl_probe_field(p, a, parts[i]);
        if (state && strcmp(state, "ok") != 0)
            rc = chatctl_fail("%s%s is not ready: the %s %s; the error log has the cause",
                              p->base, p->host->health, parts[i], state);
    }
    return rc ? rc : chatctl_probe_refused(p, "chat-health", a);
}

static int has_teendevops(const chatctl_host_t *host)
{
    for (int i = 0; i < host->apis->nelts; i++)
        if (!strncmp(APR_ARRAY_IDX(host->apis, i, const char *), "teendevops ", 11))
            return 1;
    return 0;
}

/* The trial is removed whatever becomes of it. */
static int try_ways(chatctl_probe_t *p, const char **ways)
{
    chatctl_site_t *s = p->s;
    const char *names = "";
    int rc;
    apr_status_t rv;
    s->call.now = apr_time_now();
    if (!chat_text_int64(&s->call.room, p->host->room))
        return chatctl_fail("ChatRoom %s is no number", p->host->room);
    rv = chat_trial_end(&s->call);
    if (rv == APR_SUCCESS)
        rv = chat_trial_begin(&p->trial, &s->call, has_teendevops(p->host));
    if (rv != APR_SUCCESS)
        return chatctl_result(s, rv);
    rc = chatctl_ways_try(p, &names);
    rc |= chatctl_result(s, chat_trial_end(&s->call));
    if (*names)
        *ways = apr_pstrcat(s->ctl->pool, *ways, **ways ? "; " : "", p->base, ": ", names,
                            NULL);
    return rc ? CHATCTL_FAILED : 0;
}

static int try_host(chatctl_probe_t *p, const char **ways)
{
    int rc = 0;
    const chat_http_answer_t *a = find_base(&rc, p);
    if (!a)
        return rc;
    rc = try_clock(p, a);
    rc |= try_health(p);
    return rc | try_ways(p, ways);
}

/* ---- all ---- */

static int prepare(chatctl_probe_t *p)
{
    apr_pool_t *pool = p->s->ctl->pool;
    sigemptyset(&p->signals);
    sigaddset(&p->signals, SIGINT);
    sigaddset(&p->signals, SIGTERM);
    sigaddset(&p->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &p->signals, NULL);
    return chat_http_init() == APR_SUCCESS &&
           chat_http_create(&p->http, pool) == APR_SUCCESS;
}

/* Whether host I delivers as one before it. */
static int delivers_alike(const chatctl_served_t *served, int i)
{
    const chatctl_host_t *list = (const chatctl_host_t *)served->hosts->elts;
    for (int k = 0; k < i; k++)
        if (!strcmp(list[k].database, list[i].database))
            return 1;
    return 0;
}

int chatctl_reach_try(chatctl_site_t *s, const chatctl_served_t *served,
                      const char **ways)
{
    chatctl_probe_t p = {.s = s};
    char mark[CHAT_DATABASE_MARK_SIZE];
    int rc = try_limits(served, s->ctl->pool), hosts = 0;
    if (chatctl_site_secret(s))
        return CHATCTL_FAILED;
    if (!prepare(&p))
        return chatctl_fail("requests cannot be made: libcurl does not start");
    if (served->daemon)
        rc |= try_daemon(&p, served->daemon);
    chat_database_mark(mark, &s->database);
    for (int i = 0; !p.stopped && i < served->hosts->nelts; i++) {
        p.host = &APR_ARRAY_IDX(served->hosts, i, const chatctl_host_t);
        if (!p.host->database || strcmp(p.host->database, mark) != 0 ||
            (s->ctl->url && hosts))
            continue;
        hosts++;
        if (!delivers_alike(served, i))
            rc |= try_mail(&p) | try_discord(&p);
        rc |= try_host(&p, ways);
    }
    if (!hosts)
        rc = chatctl_fail("no virtual host that can be reached serves this database: see "
                          "ChatEngine, Listen and `httpd -S`");
    chat_http_destroy(p.http);
    if (p.stopped)
        rc = chatctl_fail("interrupted; nothing is left of the trial");
    return rc ? CHATCTL_FAILED : 0;
}
