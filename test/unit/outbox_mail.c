/* SPDX-License-Identifier: Apache-2.0 */
/* Mails from the outbox to a sendmail that is a script of this test. */
#include "core/email_account.h"
#include "core/secrets.h"
#include "outbox/mail.h"
#include "outbox/program.h"
#include "outbox/template.h"
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY apr_time_from_sec(86400)

typedef struct bed_t {
    apr_pool_t *pool;
    const char *dir;
    chat_store_t *store;
    chat_database_t database;
    chat_mailer_t mailer;
    chat_worker_t *worker;
    chat_outbox_item_t item, found;
} bed_t;

static const char *put(const bed_t *b, const char *name, const char *text)
{
    const char *path = apr_pstrcat(b->pool, b->dir, "/", name, NULL);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

/* A program that runs TEXT; MAIL in it is the file that the test reads. */
static void use_program(bed_t *b, const char *text)
{
    const char **command = apr_pcalloc(b->pool, 3 * sizeof(*command));
    command[0] =
        put(b, "sendmail",
            apr_psprintf(b->pool, "#!/bin/sh\nMAIL=%s/mail\n%s\n", b->dir, text));
    command[1] = "-t; touch $0.shell";
    b->mailer.command = command;
}

static int setup(void **state)
{
    static const chat_log_t quiet;
    char template[] = "/tmp/mod_chat-mail.XXXXXX";
    bed_t *b;
    apr_pool_t *pool;
    const char *why = NULL;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return -1;
    b = apr_pcalloc(pool, sizeof(*b));
    b->pool = pool;
    b->dir = apr_pstrdup(pool, mkdtemp(template));
    assert_int_equal(chat_crypt_init(), APR_SUCCESS);
    assert_int_equal(chat_database_parse(&b->database, &why, "sqlite3",
                                         apr_pstrcat(pool, b->dir, "/chat.db", NULL),
                                         pool),
                     APR_SUCCESS);
    assert_int_equal(chat_store_migrate(&b->database, -1, -1, &why, pool), APR_SUCCESS);
    assert_int_equal(chat_store_open(&b->store, &why, &b->database, &quiet, pool),
                     APR_SUCCESS);
    use_program(b, "cat >\"$MAIL\"");
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_t *b = *state;
    const char *command = apr_pstrcat(b->pool, "rm -rf ", b->dir, NULL);
    if (b->worker)
        chat_worker_stop(b->worker);
    if (system(command))
        return -1;
    apr_pool_destroy(b->pool);
    return 0;
}

/* apr_dbd can be initialized once only. */
static int group_setup(void **state)
{
    if (pool_setup(state) || chat_http_init() != APR_SUCCESS)
        return -1;
    return apr_dbd_init(*state) == APR_SUCCESS ? 0 : -1;
}

#define BED_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static apr_status_t insert(chat_tx_t *tx, void *baton)
{
    bed_t *b = baton;
    return chat_outbox_insert(&b->item.id, tx, &b->item);
}

static apr_status_t find(chat_tx_t *tx, void *baton)
{
    bed_t *b = baton;
    chat_outbox_item_t *list;
    int n;
    apr_status_t rv = chat_outbox_page(&list, &n, tx, b->item.id - 1, 1, b->pool);
    assert_int_equal(n, 1);
    b->found = list[0];
    return rv;
}

static void waiting(bed_t *b, const char *template, const char *to)
{
    chat_mail_payload_t p = {template, "bob", "http://chat.example/api/v1", "the-uuid",
                             "the-nonce"};
    b->item = (chat_outbox_item_t){.room = 1, .kind = CHAT_OUTBOX_MAIL, .target = to};
    b->item.payload = chat_mail_payload(&p, b->pool);
    b->item.next = b->item.created = apr_time_now();
}

static void put_waiting(bed_t *b)
{
    waiting(b, "password", "bob@example.org");
    assert_int_equal(chat_store_write(b->store, insert, b), APR_SUCCESS);
}

static void run_worker(bed_t *b)
{
    chat_worker_config_t config = {.name = "test", .database = &b->database};
    const char *why;
    assert_int_equal(chat_worker_create(&b->worker, &why, &config), APR_SUCCESS);
    chat_mail_add(b->worker, &b->mailer);
    assert_int_equal(chat_worker_run(b->worker), APR_SUCCESS);
}

/* Waits until the worker has written ATTEMPTS attempts, or the item is settled. */
static void wait_for(bed_t *b, int attempts)
{
    for (int i = 0; i < 6000; i++) {
        assert_int_equal(chat_store_read(b->store, find, b), APR_SUCCESS);
        if (b->found.state != CHAT_OUTBOX_WAITING ||
            (b->found.attempts >= attempts && b->found.reason))
            return;
        usleep(10000);
    }
    fail_msg("the item was not attempted");
}

static const char *mail(bed_t *b)
{
    apr_size_t len;
    return file_text(apr_pstrcat(b->pool, b->dir, "/mail", NULL), &len, b->pool);
}

static void delivers_once(void **state)
{
    bed_t *b = *state;
    char password[CHAT_INITIAL_SIZE], digest[CHAT_DIGEST_SIZE];
    const char *text;
    apr_size_t len;
    waiting(b, "activation", "bob@example.org");
    assert_int_equal(chat_store_write(b->store, insert, b), APR_SUCCESS);
    run_worker(b);
    wait_for(b, 1);
    assert_int_equal(b->found.state, CHAT_OUTBOX_DELIVERED);
    assert_string_equal(b->found.payload, ""); /* no password can be derived from it */
    text = mail(b);
    assert_non_null(text);
    chat_secret_password(password, &b->mailer.secret, "the-nonce");
    chat_secret_activation(digest, &b->mailer.secret, "the-uuid");
    assert_true(!strncmp(text, "To: bob@example.org\n", 20));
    assert_non_null(
        strstr(text, apr_pstrcat(b->pool, "Password:  ", password, "\n", NULL)));
    assert_non_null(
        strstr(text, apr_pstrcat(b->pool, "http://chat.example/api/v1/users/activate/",
                                 digest, "\n", NULL)));
    assert_null(strstr(text, "@NAME@"));
    /* no shell saw the arguments */
    assert_null(
        file_text(apr_pstrcat(b->pool, b->dir, "/sendmail.shell", NULL), &len, b->pool));
}

/* The same back-off and the same end after 24 hours as every other kind of item. */
static void tries_again(void **state)
{
    bed_t *b = *state;
    use_program(b, "cat >/dev/null; [ ! -e $0.tried ] && { : >$0.tried; exit 75; }; "
                   "until [ -e $0.seen ]; do sleep 0.1; done");
    put_waiting(b);
    run_worker(b);
    wait_for(b, 1);
    assert_int_equal(b->found.state, CHAT_OUTBOX_WAITING);
    assert_string_equal(b->found.reason, "the mail command ended with code 75");
    if (b->found.attempts == 1) /* a slow machine sees it in the next one already */
        assert_true(b->found.next < apr_time_now() + apr_time_from_sec(2));
    put(b, "sendmail.seen", "");
    wait_for(b, 99); /* until it is settled */
    assert_int_equal(b->found.state, CHAT_OUTBOX_DELIVERED);
    assert_int_equal(b->found.attempts, 2);
}

static void gives_up(void **state)
{
    static const struct {
        const char *program;
        int age, state;
        const char *reason;
    } cases[] = {
        {"exit 67", 0, CHAT_OUTBOX_GIVEN_UP, "the mail command ended with code 67"},
        {"kill -9 $$", 0, CHAT_OUTBOX_WAITING, "the mail command ended with signal 9"},
        {"kill -9 $$", 1, CHAT_OUTBOX_GIVEN_UP, "the mail command ended with signal 9"},
    };
    bed_t *b = *state;
    run_worker(b);
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        use_program(b, cases[i].program);
        waiting(b, "password", apr_psprintf(b->pool, "bob%d@example.org", (int)i));
        b->item.created -= cases[i].age * DAY;
        assert_int_equal(chat_store_write(b->store, insert, b), APR_SUCCESS);
        wait_for(b, 1);
        assert_int_equal(b->found.state, cases[i].state);
        assert_string_equal(b->found.reason, cases[i].reason);
    }
}

/* A program that hangs does not keep the mails to other addresses waiting. */
static void hanging_program(void **state)
{
    bed_t *b = *state;
    use_program(b, "read line; case $line in *slow*) sleep 50;; esac; cat >\"$MAIL\"");
    waiting(b, "password", "slow@example.org");
    assert_int_equal(chat_store_write(b->store, insert, b), APR_SUCCESS);
    put_waiting(b);
    run_worker(b);
    wait_for(b, 1);
    assert_int_equal(b->found.state, CHAT_OUTBOX_DELIVERED);
}

/* One account's backlog does not hold up another's first item for the same target. */
static void turns(void **state)
{
    static const apr_int64_t accounts[] = {1, 1, 1, 2};
    bed_t *b = *state;
    use_program(b, "grep '^Hello' >>\"$MAIL\"");
    for (apr_size_t i = 0; i < COUNT(accounts); i++) {
        chat_mail_payload_t p = {"password", apr_psprintf(b->pool, "%d", (int)i), "", "u",
                                 "n"};
        waiting(b, "password", "bob@example.org");
        b->item.account = accounts[i];
        b->item.payload = chat_mail_payload(&p, b->pool);
        assert_int_equal(chat_store_write(b->store, insert, b), APR_SUCCESS);
        if (i == 2)
            b->found.id = b->item.id; /* delivered last */
    }
    b->item.id = b->found.id;
    run_worker(b);
    wait_for(b, 99);
    assert_string_equal(mail(b), "Hello 0,\nHello 3,\nHello 1,\nHello 2,\n");
}

static void missing_program(void **state)
{
    static const char *const command[] = {"/nonexistent/sendmail", NULL};
    bed_t *b = *state;
    b->mailer.command = command;
    put_waiting(b);
    run_worker(b);
    wait_for(b, 1);
    assert_int_equal(b->found.state, CHAT_OUTBOX_WAITING);
    assert_non_null(strstr(b->found.reason, "the mail command: "));
}

/* Whatever got into the outbox, no header is made of it. */
static void injections(void **state)
{
    static const char *const targets[] = {
        "a@b.co\nBcc: x@y.co",
        "a@b.co\r\nBcc: x@y.co",
        "a@b.co, x@y.co",
        "<a@b.co>",
        "-bs@b.co",
        "a b@b.co",
        "a@b.co ",
        "\"a\n\"@b.co",
        "",
        "a@b\xc3\xa4.co",
        "a@b.co;x",
    };
    bed_t *b = *state;
    const char *out, *why;
    for (apr_size_t i = 0; i < COUNT(targets); i++) {
        waiting(b, "password", targets[i]);
        assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                         CHAT_MALFORMED);
    }
    waiting(b, "password", "bob@example.org");
    b->item.payload = "password\nbob\rBcc: x@y.co\nlink\nuuid\nnonce";
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     CHAT_MALFORMED);
    b->item.payload = "password\nbob\nBcc: x@y.co\nlink\nuuid\nnonce";
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     CHAT_MALFORMED);
    b->item.payload = "../../etc/passwd\nbob\nlink\nuuid\nnonce";
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     CHAT_MALFORMED);
}

static void own_templates(void **state)
{
    bed_t *b = *state;
    const char *out, *why;
    b->mailer.templates = b->dir;
    put(b, "password.txt",
        "From: chat@example.org\r\nSubject: For @NAME@\r\n\r\n@NAME@ @X@ @\r\n");
    waiting(b, "password", "bob@example.org");
    b->item.payload = "password\nb\xc3\xb6"
                      "b\nlink\nuuid\nnonce";
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     APR_SUCCESS);
    assert_non_null(strstr(out, "\nFrom: chat@example.org\nSubject: For b??b\n\nb\xc3\xb6"
                                "b @X@ @\n"));
    put(b, "password.txt", "no headers");
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     CHAT_MALFORMED);
    put(b, "password.txt", "Subject: x\n\n\xff\n");
    assert_int_equal(chat_mail_compose(&out, &why, &b->mailer, &b->item, b->pool),
                     CHAT_MALFORMED);
}

static void slow_program(void **state)
{
    bed_t *b = *state;
    chat_program_t *p;
    int code = 0;
    apr_status_t rv;
    use_program(b, "sleep 20");
    assert_int_equal(chat_program_start(&p, b->mailer.command, "text",
                                        apr_time_from_msec(200), b->pool),
                     APR_SUCCESS);
    while (APR_STATUS_IS_EAGAIN(rv = chat_program_poll(&code, p)))
        usleep(10000);
    assert_true(APR_STATUS_IS_TIMEUP(rv));
}

static void addresses(void **state)
{
    static const struct {
        const char *text;
        int good;
    } cases[] = {
        {"a@b.co", 1},
        {"a.b+c@d-e.f.info", 1},
        {"1389906958@test.com", 1},
        {"a@b.c", 0},
        {"a@b", 0},
        {"@b.co", 0},
        {"a@b..co", 0},
        {"a@-b.co", 0},
        {"a@b-.co", 0},
        {"a@b.c1", 0},
        {"a@@b.co", 0},
        {".a@b.co", 0},
        {"a\n@b.co", 0},
        {"a@b.co\n", 0},
        {"a@b.co.", 0},
    };
    (void)state;
    for (apr_size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(chat_email_valid(cases[i].text), cases[i].good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(delivers_once),     BED_TEST(tries_again),     BED_TEST(gives_up),
        BED_TEST(missing_program),   BED_TEST(injections),      BED_TEST(own_templates),
        BED_TEST(slow_program),      BED_TEST(hanging_program), BED_TEST(turns),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, group_setup, pool_teardown);
}
