/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts by mail: what is written where, and what a mailed password is good for. */
#include "core/email.h"
#include "core/email_account.h"
#include "core/email_session.h"
#include "core/sessions.h"
#include "store.h"
#include "store/activation.h"

typedef struct bed_t {
    fixture_t *f;
    chat_site_t site;
    chat_settings_t settings;
    chat_outbox_item_t mail;
} bed_t;

static chat_call_t call(bed_t *b)
{
    chat_call_t c = {.pool = b->f->pool, .site = &b->site, .settings = &b->settings};
    c.dialect = CHAT_KINGLET;
    c.room = 1;
    c.address = "192.0.2.1";
    c.now = apr_time_now();
    return c;
}

static bed_t *bed(void **state)
{
    bed_t *b;
    fixture_t *f = fixture(state);
    b = apr_pcalloc(f->pool, sizeof(*b));
    b->f = f;
    b->site.store = f->store;
    b->site.mail = b->site.reveal_passwords = 1; /* mail goes first */
    b->settings = (chat_settings_t){.room = 1, .max_message = 65536};
    OK(chat_crypt_init());
    return b;
}

static apr_status_t newest(chat_tx_t *tx, void *baton)
{
    bed_t *b = baton;
    chat_outbox_item_t *list;
    int n;
    apr_status_t rv = chat_outbox_page(&list, &n, tx, 0, 100, b->f->pool);
    assert_true(n > 0);
    b->mail = list[n - 1];
    return rv;
}

/* The password of the newest mail, whose template is TEMPLATE. */
static const char *mailed(bed_t *b, const char *template)
{
    chat_mail_payload_t p;
    char *password = apr_palloc(b->f->pool, CHAT_INITIAL_SIZE);
    OK(chat_store_read(b->f->store, newest, b));
    OK(chat_mail_payload_parse(&p, b->mail.payload, b->f->pool));
    assert_string_equal(p.template, template);
    assert_string_equal(b->mail.target, "ann@example.org");
    chat_secret_password(password, &b->site.secret, p.nonce);
    assert_null(strstr(b->mail.payload, password));
    return password;
}

static const chat_newcomer_t ann = {"ann", "ann@example.org", "http://x/api/v1"};

static const char *open_account(bed_t *b)
{
    chat_call_t c = call(b);
    chat_signup_t made;
    char digest[CHAT_DIGEST_SIZE];
    chat_mail_payload_t p;
    const char *password;
    chat_login_t in;
    OK(chat_account_signup(&made, &c, &ann));
    assert_string_equal(made.password, "");
    assert_string_equal(made.digest, "");
    password = mailed(b, "activation");
    IS(chat_account_enter(&in, &c, "ann", password), CHAT_REFUSED);
    OK(chat_mail_payload_parse(&p, b->mail.payload, b->f->pool));
    chat_secret_activation(digest, &b->site.secret, p.uuid);
    IS(chat_account_activate(&c, "AAAAAAAAAAAAAAAAAAAAAA"), CHAT_REFUSED);
    OK(chat_account_activate(&c, digest));
    return password;
}

static apr_status_t log_in(bed_t *b, chat_login_t *in, const char *password)
{
    chat_call_t c = call(b);
    return chat_account_enter(in, &c, "Ann@Example.org", password);
}

static void first_use(void **state)
{
    bed_t *b = bed(state);
    const char *old = open_account(b), *new;
    chat_call_t c = call(b);
    chat_signup_t made;
    chat_login_t in, other;
    chat_identity_t who;
    chat_auth_t auth;
    OK(log_in(b, &in, old));
    OK(chat_account_forgot(&made, &c, &ann));
    assert_string_equal(made.password, "");
    new = mailed(b, "password");
    assert_string_not_equal(new, old);
    OK(log_in(b, &other, old)); /* beside the old one */
    OK(log_in(b, &other, new));
    IS(log_in(b, &other, old), CHAT_REFUSED); /* and from then on in its place */
    OK(log_in(b, &other, new));
    chat_auth_session(&auth, &c, in.session);
    OK(chat_account_whoami(&who, &c, &auth)); /* sessions go on */
    assert_string_equal(who.name, "ann");
}

static apr_status_t age(chat_tx_t *tx, void *baton)
{
    bed_t *b = baton;
    const char *hash;
    OK(chat_second_find(&hash, tx, b->mail.room, apr_time_now(), b->f->pool));
    return chat_second_put(tx, b->mail.room, hash, apr_time_now() - 1);
}

static void too_late(void **state)
{
    bed_t *b = bed(state);
    const char *old = open_account(b), *new;
    chat_call_t c = call(b);
    chat_signup_t made;
    chat_login_t in;
    OK(chat_account_forgot(&made, &c, &ann));
    new = mailed(b, "password");
    OK(log_in(b, &in, old));
    b->mail.room = in.account.who.id;
    OK(chat_store_write(b->f->store, age, b));
    IS(log_in(b, &in, new), CHAT_REFUSED);
    OK(log_in(b, &in, old));
}

/* Neither mail nor shown: nothing is changed, nothing is written. */
static void nothing(void **state)
{
    bed_t *b = bed(state);
    const char *old = open_account(b);
    chat_call_t c = call(b);
    chat_signup_t made;
    chat_login_t in;
    apr_int64_t last = b->mail.id;
    b->site.mail = b->site.reveal_passwords = 0;
    OK(chat_account_forgot(&made, &c, &ann));
    assert_string_equal(made.password, "");
    OK(chat_store_read(b->f->store, newest, b));
    assert_true(b->mail.id == last);
    OK(log_in(b, &in, old));
}

/* An address that somebody signed up with, and who never got the mail. */
static void address_of_a_squatter(void **state)
{
    bed_t *b = bed(state);
    chat_call_t c = call(b);
    chat_newcomer_t squatter = {.name = "ann", .email = "ann@example.org", .link = "/"};
    chat_newcomer_t owner = {.name = "boss", .email = "ann@example.org", .link = "/"};
    chat_signup_t made;
    OK(chat_account_signup(&made, &c, &squatter));
    c = call(b);
    assert_int_equal(chat_account_signup(&made, &c, &owner), CHAT_REFUSED);
    assert_int_equal(c.problem.code, CHAT_P_EMAIL_TAKEN);
    c = call(b);
    c.now += apr_time_from_sec(24 * 3600);
    OK(chat_account_signup(&made, &c, &owner));
    c = call(b);
    c.now += apr_time_from_sec(24 * 3600);
    owner.name = "third";
    assert_int_equal(chat_account_signup(&made, &c, &owner), CHAT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(first_use),
        ON_BOTH(too_late),
        ON_BOTH(nothing),
        ON_BOTH(address_of_a_squatter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
