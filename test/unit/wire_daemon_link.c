/* SPDX-License-Identifier: Apache-2.0 */
/* What a daemon offers, as httpd's children see it. */
#include "unit.h"
#include "wire/daemon_link.h"
#include "wire/link.h"

#include <unistd.h>

static void offer(int fd, unsigned suites)
{
    chat_intake_offer_t offer = {CHAT_INTAKE_MAGIC, suites};
    assert_int_equal(send(fd, &offer, sizeof(offer), MSG_NOSIGNAL), sizeof(offer));
}

static void the_last_offer_counts(void **state)
{
    const char *path = apr_psprintf(*state, "/tmp/mod_chat-link.%d", (int)getpid());
    int listener = chat_wire_listen(path, SOCK_SEQPACKET), fd;
    chat_daemon_link_t *link;
    assert_true(listener >= 0);
    assert_int_equal(chat_daemon_link_create(&link, path, *state), APR_SUCCESS);
    /* an older daemon says nothing */
    assert_int_equal(chat_daemon_link_suites(link, 0), -1);
    fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(chat_daemon_link_suites(link, 0), -1);
    assert_int_equal(chat_daemon_link_suites(link, 30), 0);
    assert_int_equal(chat_daemon_link_suites(link, 0), 0);
    offer(fd, 5);
    assert_int_equal(chat_daemon_link_suites(link, 0), 5);
    assert_int_equal(chat_daemon_link_suites(link, 0), 5);
    offer(fd, 7);
    offer(fd, 0);
    assert_int_equal(chat_daemon_link_suites(link, 0), 0);
    offer(fd, 7);
    assert_int_equal(chat_daemon_link_suites(link, 0), 7);
    /* another daemon, that has yet to speak */
    close(fd);
    assert_int_equal(chat_daemon_link_suites(link, 0), -1);
    fd = accept(listener, NULL, NULL);
    offer(fd, 3);
    assert_int_equal(chat_daemon_link_suites(link, 0), 3);
    /* none */
    close(fd);
    close(listener);
    assert_int_equal(chat_daemon_link_suites(link, 0), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {POOL_TEST(the_last_offer_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
