/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration that `chatctl serve` writes for httpd. */
#include "serve_conf.h"

#include "api/api.h"
#include "api/dialects.h"
#include "base/buffer.h"
#include "serve_names.h"

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#define CONF_MAX 65536 /* bytes of the generated file; it has about 4,000 */

typedef enum need_t {
    ALWAYS,   /* the server does not work without */
    IF_THERE, /* nice to have for --conf files */
    FOR_TLS,
    FOR_HTTP2
} need_t;

/* In the order in which they are loaded. */
static const struct module_t {
    const char *name;
    need_t need;
} modules[] = {
    {"watchdog", ALWAYS},
    {"unixd", ALWAYS},
    {"authz_core", ALWAYS},
    {"authz_host", ALWAYS},
    {"log_config", ALWAYS},
    {"env", IF_THERE},
    {"setenvif", IF_THERE},
    {"headers", IF_THERE},
    {"deflate", IF_THERE}, /* for the page */
    {"rewrite", IF_THERE},
    {"alias", IF_THERE},
    {"mime", ALWAYS},
    {"dir", ALWAYS},
    {"status", ALWAYS},
    {"reqtimeout", ALWAYS},
    {"dbd", ALWAYS},
    {"proxy", IF_THERE},
    {"proxy_http", IF_THERE},
    {"proxy_wstunnel", IF_THERE},
    {"socache_shmcb", FOR_TLS},
    {"ssl", FOR_TLS},
    {"http2", FOR_HTTP2},
};

/* What proxies tell a server of the client whose request they pass on. */
static const char *const proxy_headers[] = {"X-Forwarded-For", "Forwarded", "X-Real-IP",
                                            "X-Forwarded-Host", "Via"};

const char *chatctl_conf_refuse(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\' ||
            (*p == '$' && p[1] == '{'))
            return "has a quote, a backslash, a line break or ${ in it, which httpd's "
                   "configuration cannot hold";
    return NULL;
}

#define line(out, ...) (chat_buffer_printf(out, __VA_ARGS__), chat_buffer_byte(out, '\n'))

static int wanted(const chatctl_serve_t *s, need_t need)
{
    if (need == FOR_TLS)
        return s->tls_port >= 0;
    if (need == FOR_HTTP2)
        return s->tls_port >= 0 && strcmp(s->mpm, "prefork");
    return 1;
}

/* A module that has no file of its own may be built in: httpd knows, and complains about
 * the first directive that it does not. */
static void load_module(chat_buffer_t *out, const chatctl_serve_t *s, const char *name)
{
    const char *file = apr_psprintf(s->pool, "%s/mod_%s.so", s->modules, name);
    if (!access(file, R_OK))
        line(out, "<IfModule !mod_%s.c>\n  LoadModule %s_module \"%s\"\n</IfModule>",
             name, name, file);
}

static void load_modules(chat_buffer_t *out, const chatctl_serve_t *s)
{
    load_module(out, s, apr_pstrcat(s->pool, "mpm_", s->mpm, NULL));
    for (apr_size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
        if (wanted(s, modules[i].need))
            load_module(out, s, modules[i].name);
    line(out, "LoadModule chat_module \"%s\"", s->module);
}

/* Two busy children on two cores; the other server slots are for children that finish
 * their last requests after a graceful restart. */
static void size(chat_buffer_t *out, const chatctl_serve_t *s)
{
    if (!strcmp(s->mpm, "prefork")) {
        chat_buffer_puts(out, "StartServers 8\nMinSpareServers 4\nMaxSpareServers 32\n"
                              "ServerLimit 128\nMaxRequestWorkers 64\n");
        return;
    }
    chat_buffer_puts(out,
                     "StartServers 2\nServerLimit 8\nThreadLimit 64\nThreadsPerChild 64\n"
                     "MaxRequestWorkers 128\nMinSpareThreads 16\nMaxSpareThreads 128\n");
    if (!strcmp(s->mpm, "event"))
        chat_buffer_puts(out, "AsyncRequestWorkerFactor 200\n");
}

/* What is no document needs no policy. */
#define DOCUMENT "\"expr=%{CONTENT_TYPE} =~ /html|svg/\""

/* The page's files: no foreign code or frame; asked for each time but sent only when they
 * changed, which needs an ETag that compression leaves alone (httpd 2.4.58 and newer). */
static void page(chat_buffer_t *out, const chatctl_serve_t *s)
{
    line(out, "<Directory \"%s/htdocs\">\n  Require all granted", s->state);
    chat_buffer_puts(
        out,
        "  FileETag MTime Size\n"
        "  <IfModule mod_headers.c>\n"
        "    Header always set Content-Security-Policy \"default-src 'none'; "
        "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'; frame-ancestors 'none'\" " DOCUMENT "\n"
        "    Header always set X-Content-Type-Options nosniff\n"
        "    Header always set Referrer-Policy no-referrer " DOCUMENT "\n"
        "    Header always set Cross-Origin-Opener-Policy same-origin " DOCUMENT "\n"
        "    Header always set Cross-Origin-Resource-Policy same-origin\n"
        "    Header set Cache-Control no-cache\n"
        "    <FilesMatch \"\\.(js|css|json)$\">\n"
        "      Header always set Cross-Origin-Resource-Policy cross-origin\n"
        "      Header set Access-Control-Allow-Origin *\n    </FilesMatch>\n"
        "  </IfModule>\n"
        "  <IfModule mod_deflate.c>\n"
        "    SetOutputFilter DEFLATE\n  </IfModule>\n</Directory>\n"
        "<IfDirective DeflateAlterETag>\n  DeflateAlterETag NoChange\n</IfDirective>\n");
}

static void server(chat_buffer_t *out, const chatctl_serve_t *s)
{
    const char *address =
        strchr(s->bind, ':') ? apr_psprintf(s->pool, "[%s]", s->bind) : s->bind;
    line(out, "ServerRoot \"%s\"\nServerName localhost", s->state);
    line(out, "DefaultRuntimeDir \"%s/run\"\nPidFile \"%s/run/httpd.pid\"\nMutex default",
         s->state, s->state);
    load_modules(out, s);
    line(out, "Listen %s:%ld http", address, s->port);
    if (s->tls_port >= 0)
        line(out, "Listen %s:%ld https", address, s->tls_port);
    if (s->user)
        line(out, "User %s\nGroup #%ld", s->user, (long)s->gid);
    size(out, s);
    chat_buffer_puts(
        out,
        "MaxConnectionsPerChild 0\nKeepAlive On\nMaxKeepAliveRequests 0\n"
        "KeepAliveTimeout 15\nTimeout 65\nGracefulShutdownTimeout 10\n"
        /* a silent connection occupies a thread: it has 10 s to begin */
        "RequestReadTimeout handshake=10-30,MinRate=500 header=10-20,MinRate=500 "
        "body=20,MinRate=500\n"
        "ServerTokens Prod\nServerSignature Off\nTraceEnable Off\nExtendedStatus Off\n"
        "ErrorLog logs/error.log\nLogLevel warn\n"
        "# a path without its query, and of the APIs' paths the endpoint alone: no "
        "token,\n"
        "# session id or digest ever gets into the log\n"
        "LogFormat \"%a - %u %t \\\"%m %U %H\\\" %>s %B %D\" file\n"
        "LogFormat \"%a - %u %t \\\"%m %{CHAT_PATH}e %H\\\" %>s %B %D\" chat\n"
        "CustomLog logs/access.log file env=!CHAT_PATH\n"
        "CustomLog logs/access.log chat env=CHAT_PATH\n"
        "TypesConfig /dev/null\nAddType text/html .html\nAddType text/css .css\n"
        "AddType text/javascript .js .mjs\nAddType image/svg+xml .svg\n"
        "AddType image/png .png\nAddType application/json .json\n"
        "AddDefaultCharset utf-8\nDirectoryIndex index.html\n");
    line(out,
         "<Directory \"/\">\n  AllowOverride None\n  Require all denied\n</Directory>");
    page(out, s);
    if (s->tls_port >= 0)
        line(out,
             "SSLSessionCache \"shmcb:%s/run/ssl(512000)\"\n"
             "SSLCertificateFile \"%s/tls.crt\"\nSSLCertificateKeyFile \"%s/tls.key\"",
             s->state, s->state, s->state);
}

/* Every dialect that is built in, where it is by default; the chatroom API at the root
 * too. */
static void mounts(chat_buffer_t *out)
{
    for (const chat_dialect_t *const *d = chat_dialects; *d; d++) {
        if ((*d)->id == CHAT_CHATROOM)
            line(out, "  ChatAPI %s /", (*d)->name);
        if ((*d)->default_prefix)
            line(out, "  ChatAPI %s %s", (*d)->name, (*d)->default_prefix);
    }
}

/* A request that a proxy passed on comes from elsewhere, regardless of its address. */
static void local_only(chat_buffer_t *out)
{
    chat_buffer_puts(out, "    <RequireAll>\n      Require local\n      Require expr \"");
    for (apr_size_t i = 0; i < sizeof(proxy_headers) / sizeof(*proxy_headers); i++)
        chat_buffer_printf(out, "%s-z req_novary('%s')", i ? " && " : "",
                           proxy_headers[i]);
    chat_buffer_puts(out, "\"\n    </RequireAll>\n");
}

static void open_host(chat_buffer_t *out, const chatctl_serve_t *s, int tls)
{
    line(out, "<VirtualHost *:%ld>", tls ? s->tls_port : s->port);
    if (!tls)
        return;
    line(out, "  SSLEngine On");
    if (strcmp(s->mpm, "prefork"))
        line(out, "  <IfModule mod_http2.c>\n    Protocols h2 http/1.1\n  </IfModule>");
}

/* The first host gets the requests that name none of the others. */
static void other_hosts(chat_buffer_t *out, const chatctl_serve_t *s, int tls)
{
    open_host(out, s, tls);
    line(out, "  DocumentRoot \"%s/htdocs\"", s->state);
    if (tls)
        line(out, "  LogLevel ssl:error"); /* the certificate has the other names */
    chat_buffer_puts(
        out, "  ServerName other-hosts.invalid\n"
             /* a path may have a session id, and here nothing masks it */
             "  CustomLog logs/access.log \"%a - - %t \\\"%m %{Host}i %H\\\" %>s %B "
             "%D\"\n"
             "  ErrorDocument 403 \"This server does not answer to this host name; "
             "chatctl serve --host NAME allows one.\"\n"
             "  <Location \"/\">\n    Require all denied\n  </Location>\n"
             "</VirtualHost>\n");
}

static void virtual_host(chat_buffer_t *out, const chatctl_serve_t *s, int tls)
{
    int local = chatctl_is_loopback(s->bind);
    other_hosts(out, s, tls);
    open_host(out, s, tls);
    line(out, "  ServerName localhost\n  ServerAlias %s", chatctl_serve_names(s));
    line(out, "  DocumentRoot \"%s/htdocs\"", s->state);
    line(out, "  DBDriver %s\n  DBDParams \"%s\"", s->driver, s->params);
    if (s->secret)
        line(out, "  ChatSecretFile \"%s\"", s->secret);
    if (strcmp(s->mpm, "prefork"))
        line(out, "  DBDMin 2\n  DBDKeep 8\n  DBDMax 16");
    /* the whole path: what is asked for below it gets an answer that helps */
    line(out, "  ChatEngine On\n  ChatRealtime auto /socket.io/");
    line(out, "  ChatRevealPasswords %s", s->reveal_passwords ? "On" : "Off");
    /* chatctl grants the rank; tokens cannot be tried from elsewhere */
    line(out, "  ChatAdmin %s", local ? "On" : "Off");
    mounts(out);
    line(out, "  <LocationMatch \"^%s/admin\">", chat_dialect_button.default_prefix);
    local_only(out);
    line(out, "  </LocationMatch>\n  <Location \"/chat-status\">\n    SetHandler "
              "server-status");
    local_only(out);
    line(out, "  </Location>\n  <Location \"/metrics\">\n    SetHandler chat-metrics");
    local_only(out);
    line(out, "  </Location>\n  <Location \"/health\">\n    SetHandler chat-health");
    local_only(out);
    line(out, "  </Location>");
    for (int i = 0; s->conf && i < s->conf->nelts; i++)
        line(out, "  Include \"%s\"", APR_ARRAY_IDX(s->conf, i, const char *));
    line(out, "</VirtualHost>");
}

const char *chatctl_serve_configuration(const chatctl_serve_t *s)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 8192, CONF_MAX, s->pool);
    chat_buffer_puts(
        &out, "# Written by `chatctl serve` at each start: changes here are lost.\n"
              "# `chatctl serve --conf FILE` includes a file of your own.\n");
    server(&out, s);
    virtual_host(&out, s, 0);
    if (s->tls_port >= 0)
        virtual_host(&out, s, 1);
    return out.overflow ? NULL : chat_buffer_text(&out);
}
