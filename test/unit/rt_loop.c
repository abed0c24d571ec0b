/* SPDX-License-Identifier: Apache-2.0 */
/* Loop, stream and Socket.IO over socketpairs: timers, adoption with bytes already read,
 * backlog, recovery ids, messages, limits per address, kicking; what one client may do to
 * others. */
#include "base/bounds.h"
#include "rt_site.h"

#include <malloc.h>

typedef struct {
    rt_timer timer;
    unsigned fired;
} alarm_clock;

static void ring(rt_timer *timer)
{
    rt_container(timer, alarm_clock, timer)->fired++;
}

static void timers(void **state)
{
    rt_loop *loop = rt_loop_create();
    alarm_clock soon = {.timer.fire = ring}, late = soon, cleared = soon;
    uint64_t start = rt_loop_now(loop);
    (void)state;
    rt_timer_set(loop, &soon.timer, 10);
    rt_timer_set(loop, &cleared.timer, 10);
    rt_timer_set(loop, &late.timer, 1100);
    rt_timer_clear(&cleared.timer);
    while (!late.fired)
        assert_int_equal(rt_loop_step(loop, -1), 0);
    assert_int_equal(soon.fired, 1);
    assert_int_equal(cleared.fired, 0);
    assert_true(rt_loop_now(loop) >= start + 1100);
    rt_loop_destroy(loop);
}

static void adoption_and_ids(void **state)
{
    site s;
    char buffer[2048];
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    s.ids = (rt_socket_ids){"sid-of-before", "pid-of-before"};
    fd = join(&s);
    hear(fd, buffer, sizeof(buffer));
    assert_non_null(strstr(buffer, "HTTP/1.1 101 "));
    assert_non_null(
        strstr(buffer, "40{\"sid\":\"sid-of-before\",\"pid\":\"pid-of-before\"}"));
    assert_non_null(s.socket);
    assert_string_equal(rt_session_client(rt_socket_session(s.socket))->address,
                        "192.0.2.1");
    assert_int_equal(rt_session_client(rt_socket_session(s.socket))->vhost, 7);
    assert_true(rt_session_client(rt_socket_session(s.socket))->tls);
    close(fd);
    run(&s, 3);
    assert_int_equal(s.closes, 1);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.reason, RT_REASON_PEER);
    close_site(&s);
}

/* One message, encoded once, for those that it is sent to; a closed socket gets nothing.
 */
static void messages(void **state)
{
    site s;
    char buffer[2048];
    rt_socket *sockets[3];
    rt_message *message;
    int fds[3];
    (void)state;
    open_site(&s, 0, 0);
    for (int i = 0; i < 3; i++) {
        fds[i] = join(&s);
        sockets[i] = s.socket;
        hear(fds[i], buffer, sizeof(buffer));
    }
    message = rt_space_event_raw(s.space, "[\"news\",1]");
    rt_socket_send(sockets[0], message);
    rt_socket_send(sockets[2], message);
    run(&s, 1);
    assert_non_null(strstr(hear(fds[0], buffer, sizeof(buffer)), "42[\"news\",1]"));
    assert_null(strstr(hear(fds[1], buffer, sizeof(buffer)), "news"));
    assert_non_null(strstr(hear(fds[2], buffer, sizeof(buffer)), "42[\"news\",1]"));
    rt_socket_close(sockets[0], RT_REASON_KICKED, 1);
    rt_socket_send(sockets[0], message);
    rt_message_unref(message);
    run(&s, 2);
    assert_int_equal(s.reason, RT_REASON_KICKED);
    assert_non_null(strstr(hear(fds[0], buffer, sizeof(buffer)), "41"));
    assert_null(strstr(buffer, "news"));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close_site(&s);
}

static void slow_reader(void **state)
{
    site s;
    static char big[3000];
    rt_message *message;
    json_t *args;
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = join(&s);
    memset(big, 'x', sizeof(big) - 1);
    args = json_pack("[s]", big);
    message = rt_space_event(s.space, "big", args, (rt_blobs){NULL, 0});
    for (int i = 0; i < 1000 && !s.closes; i++) {
        rt_socket_send(s.socket, message);
        run(&s, 1);
    }
    assert_int_equal(s.reason, RT_REASON_SLOW);
    rt_message_unref(message);
    json_decref(args);
    close(fd);
    close_site(&s);
}

static void strangers(void **state)
{
    site s;
    char buffer[2048];
    int first, second, third;
    (void)state;
    open_site(&s, 1, 0);
    first = join(&s);
    second = adopt(&s, "192.0.2.1", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    run(&s, 3);
    assert_non_null(strstr(hear(second, buffer, sizeof(buffer)), "Too many connections"));
    rt_socket_trust(s.socket);
    third = join(&s);
    assert_int_equal(s.connects, 2);
    close(first);
    close(second);
    close(third);
    close_site(&s);
}

/* A /48 has CHAT_WIDE times an address's share, however many /64s it is. */
static void strangers_of_a_network(void **state)
{
    site s;
    char buffer[2048], address[32];
    int fds[CHAT_WIDE + 1], other;
    (void)state;
    open_site(&s, 1, 0);
    for (int i = 0; i <= CHAT_WIDE; i++) {
        snprintf(address, sizeof(address), "2001:db8:7:%x::1", i);
        fds[i] = adopt(&s, address, UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    }
    other = adopt(&s, "2001:db8:8::1", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    run(&s, 3);
    for (int i = 0; i <= CHAT_WIDE; i++) {
        int refused =
            strstr(hear(fds[i], buffer, sizeof(buffer)), "Too many connections") != NULL;
        assert_int_equal(refused, i == CHAT_WIDE);
        close(fds[i]);
    }
    assert_non_null(strstr(hear(other, buffer, sizeof(buffer)), "101 Switching"));
    close(other);
    close_site(&s);
}

static void authentication_timeout(void **state)
{
    site s;
    int fd;
    (void)state;
    open_site(&s, 0, 300);
    /* all that it says is there before the clock begins */
    fd = adopt(&s, "192.0.2.1", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    say(fd, "40");
    while (!s.closes)
        run(&s, 1);
    assert_int_equal(s.reason, RT_REASON_AUTH_TIMEOUT);
    close(fd);
    close_site(&s);
}

static void origins(void **state)
{
    site s;
    char buffer[2048];
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = adopt(&s, "192.0.2.1", UPGRADE "Origin: http://bad\r\n\r\n",
               sizeof(UPGRADE) + 21);
    run(&s, 3);
    assert_non_null(strstr(hear(fd, buffer, sizeof(buffer)), "HTTP/1.1 403 "));
    close(fd);
    fd = adopt(&s, "192.0.2.1", UPGRADE "Origin: http://good\r\n\r\n",
               sizeof(UPGRADE) + 22);
    run(&s, 3);
    assert_non_null(strstr(hear(fd, buffer, sizeof(buffer)), "HTTP/1.1 101 "));
    close(fd);
    close_site(&s);
}

/* ---- what one client may do to others ---- */

#define FLOOD 5000
#define FEW 200 /* packets of another client that one may have to wait for */

static void send_all(int fd, const char *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL), len);
}

static void flood_by_websocket(void **state)
{
    static const char frame[] = "\x81\x87\0\0\0\0"
                                "42[\"x\"]";
    static char flood[FLOOD * (sizeof(frame) - 1)], heard[4096];
    site s;
    int noisy, other, i;
    (void)state;
    open_site(&s, 0, 0);
    noisy = join(&s);
    other = join(&s);
    for (i = 0; i < FLOOD; i++)
        memcpy(flood + i * (sizeof(frame) - 1), frame, sizeof(frame) - 1);
    send_all(noisy, flood, sizeof(flood));
    while (!s.events)
        run(&s, 1);
    say(other, "42[\"other\"]");
    while (s.events < FLOOD + 1)
        run(&s, 1);
    assert_true(s.before <= FEW);
    /* what came last is not lost when the client goes away at once */
    hear(noisy, heard, sizeof(heard));
    send_all(noisy, flood, sizeof(flood));
    close(noisy);
    run(&s, FLOOD / 10);
    assert_int_equal(s.events, 2 * FLOOD + 1);
    close(other);
    close_site(&s);
}

/* The session id in an answer to a polling handshake, or in the head of a frame. */
static void find_sid(char *sid, const char *answer)
{
    const char *at = strstr(answer, "\"sid\":\"");
    assert_non_null(at);
    memcpy(sid, at + 7, RT_ID_LEN);
    sid[RT_ID_LEN] = '\0';
}

static int ask(site *s, const char *method, const char *sid, const char *body)
{
    char *text = malloc(strlen(body) + 400);
    int len =
        snprintf(text, strlen(body) + 400,
                 "%s /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\nHost: a\r\n"
                 "Content-Length: %u\r\n\r\n%s",
                 method, *sid ? "&sid=" : "", sid, (unsigned)strlen(body), body);
    int fd = adopt(s, "192.0.2.7", text, (size_t)len);
    free(text);
    return fd;
}

static void flood_by_polling(void **state)
{
    static const char packet[] = "42[\"x\"]\x1e";
    static char flood[FLOOD * (sizeof(packet) - 1) + 1], buffer[4096], sid[RT_ID_LEN + 1];
    site s;
    int other, fd, i;
    (void)state;
    open_site(&s, 0, 0);
    other = join(&s);
    fd = ask(&s, "GET", "", "");
    run(&s, 3);
    find_sid(sid, hear(fd, buffer, sizeof(buffer)));
    close(fd);
    close(ask(&s, "POST", sid, "40"));
    run(&s, 3);
    rt_socket_trust(s.socket);
    for (i = 0; i < FLOOD; i++)
        memcpy(flood + i * (sizeof(packet) - 1), packet, sizeof(packet) - 1);
    flood[sizeof(flood) - 2] = '\0';
    fd = ask(&s, "POST", sid, flood);
    while (!s.events)
        run(&s, 1);
    say(other, "42[\"other\"]");
    while (s.events < FLOOD + 1)
        run(&s, 1);
    assert_true(s.before <= FEW);
    run(&s, 2);
    assert_non_null(strstr(hear(fd, buffer, sizeof(buffer)), "\r\n\r\nok"));
    close(fd);
    close(other);
    close_site(&s);
}

/* A frame of up to 65,535 bytes with the mask 0. */
static void say_long(int fd, const char *text, size_t len)
{
    char head[8] = {(char)0x81, (char)(0x80 | 126), (char)(len >> 8), (char)len};
    send_all(fd, head, sizeof(head));
    send_all(fd, text, len);
}

static char *many_values(const char *value, unsigned count)
{
    char *text = malloc(100 + (strlen(value) + 1) * count), *at = text;
    at = stpcpy(at, "451-[\"x\",{\"_placeholder\":true,\"num\":0}");
    while (count--)
        at = stpcpy(stpcpy(at, ","), value);
    stpcpy(at, "]");
    return text;
}

/* A client's parameters behind a namespace are read up to a bound. */
static void parameters(void **state)
{
    site s;
    size_t len = 2;
    char *text = malloc(16000);
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = join(&s);
    say(fd, "41");
    memcpy(text, "40", 2);
    text[len++] = '/';
    text[len++] = '?';
    for (int i = 0; len < 15000; i++)
        len += (size_t)snprintf(text + len, 16, "%x=&", i);
    say_long(fd, text, len);
    run(&s, 4);
    assert_int_equal(s.connects, 2);
    assert_int_equal(s.parameters, CHAT_FORM_FIELDS);
    close(fd);
    free(text);
    close_site(&s);
}

/* What waits for its attachment costs about what was sent; a stranger may not send much,
 * and nobody a tree without bounds. */
static void unfinished_messages(void **state)
{
    site s;
    char *small = many_values("{}", 4900), *wide = many_values("{}", 6000);
    char *large = many_values("\"abcdefg\"", 4000);
    size_t before, after;
    int fd;
    (void)state;
    open_site(&s, 0, 0);
    fd = join(&s);
    before = mallinfo2().uordblks;
    say_long(fd, small, strlen(small));
    run(&s, 4);
    after = mallinfo2().uordblks;
    assert_int_equal(s.closes, 0);
    /* nothing is counted where a sanitizer allocates */
    assert_true(after > before || (!before && !after));
    assert_true(after - before < 3 * strlen(small));
    close(fd);
    run(&s, 3);
    fd = join(&s);
    say_long(fd, large, strlen(large));
    run(&s, 4);
    assert_int_equal(s.reason, RT_REASON_TOO_LARGE);
    close(fd);
    fd = join(&s);
    rt_socket_trust(s.socket);
    say_long(fd, large, strlen(large));
    run(&s, 4);
    assert_int_equal(s.closes, 2);
    close(fd);
    run(&s, 3);
    fd = join(&s);
    rt_socket_trust(s.socket);
    say_long(fd, wide, strlen(wide));
    run(&s, 4);
    assert_int_equal(s.reason, RT_REASON_PARSE);
    close(fd);
    run(&s, 3);
    free(small);
    free(large);
    free(wide);
    close_site(&s);
}

/* Two clients of an address together hold no more than its share; another address is not
 * touched. */
static void bytes_of_an_address(void **state)
{
    site s;
    char *part = many_values("{}", 4900);
    int fds[6], other, i;
    (void)state;
    open_site(&s, 0, 0);
    other = adopt(&s, "192.0.2.2", UPGRADE "\r\n", sizeof(UPGRADE) + 1);
    run(&s, 8);
    say(other, "40");
    run(&s, 4);
    say_long(other, part, strlen(part));
    for (i = 0; i < 6; i++) {
        fds[i] = join(&s);
        assert_int_equal(s.closes, 0);
        say_long(fds[i], part, strlen(part));
        run(&s, 4);
    }
    assert_int_equal(s.closes, 1);
    assert_int_equal(s.reason, RT_REASON_LIMIT);
    for (i = 0; i < 6; i++)
        close(fds[i]);
    run(&s, 3);
    /* all of it was given back */
    fds[0] = join(&s);
    say_long(fds[0], part, strlen(part));
    run(&s, 4);
    assert_int_equal(s.closes, 6);
    close(fds[0]);
    close(other);
    run(&s, 3);
    free(part);
    close_site(&s);
}

/* httpd let in one request: a refused WebSocket, and any other answer, ends it. */
static void one_answer(void **state)
{
    static const char next[] = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n"
                               "Host: a\r\n\r\n";
    static const char refused[] =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char text[1024], buffer[4096];
    site s;
    int fd, len;
    (void)state;
    open_site(&s, 0, 0);
    len = snprintf(text, sizeof(text), "%s%s", refused, next);
    fd = adopt(&s, "192.0.2.1", text, (size_t)len);
    run(&s, 5);
    hear(fd, buffer, sizeof(buffer));
    assert_non_null(strstr(buffer, "HTTP/1.1 426 "));
    assert_non_null(strstr(buffer, "Connection: close"));
    assert_non_null(strstr(buffer, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(buffer, "\r\nDate: "));
    assert_null(strstr(buffer, "HTTP/1.1 200 "));
    assert_int_equal(recv(fd, buffer, 1, MSG_DONTWAIT), 0);
    close(fd);
    close_site(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers),
        cmocka_unit_test(adoption_and_ids),
        cmocka_unit_test(messages),
        cmocka_unit_test(slow_reader),
        cmocka_unit_test(strangers),
        cmocka_unit_test(strangers_of_a_network),
        cmocka_unit_test(parameters),
        cmocka_unit_test(authentication_timeout),
        cmocka_unit_test(origins),
        cmocka_unit_test(flood_by_websocket),
        cmocka_unit_test(flood_by_polling),
        cmocka_unit_test(unfinished_messages),
        cmocka_unit_test(bytes_of_an_address),
        cmocka_unit_test(one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
