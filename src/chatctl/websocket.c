/* SPDX-License-Identifier: Apache-2.0 */
/* A Socket.IO client with a WebSocket. libcurl opens the connection; its own WebSockets
 * are not in every release that we build with. */
#include "websocket.h"

#include "print.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <poll.h>
#include <string.h>

#define WHAT CHATCTL_WEBSOCKET
#define STEP_MS 100
#define ROOM 65536
/* RFC 6455, 5.2; packets of ours have less than 126 bytes */
#define TEXT_FRAME 0x81
#define CLOSE_FRAME 0x88
#define MASKED 0x80
#define SHORT_MAX 125

typedef struct line_t {
    chatctl_probe_t *p;
    CURL *curl;
    curl_socket_t fd;
    apr_time_t until;
    char got[ROOM + 1]; /* all that came, NUL behind */
    apr_size_t len;
    const char *why; /* what ended it */
} line_t;

static int ended(line_t *l, const char *why)
{
    if (!l->why)
        l->why = why;
    return 0;
}

/* Waits until the connection can be read (POLLIN) or written; 0: it is over. */
static int ready(line_t *l, short events)
{
    static const struct timespec now = {0, 0};
    struct pollfd watch = {.fd = l->fd, .events = events};
    while (poll(&watch, 1, STEP_MS) == 0) {
        l->p->stopped = sigtimedwait(&l->p->signals, NULL, &now) > 0;
        if (l->p->stopped || apr_time_now() > l->until)
            return ended(l, "no answer in time");
    }
    return 1;
}

static int write_all(line_t *l, const char *bytes, apr_size_t len)
{
    while (len) {
        apr_size_t n = 0;
        CURLcode code = curl_easy_send(l->curl, bytes, len, &n);
        if (code == CURLE_AGAIN) {
            if (!ready(l, POLLOUT))
                return 0;
            continue;
        }
        if (code != CURLE_OK)
            return ended(l, curl_easy_strerror(code));
        bytes += n;
        len -= n;
    }
    return 1;
}

static int read_more(line_t *l)
{
    apr_size_t n = 0;
    CURLcode code = curl_easy_recv(l->curl, l->got + l->len, ROOM - l->len, &n);
    if (code == CURLE_AGAIN)
        return ready(l, POLLIN);
    if (code != CURLE_OK || !n)
        return ended(l, n || code != CURLE_OK ? curl_easy_strerror(code)
                                              : "the connection was closed");
    l->len += n;
    /* a search for text goes on behind bytes that are none */
    for (apr_size_t i = 0; i < n; i++)
        if (!l->got[l->len - 1 - i])
            l->got[l->len - 1 - i] = ' ';
    l->got[l->len] = '\0';
    return l->len < ROOM ? 1 : ended(l, "too much came");
}

/* Until TEXT came, in whichever frame: all that we wait for is in one piece. */
static int wait_for(line_t *l, const char *text)
{
    while (!strstr(l->got, text))
        if (!read_more(l))
            return 0;
    l->len = 0;
    l->got[0] = '\0';
    return 1;
}

static int send_frame(line_t *l, int kind, const char *text)
{
    char frame[6 + SHORT_MAX], *mask = frame + 2;
    apr_size_t len = strlen(text);
    if (len > SHORT_MAX)
        return ended(l, "a packet is too long");
    frame[0] = (char)kind;
    frame[1] = (char)(MASKED | len);
    chat_random_bytes(mask, 4);
    for (apr_size_t i = 0; i < len; i++)
        frame[6 + i] = (char)(text[i] ^ mask[i % 4]);
    return write_all(l, frame, 6 + len);
}

static int upgrade(line_t *l)
{
    const chatctl_probe_t *p = l->p;
    const char *authority = strstr(p->base, "//") + 2;
    const char *head = apr_psprintf(
        p->s->ctl->pool,
        "GET %s%s?EIO=4&transport=websocket HTTP/1.1\r\nHost: %.*s\r\n"
        "User-Agent: chatctl check\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "Y2hhdGN0bCBjaGVjayAuLg==\r\n\r\n",
        strchr(authority, '/') ? strchr(authority, '/') : "", p->host->realtime,
        (int)strcspn(authority, "/"), authority);
    if (!write_all(l, head, strlen(head)))
        return 0;
    while (!strstr(l->got, "\r\n\r\n"))
        if (!read_more(l))
            return 0;
    return !strncmp(l->got, "HTTP/1.1 101 ", 13) ||
           ended(l, apr_psprintf(p->s->ctl->pool,
                                 "answered %.3s in place of 101: what "
                                 "stands before httpd must pass Upgrade on, and httpd "
                                 "must let this machine in",
                                 l->got + 9));
}

static int converse(line_t *l)
{
    chatctl_probe_t *p = l->p;
    const char *text = chatctl_probe_text(p);
    const char *enter =
        apr_psprintf(p->s->ctl->pool, "40{\"token_api_v3\":\"%s\"}", p->trial.token);
    if (!upgrade(l) || !wait_for(l, "\"sid\"") || !send_frame(l, TEXT_FRAME, enter) ||
        !wait_for(l, "\"ready\"") || chatctl_probe_send(p, text) || !wait_for(l, text))
        return 0;
    send_frame(l, CLOSE_FRAME, "");
    return 1;
}

static void prepare(line_t *l, struct curl_slist **place)
{
    const chatctl_probe_t *p = l->p;
    curl_easy_setopt(l->curl, CURLOPT_URL, p->base);
    curl_easy_setopt(l->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(l->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(l->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CHAT_HTTP_CONNECT_MS);
    if (!p->connect)
        return;
    *place =
        curl_slist_append(NULL, apr_pstrcat(p->s->ctl->pool, "::", p->connect, NULL));
    curl_easy_setopt(l->curl, CURLOPT_CONNECT_TO, *place);
    curl_easy_setopt(l->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(l->curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(l->curl, CURLOPT_NOPROXY, "*");
}

int chatctl_websocket_try(chatctl_probe_t *p)
{
    line_t *l = apr_pcalloc(p->s->ctl->pool, sizeof(*l));
    struct curl_slist *place = NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    int good = 0;
    l->p = p;
    l->curl = curl_easy_init();
    if (l->curl) {
        prepare(l, &place);
        code = curl_easy_perform(l->curl);
    }
    if (code != CURLE_OK) {
        ended(l, curl_easy_strerror(code));
    }
    else {
        curl_easy_getinfo(l->curl, CURLINFO_ACTIVESOCKET, &l->fd);
        l->until = apr_time_now() + apr_time_from_msec(CHAT_HTTP_TIMEOUT_MS);
        good = converse(l);
    }
    curl_easy_cleanup(l->curl);
    curl_slist_free_all(place);
    if (good || p->stopped)
        return !good;
    return chatctl_fail(WHAT " at %s: %s", p->base,
                        l->why ? l->why : "it cannot be used");
}
