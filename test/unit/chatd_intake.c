/* SPDX-License-Identifier: Apache-2.0 */
/* Clients with TLS that come through the intake with keys that are not theirs. */
#include "chatd/chatd.h"
#include "unit.h"
#include "wire/intake.h"
#include "wire/link.h"

#include <apr_file_io.h>
#include <unistd.h>

#define NOTHING_YET 99
#define ROUNDS 1000 /* of 20 ms at most: patience, never a measure */

typedef struct intake_t {
    chatd_t d;
    const char *path;
    int link; /* ours, of an httpd child */
    int lines;
} intake_t;

static void count_line(void *baton, chat_log_level_t level, apr_status_t rv,
                       const char *text)
{
    (void)level;
    (void)rv;
    ((intake_t *)baton)->lines += strstr(text, "CHAT0920") != NULL;
}

static rt_endpoint *no_route(void *app, rt_conn *conn, const rt_http_request *request)
{
    (void)app;
    (void)conn;
    (void)request;
    return NULL;
}

static void connect_child(intake_t *in)
{
    struct sockaddr_un address;
    assert_int_equal(chat_wire_address(&address, in->path), APR_SUCCESS);
    in->link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(in->link, (struct sockaddr *)&address, sizeof(address)), 0);
}

static intake_t *create(apr_pool_t *pool)
{
    intake_t *in = apr_pcalloc(pool, sizeof(*in));
    rt_server_config config = {.app = in, .route = no_route};
    in->path = apr_psprintf(pool, "/tmp/mod_chat-intake.%d", (int)getpid());
    in->d.log = (chat_log_t){count_line, in, CHAT_LOG_NOTICE};
    in->d.loop = rt_loop_create();
    in->d.server = rt_server_create(in->d.loop, &config);
    in->d.site_count = 1;
    in->d.intake =
        chatd_intake_create(&in->d, chat_wire_listen(in->path, SOCK_SEQPACKET));
    assert_non_null(in->d.intake);
    connect_child(in);
    return in;
}

static void end(intake_t *in)
{
    close(in->link);
    unlink(in->path);
    chatd_intake_destroy(in->d.intake);
    rt_server_shutdown(in->d.server);
    rt_loop_step(in->d.loop, 0);
    rt_server_destroy(in->d.server);
    rt_loop_destroy(in->d.loop);
}

static unsigned offered(const intake_t *in)
{
    chat_intake_offer_t offer;
    ssize_t n;
    for (int i = 0; i < 4; i++)
        rt_loop_step(in->d.loop, 0);
    n = recv(in->link, &offer, sizeof(offer), MSG_DONTWAIT);
    return n == sizeof(offer) && offer.magic == CHAT_INTAKE_MAGIC ? offer.suites
                                                                  : NOTHING_YET;
}

/* A client with a record that no keys open, RAW_LEN bytes of which httpd says to have
 * read. Gives how many bytes it gets before its end. */
static size_t hand_over(intake_t *in, uint32_t raw_len)
{
    static const char record[] = "\x17\x03\x03\x00\x20________________________________";
    struct __attribute__((packed)) {
        chat_intake_t head;
        char record[sizeof(record) - 1];
        char keys[sizeof(chat_tls_keys_t)];
    } message = {.head = {.magic = CHAT_INTAKE_MAGIC,
                          .kind = CHAT_INTAKE_TLS,
                          .address = "192.0.2.9",
                          .len = sizeof(message) - sizeof(message.head)}};
    chat_tls_keys_t keys = {
        .version = CHAT_TLS_1_3, .record_max = CHAT_TLS_PLAIN_MAX, .raw_len = raw_len};
    char control[CMSG_SPACE(sizeof(int))] = {0}, said[4096];
    struct iovec part = {&message, sizeof(message)};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    size_t got = 0;
    ssize_t n = -1;
    int pair[2];
    memcpy(message.record, record, sizeof(message.record));
    memcpy(message.keys, &keys, sizeof(keys));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
    CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
    CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &pair[1], sizeof(int));
    assert_int_equal(sendmsg(in->link, &m, MSG_NOSIGNAL), sizeof(message));
    close(pair[1]);
    /* the end of what it sends makes chatd look at it */
    shutdown(pair[0], SHUT_WR);
    for (int i = 0; i < ROUNDS && n != 0; i++) {
        rt_loop_step(in->d.loop, 20);
        n = recv(pair[0], said, sizeof(said), MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(n, 0);
    close(pair[0]);
    return got;
}

static void clients_stay_in_httpd_when_none_of_several_could_be_understood(void **state)
{
    intake_t *in = create(*state);
    assert_int_equal(offered(in), 7);
    for (int i = 0; i < 8; i++)
        hand_over(in, 37);
    assert_int_equal(offered(in), NOTHING_YET);
    hand_over(in, 37); /* was on its way */
    assert_int_equal(offered(in), 0);
    assert_int_equal(in->lines, 1);
    close(in->link);
    connect_child(in);
    assert_int_equal(offered(in), 0);
    end(in);
}

static void keys_that_make_no_sense_end_the_connection(void **state)
{
    intake_t *in = create(*state);
    assert_int_equal(hand_over(in, 100000), 0);
    assert_int_equal(offered(in), 7);
    end(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(clients_stay_in_httpd_when_none_of_several_could_be_understood),
        POOL_TEST(keys_that_make_no_sense_end_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
