/* SPDX-License-Identifier: Apache-2.0 */
/* Reads httpd's own words about what it serves. */
#include "served.h"

#include "owner.h"
#include "serve_find.h"
#include "site_conf.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SAID_MAX (1024 * 1024)
#define MARK "chat: "

typedef struct word_t {
    const char *name;
    enum { SERVER, HOST, LIST } of;
    apr_size_t at;
} word_t;

#define OF(member) APR_OFFSETOF(chatctl_host_t, member)

/* clang-format off */
static const word_t words[] = {
    {"workers", SERVER, APR_OFFSETOF(chatctl_served_t, workers)},
    {"pid-file", SERVER, APR_OFFSETOF(chatctl_served_t, pid_file)},
    {"daemon", SERVER, APR_OFFSETOF(chatctl_served_t, daemon)},
    {"host", HOST, OF(name)}, {"at", HOST, OF(at)}, {"database", HOST, OF(database)},
    {"room", HOST, OF(room)}, {"realtime", HOST, OF(realtime)}, {"health", HOST, OF(health)},
    {"discord-api", HOST, OF(discord_api)}, {"discord-webhook", HOST, OF(discord_webhook)},
    {"discord-token", HOST, OF(discord_token)},
    {"api", LIST, OF(apis)}, {"mail", LIST, OF(mail)},
};
/* clang-format on */

static chatctl_host_t *begin_host(chatctl_served_t *out, apr_pool_t *pool)
{
    chatctl_host_t *host = apr_array_push(out->hosts);
    *host = (chatctl_host_t){.apis = apr_array_make(pool, 4, sizeof(const char *)),
                             .mail = apr_array_make(pool, 4, sizeof(const char *))};
    return host;
}

static void read_line(chatctl_served_t *out, char *line, apr_pool_t *pool)
{
    int n = out->hosts->nelts;
    chatctl_host_t *host = n ? &APR_ARRAY_IDX(out->hosts, n - 1, chatctl_host_t) : NULL;
    char *value = strchr(line, ' ');
    if (!value)
        return;
    *value++ = '\0';
    if (!strcmp(line, "host"))
        host = begin_host(out, pool);
    for (apr_size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        const word_t *w = &words[i];
        char *base = w->of == SERVER ? (char *)out : (char *)host;
        if (!base || strcmp(w->name, line) != 0)
            continue;
        if (w->of == LIST)
            APR_ARRAY_PUSH(*(apr_array_header_t **)(base + w->at), const char *) = value;
        else
            *(const char **)(base + w->at) = value;
    }
}

/* The lines that are not ours, those of a good configuration left out. */
static const char *read_all(chatctl_served_t *out, char *text, apr_pool_t *pool)
{
    const char *complaint = "";
    char *rest, *line;
    for (; (line = apr_strtok(text, "\n", &rest)); text = NULL) {
        if (!strncmp(line, MARK, sizeof(MARK) - 1))
            read_line(out, line + sizeof(MARK) - 1, pool);
        else if (strcmp(line, "Syntax OK") != 0 && !strstr(line, "AH00558"))
            complaint = apr_pstrcat(pool, complaint, *complaint ? " " : "", line, NULL);
    }
    return complaint;
}

/* The words with which httpd, or Debian's script around it, reads the configuration of
 * CTL; NULL: it has none. *WHY: see chatctl_owner_become(). */
static const char *const *command(const char **why, const chatctl_t *ctl)
{
    static const char debian[] = "/usr/sbin/apache2ctl";
    const char *installed = chatctl_conf_installed();
    const char **argv = apr_pcalloc(ctl->pool, 10 * sizeof(*argv)), *file = NULL;
    char state[PATH_MAX];
    int n = 0;
    argv[n++] = chatctl_httpd();
    if (ctl->state && realpath(ctl->state, state)) {
        argv[n++] = "-d";
        argv[n++] = apr_pstrdup(ctl->pool, state);
        file = apr_pstrcat(ctl->pool, state, "/httpd.conf", NULL);
    }
    else if (ctl->conf) {
        file = APR_ARRAY_IDX(ctl->conf, 0, const char *);
    }
    else if (!ctl->database && installed && !access(debian, X_OK)) {
        argv[0] = debian;
    }
    else if (!ctl->database && installed) {
        file = installed;
    }
    else {
        return NULL;
    }
    if (file) {
        argv[n++] = "-f";
        argv[n++] = file;
    }
    argv[n++] = "-t";
    argv[n++] = "-D";
    argv[n++] = "DUMP_CHAT";
    *why = file ? chatctl_owner_become(file, ctl->pool) : NULL;
    return argv[0] ? argv : NULL;
}

/* Whether the file that httpd complains about is a piece of a configuration, or not one
 * of this machine's: then mod_chat is not loaded, and says nothing. */
static int is_piece(const char *complaint)
{
    return strstr(complaint, "Invalid command") || !strstr(complaint, "Chat");
}

const char *chatctl_served_ask(chatctl_served_t *out, const chatctl_t *ctl)
{
    apr_pool_t *pool = ctl->pool;
    const char *why = NULL, *complaint;
    const char *const *argv = command(&why, ctl);
    char *text;
    ssize_t n;
    int fd, rc;
    *out = (chatctl_served_t){.hosts = NULL};
    if (why || !argv)
        return why;
    fd = memfd_create("httpd", MFD_CLOEXEC);
    if (fd < 0)
        return "there is no memory for what httpd says";
    rc = chatctl_run(argv, fd);
    text = apr_pcalloc(pool, SAID_MAX + 1);
    n = pread(fd, text, SAID_MAX, 0);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    out->hosts = apr_array_make(pool, 4, sizeof(chatctl_host_t));
    complaint = read_all(out, text, pool);
    if (rc == 0)
        return NULL;
    out->hosts = NULL;
    if (ctl->conf && is_piece(complaint))
        return NULL;
    return apr_psprintf(pool, "the configuration is not right: %s",
                        *complaint ? complaint : "httpd says nothing");
}
