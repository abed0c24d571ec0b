/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's parts together, in this process: what comes through the intake, and a feed
 * whose database fails. */
#include "chatd/chatd.h"
#include "chatd/route.h"
#include "core.h"
#include "core/tokens.h"
#include "wire/intake.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ROUNDS 1000 /* of 20 ms at most: patience, never a measure */

typedef struct live_t {
    core_t *k;
    chatd_t d;
    chat_wire_site_t *conf;
    char log[8192];
    int link;        /* ours, of an httpd child */
    int client, far; /* a socketpair: ours and what is handed over */
    char said[65536], asked[4096];
    size_t len;
} live_t;

static void write_line(void *baton, chat_log_level_t level, apr_status_t rv,
                       const char *text)
{
    live_t *v = baton;
    size_t len = strlen(v->log);
    (void)level;
    (void)rv;
    apr_snprintf(v->log + len, sizeof(v->log) - len, "%s\n", text);
}

static int logged(const live_t *v, const char *id)
{
    int n = 0;
    for (const char *p = v->log; (p = strstr(p, id)); p++)
        n++;
    return n;
}

static const char *write_secret(fixture_t *f)
{
    const char *file = apr_pstrcat(f->pool, f->dir, "/secret", NULL);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fchmod(fileno(out), 0600);
    for (int i = 0; i < CHAT_SECRET_BYTES; i++)
        fputs("07", out);
    fputc('\n', out);
    fclose(out);
    return file;
}

static void create_site(live_t *v)
{
    fixture_t *f = v->k->f;
    chat_wire_site_t *conf = apr_pcalloc(f->pool, sizeof(*conf));
    conf->name = "test";
    conf->driver = "sqlite3";
    conf->params = apr_pstrcat(f->pool, f->dir, "/chat.db", NULL);
    conf->secret = write_secret(f);
    conf->path = "/socket.io/";
    conf->room = 1;
    conf->ping_interval = conf->ping_timeout = 60000;
    conf->origins = apr_array_make(f->pool, 1, sizeof(const char *));
    conf->mail = apr_array_make(f->pool, 1, sizeof(const char *));
    v->conf = conf;
    v->d.site_count = 1;
    v->d.sites = apr_pcalloc(f->pool, sizeof(*v->d.sites));
    v->d.sites[0] = chatd_site_create(&v->d, 0, conf);
    assert_non_null(v->d.sites[0]);
}

/* A connection as an httpd child has it. */
static int connect_child(live_t *v)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    apr_snprintf(address.sun_path, sizeof(address.sun_path), "%s/intake", v->k->f->dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void create_intake(live_t *v)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    apr_snprintf(address.sun_path, sizeof(address.sun_path), "%s/intake", v->k->f->dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    v->d.intake = chatd_intake_create(&v->d, fd);
    assert_non_null(v->d.intake);
    v->link = connect_child(v);
}

static live_t *live(void **state)
{
    core_t *k = core(state);
    live_t *v = apr_pcalloc(k->f->pool, sizeof(*v));
    rt_server_config config = {.app = &v->d, .route = chatd_route};
    v->k = k;
    v->client = v->far = -1;
    v->d.pool = k->f->pool;
    apr_pool_create(&v->d.scratch, k->f->pool);
    apr_pool_create(&v->d.batch, k->f->pool);
    v->d.log = (chat_log_t){write_line, v, CHAT_LOG_NOTICE};
    v->d.loop = rt_loop_create();
    chatd_route_create(&v->d);
    v->d.server = rt_server_create(v->d.loop, &config);
    v->d.limits = chat_limits_create(apr_palloc(k->f->pool, chat_limits_size(64)),
                                     chat_limits_size(64), 1, NULL, k->f->pool);
    create_site(v);
    create_intake(v);
    return v;
}

static void end(live_t *v)
{
    close(v->link);
    if (v->client >= 0)
        close(v->client);
    chatd_intake_destroy(v->d.intake);
    chatd_site_shutdown(v->d.sites[0]);
    rt_loop_step(v->d.loop, 0);
    rt_server_shutdown(v->d.server);
    rt_loop_step(v->d.loop, 0);
    chatd_site_destroy(v->d.sites[0]);
    rt_server_destroy(v->d.server);
    rt_loop_destroy(v->d.loop);
}

/* A message of LEN bytes in all with COUNT descriptors. */
static void send_with(const live_t *v, const void *bytes, size_t len, const int *fds,
                      size_t count)
{
    struct iovec part = {(void *)bytes, len};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = {0}};

    if (count) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, count * sizeof(int));
    }
    assert_int_equal(sendmsg(v->link, &m, MSG_NOSIGNAL), len);
}

/* FD -1: none comes along. */
static void send_raw(const live_t *v, const void *bytes, size_t len, int fd)
{
    send_with(v, bytes, len, &fd, fd >= 0);
}

static void send_intake(live_t *v, chat_intake_t head, const char *text, int fd)
{
    char bytes[sizeof(head) + 1024];
    head.magic = CHAT_INTAKE_MAGIC;
    head.child = 1;
    head.len = (uint32_t)strlen(text);
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), text, head.len);
    send_raw(v, bytes, sizeof(head) + head.len, fd);
}

/* Whatever the client is sent; -1 at its end. */
static int listen_once(live_t *v)
{
    ssize_t n;
    rt_loop_step(v->d.loop, 20);
    n = v->client < 0 ? 0
                      : recv(v->client, v->said + v->len, sizeof(v->said) - 1 - v->len,
                             MSG_DONTWAIT);
    if (n > 0)
        v->len += (size_t)n;
    v->said[v->len] = '\0';
    return n == 0 ? -1 : 0;
}

static int hears(live_t *v, const char *text)
{
    for (int i = 0; i < ROUNDS && !memmem(v->said, v->len, text, strlen(text)); i++)
        listen_once(v);
    return memmem(v->said, v->len, text, strlen(text)) != NULL;
}

static int hears_end(live_t *v)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (listen_once(v) < 0)
            return 1;
    }
    return 0;
}

static int comes_to_log(live_t *v, const char *id, int times)
{
    for (int i = 0; i < ROUNDS && logged(v, id) < times; i++)
        rt_loop_step(v->d.loop, 20);
    return logged(v, id) == times;
}

#define HANDSHAKE                                                               \
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"                             \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                           \
    "Sec-WebSocket-Version: 13\r\n\r\n"

/* A client's socket comes through the intake. */
static void hand_over(live_t *v, unsigned site)
{
    chat_intake_t head = {
        .kind = CHAT_INTAKE_SOCKET, .site = site, .address = "192.0.2.9"};
    int pair[2];
    if (v->client >= 0)
        close(v->client);
    v->len = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    v->client = pair[0];
    send_intake(v, head, HANDSHAKE, pair[1]);
    close(pair[1]);
}

/* A short text frame with the mask 0. */
static void say(const live_t *v, const char *text)
{
    size_t len = strlen(text);
    unsigned char frame[6 + 125] = {0x81, (unsigned char)(0x80 | len)};
    assert_in_range(len, 0, 125);
    memcpy(frame + 6, text, len);
    assert_int_equal(send(v->client, frame, 6 + len, MSG_NOSIGNAL), 6 + len);
}

/* ---- the intake ---- */

static void what_is_not_understood_harms_nobody(void **state)
{
    live_t *v = live(state);
    static const chat_intake_kind_t want[] = {CHAT_INTAKE_SOCKET, CHAT_INTAKE_STREAM,
                                              CHAT_INTAKE_LOG};
    static const chat_intake_kind_t none[] = {CHAT_INTAKE_HINT, CHAT_INTAKE_RETIRE};
    chat_intake_t head = {.magic = CHAT_INTAKE_MAGIC + 1, .kind = CHAT_INTAKE_HINT};
    int lines = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC), pair[2];
    char byte;
    /* a descriptor is missing, or one too many; the log stays where it is */
    for (size_t i = 0; i < COUNT(want); i++) {
        send_intake(v, (chat_intake_t){.kind = want[i]}, HANDSHAKE, -1);
        assert_true(comes_to_log(v, "CHAT0706", ++lines));
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        send_intake(v, (chat_intake_t){.kind = none[i]}, "", pair[1]);
        close(pair[1]);
        assert_true(comes_to_log(v, "CHAT0706", ++lines));
        assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), 0); /* it was closed */
        close(pair[0]);
    }
    /* another version; another length than it says */
    send_raw(v, &head, sizeof(head), -1);
    assert_true(comes_to_log(v, "CHAT0706", ++lines));
    head.magic = CHAT_INTAKE_MAGIC;
    head.len = 1;
    send_raw(v, &head, sizeof(head), -1);
    assert_true(comes_to_log(v, "CHAT0706", ++lines));
    /* the same connection still brings clients */
    hand_over(v, 0);
    assert_true(hears(v, "101 Switching"));
    /* half a message ends it: the child begins anew */
    send_raw(v, &head, sizeof(head) - 1, null);
    for (int i = 0; i < ROUNDS && recv(v->link, &byte, 1, MSG_DONTWAIT) != 0; i++)
        rt_loop_step(v->d.loop, 20);
    assert_int_equal(recv(v->link, &byte, 1, MSG_DONTWAIT), 0);
    close(v->link);
    v->link = connect_child(v);
    hand_over(v, 0);
    assert_true(hears(v, "101 Switching"));
    close(null);
    end(v);
}

static void count_conn(void *data, rt_conn *conn)
{
    (void)conn;
    ++*(int *)data;
}

static void descriptors_that_cannot_be_served_are_given_back(void **state)
{
    live_t *v = live(state);
    const char *path = apr_pstrcat(v->k->f->pool, v->k->f->dir, "/file", NULL);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char text[16];
    int conns = 0;
    /* a site that is not there */
    hand_over(v, 7);
    assert_true(hears(v, "HTTP/1.1 503 "));
    assert_true(hears_end(v));
    /* no socket at all: it cannot be waited for, and nothing is written to it */
    send_intake(v, (chat_intake_t){.kind = CHAT_INTAKE_SOCKET, .address = "192.0.2.9"},
                HANDSHAKE, file);
    hand_over(v, 0);
    assert_true(hears(v, "101 Switching"));
    assert_int_equal(pread(file, text, sizeof(text), 0), 0);
    rt_server_each(v->d.server, count_conn, &conns);
    assert_int_equal(conns, 1);
    close(file);
    end(v);
}

static int open_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void no_descriptor_is_left_behind(void **state)
{
    live_t *v = live(state);
    chat_intake_t head = {.magic = CHAT_INTAKE_MAGIC, .kind = CHAT_INTAKE_STREAM};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), before, fds[2] = {null, null};
    hand_over(v, 0);
    assert_true(hears(v, "101 Switching"));
    before = open_descriptors();
    for (int i = 1; i <= 20; i++) {
        send_with(v, &head, sizeof(head), fds, 2);
        assert_true(comes_to_log(v, "CHAT0706", i));
    }
    assert_int_equal(open_descriptors(), before);
    close(null);
    end(v);
}

/* One request on a connection of its own. */
static void ask_once(live_t *v, const char *target)
{
    chat_intake_t head = {.kind = CHAT_INTAKE_STREAM, .address = "192.0.2.10"};
    ssize_t n = -1;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    send_intake(
        v, head,
        apr_psprintf(v->k->f->pool, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target),
        pair[1]);
    close(pair[1]);
    for (int i = 0; i < ROUNDS && n <= 0; i++) {
        rt_loop_step(v->d.loop, 20);
        n = recv(pair[0], v->asked, sizeof(v->asked) - 1, MSG_DONTWAIT);
    }
    assert_true(n > 0);
    v->asked[n] = '\0';
    close(pair[0]);
}

static void the_script_is_said_to_be_elsewhere(void **state)
{
    live_t *v = live(state);
    ask_once(v, "/socket.io/socket.io.js");
    assert_non_null(strstr(v->asked, "HTTP/1.1 404 "));
    assert_non_null(strstr(v->asked, "npm package socket.io-client"));
    ask_once(v, "/socket.io/other");
    assert_null(strstr(v->asked, "npm"));
    end(v);
}

/* ---- the feed ---- */

/* ANNA's token, who has a channel "room". */
static const char *anna(live_t *v, chat_auth_t *auth)
{
    core_t *k = v->k;
    chat_account_t a;
    char *token = apr_palloc(k->f->pool, CHAT_UUID_SIZE);
    const chat_new_channel_t room = {.name = "room"};
    chat_channel_t channel;
    int changed;
    OK(chat_account_register(call(k), "anna", PASSWORD));
    OK(chat_account_verify(&a, call(k), "anna", PASSWORD));
    *auth = (chat_auth_t){.account = a.who.id};
    OK(chat_token_make(token, &changed, call(k), &a));
    OK(chat_channel_make(&channel, call(k), auth, &room));
    return token;
}

static void logs_in(live_t *v, const char *token)
{
    hand_over(v, 0);
    assert_true(hears(v, "\"sid\""));
    say(v, apr_psprintf(v->k->f->pool, "40{\"token_api_v3\":\"%s\"}", token));
    assert_true(hears(v, "registered you as : anna"));
}

static void send_message(live_t *v, const chat_auth_t *auth, const char *words)
{
    chat_message_t message;
    OK(chat_message_send(&message, call(v->k), auth, "room", text(v->k, words)));
    send_intake(v, (chat_intake_t){.kind = CHAT_INTAKE_HINT, .room = 1}, "", -1);
}

static void is_refused(live_t *v)
{
    ask_once(v, "/socket.io/?EIO=4&transport=polling");
    assert_non_null(strstr(v->asked, "HTTP/1.1 503 "));
    assert_non_null(strstr(v->asked, "Retry-After: "));
}

static void a_feed_that_fails_goes_on_later(void **state)
{
    live_t *v = live(state);
    fixture_t *f = v->k->f;
    chat_auth_t auth;
    logs_in(v, anna(v, &auth));
    send_message(v, &auth, "first");
    assert_true(hears(v, "\"first\""));

    send_message(v, &auth, "second");
    assert_int_equal(tell(f, "ALTER TABLE event RENAME TO away"), 0);
    assert_true(comes_to_log(v, "CHAT0703", 1));
    /* connected clients stay; new ones are told when to come again */
    is_refused(v);
    /* logged once, however often it is tried */
    for (int i = 0; i < 60; i++)
        listen_once(v);
    assert_int_equal(logged(v, "CHAT0703"), 1);
    assert_int_equal(logged(v, "CHAT0704"), 0);
    assert_null(memmem(v->said, v->len, "\"second\"", 8));

    /* and without another hint it comes */
    assert_int_equal(tell(f, "ALTER TABLE away RENAME TO event"), 0);
    assert_true(hears(v, "\"second\""));
    assert_int_equal(logged(v, "CHAT0704"), 1);
    send_message(v, &auth, "third");
    assert_true(hears(v, "\"third\""));
    assert_null(strstr(strstr(v->log, "CHAT0704") + 1, "CHAT070"));
    end(v);
}

/* Nobody gives a hint, and the machine that wrote has another time. */
static void events_come_whatever_the_clock_says(void **state)
{
    live_t *v = live(state);
    fixture_t *f = v->k->f;
    chat_auth_t auth;
    chat_message_t message;
    const char *const clocks[] = {"1", "9000000000000000"};
    logs_in(v, anna(v, &auth));
    for (size_t i = 0; i < COUNT(clocks); i++) {
        const char *words = apr_psprintf(f->pool, "message %d", (int)i);
        OK(chat_message_send(&message, call(v->k), &auth, "room", text(v->k, words)));
        assert_int_equal(
            tell(f, apr_psprintf(f->pool,
                                 "UPDATE chatroom SET last_time = %s; UPDATE event SET "
                                 "created_at = %s WHERE id = (SELECT max(id) FROM event)",
                                 clocks[i], clocks[i])),
            0);
        assert_true(hears(v, words));
    }
    assert_int_equal(logged(v, "CHAT0741"), 1); /* once */
    end(v);
}

/* However often it is asked to go on; and who comes meanwhile hears what is news. */
static void a_feed_that_is_behind_rests(void **state)
{
    enum { MESSAGES = 12, BYTES = 60000 };
    live_t *v = live(state);
    const apr_uint64_t *handed = &v->d.metrics.events[0];
    char *words = apr_pcalloc(v->k->f->pool, BYTES + 1);
    chat_auth_t auth;
    const char *token = anna(v, &auth);
    chat_message_t message;
    apr_uint64_t before;
    int first;
    memset(v->k->settings.limits, 0, sizeof(v->k->settings.limits));
    memset(words, 'x', BYTES);
    logs_in(v, token);
    before = *handed;
    for (int i = 0; i < MESSAGES; i++)
        OK(chat_message_send(&message, call(v->k), &auth, "room", text(v->k, words)));
    for (int i = 0; i < MESSAGES; i++)
        chatd_room_feed(chatd_room_find(v->d.sites[0], 1));
    assert_in_range(*handed - before, 1, MESSAGES / 2);

    first = v->client;
    v->client = -1;
    logs_in(v, token);
    send_message(v, &auth, "the last");
    assert_true(hears(v, "the last"));
    assert_null(memmem(v->said, v->len, "xxx", 3));
    assert_int_equal(*handed, before + MESSAGES + 1);
    close(first);
    end(v);
}

/* The database is not there when chatd starts, and is taken away later. */
static void a_site_opens_when_its_database_comes(void **state)
{
    live_t *v = live(state);
    const char *file = v->conf->params;
    const char *away = apr_pstrcat(v->k->f->pool, file, ".away", NULL);
    chat_auth_t auth;
    const char *token = anna(v, &auth);
    chatd_site_shutdown(v->d.sites[0]);
    rt_loop_step(v->d.loop, 0);
    chatd_site_destroy(v->d.sites[0]);
    assert_int_equal(rename(file, away), 0);
    v->d.sites[0] = chatd_site_create(&v->d, 0, v->conf);
    assert_non_null(v->d.sites[0]);
    for (int i = 0; i < 60; i++)
        rt_loop_step(v->d.loop, 20);
    assert_int_equal(logged(v, "CHAT0702"), 1);
    is_refused(v);
    assert_int_equal(rename(away, file), 0);
    assert_true(comes_to_log(v, "CHAT0740", 1));
    logs_in(v, token);

    assert_int_equal(rename(file, away), 0);
    assert_true(comes_to_log(v, "CHAT0743", 1));
    assert_true(hears_end(v));
    is_refused(v);
    assert_int_equal(rename(away, file), 0);
    assert_true(comes_to_log(v, "CHAT0740", 2));
    logs_in(v, token);
    end(v);
}

/* ---- logins ---- */

static void the_same_token_again_reads_nothing(void **state)
{
    live_t *v = live(state);
    fixture_t *f = v->k->f;
    chat_auth_t auth;
    const char *token = anna(v, &auth);
    hand_over(v, 0);
    assert_true(hears(v, "\"sid\""));
    say(v, "40");
    assert_true(hears(v, "40{\"sid\""));
    say(v, apr_psprintf(f->pool, "420[\"api_v3_connect\",{\"token_api_v3\":\"%s\"}]",
                        token));
    /* emitWithAck() gets what the event says */
    assert_true(hears(v,
                      "430[\"Server has accepted the connection and registered you as : "
                      "anna\"]"));
    assert_int_equal(tell(f, "ALTER TABLE account RENAME TO away"), 0);
    v->len = 0;
    say(v, apr_psprintf(f->pool, "421[\"api_v3_connect\",{\"token_api_v3\":\"%s\"}]",
                        token));
    assert_true(hears(v, "42[\"ready\",\"Server has accepted"));
    assert_true(hears(v, "431[\"Server has accepted"));
    assert_int_equal(tell(f, "ALTER TABLE away RENAME TO account"), 0);
    v->len = 0;
    say(v, "422[\"api_v3_connect\",{\"token_api_v3\":\"wrong\"}]");
    assert_true(hears(v, "432[{\"message\":\"Invalid token!\"}]"));
    end(v);
}

#define WRONG "f47ac10b-58cc-4372-a567-0e02b2c3d479"

static void wrong_tokens_are_throttled(void **state)
{
    live_t *v = live(state);
    int n = 0;
    for (; n < 200 && !memmem(v->said, v->len, "Too many logins", 15); n++) {
        hand_over(v, 0);
        assert_true(hears(v, "\"sid\""));
        say(v, "40{\"token_api_v3\":\"" WRONG "\"}");
        assert_true(hears(v, "42[\"error\","));
    }
    assert_in_range(n, 12, 150);
    end(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(what_is_not_understood_harms_nobody),
        ON_SQLITE(descriptors_that_cannot_be_served_are_given_back),
        ON_SQLITE(no_descriptor_is_left_behind),
        ON_SQLITE(the_script_is_said_to_be_elsewhere),
        ON_SQLITE(a_feed_that_fails_goes_on_later),
        ON_SQLITE(a_feed_that_is_behind_rests),
        ON_SQLITE(events_come_whatever_the_clock_says),
        ON_SQLITE(a_site_opens_when_its_database_comes),
        ON_SQLITE(the_same_token_again_reads_nothing),
        ON_SQLITE(wrong_tokens_are_throttled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
