/* SPDX-License-Identifier: Apache-2.0 */
/* Registration, logging in, tokens and sessions on a SQLite database. */
#include "base/bounds.h"
#include "core.h"
#include "core/email_session.h"
#include "core/tokens.h"

static void registration(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "\xc3\x89va");
    assert_string_equal(a.who.name, "\xc3\x89va");
    assert_string_equal(a.name_key, "\xc3\xa9va");
    assert_int_equal(a.who.state, CHAT_ACCOUNT_OPEN);
    assert_int_equal(a.who.rank, CHAT_RANK_MEMBER);
    assert_null(a.token_hash);
    assert_int_equal(a.color, chat_account_color("\xc3\xa9va"));
    REFUSED(k, chat_account_register(call(k), "E\xcc\x81VA", PASSWORD),
            CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_account_register(call(k), "", PASSWORD), CHAT_P_NAME_RULE);
    REFUSED(k, chat_account_register(call(k), "with blank", PASSWORD), CHAT_P_NAME_RULE);
    REFUSED(k, chat_account_register(call(k), "Login", PASSWORD), CHAT_P_NAME_TAKEN);
    k->settings.registration = CHAT_REGISTRATION_CLOSED;
    REFUSED(k, chat_account_register(call(k), "ben", PASSWORD),
            CHAT_P_CLOSED_REGISTRATION);
    k->settings.registration = CHAT_REGISTRATION_INVITE;
    REFUSED(k, chat_account_register(call(k), "ben", PASSWORD),
            CHAT_P_CLOSED_REGISTRATION);
    /* the password stands nowhere */
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account WHERE password_hash LIKE "
                               "'%correct%'"),
                     0);
}

static void long_password(void **state)
{
    core_t *k = core(state);
    char *password = apr_palloc(k->f->pool, CHAT_PASSWORD_MAX + 2);
    chat_account_t a;
    memset(password, 'x', CHAT_PASSWORD_MAX + 1);
    password[CHAT_PASSWORD_MAX + 1] = '\0';
    REFUSED(k, chat_account_register(call(k), "ann", password), CHAT_P_PASSWORD_RULE);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account"), 0);
    password[CHAT_PASSWORD_MAX] = '\0';
    OK(chat_account_register(call(k), "ann", password));
    OK(chat_account_verify(&a, call(k), "ann", password));
    /* bcrypt alone would see 72 bytes */
    password[100] = 'y';
    REFUSED(k, chat_account_verify(&a, call(k), "ann", password), CHAT_P_CREDENTIALS);
}

static void register_once(void **state)
{
    core_t *k = core(state);
    OK(chat_account_register(call_once(k, "key", "same"), "ann", PASSWORD));
    OK(chat_account_register(call_once(k, "key", "same"), "ann", PASSWORD));
    REFUSED(k, chat_account_register(call_once(k, "key", "other"), "ann", PASSWORD),
            CHAT_P_KEY_REUSED);
    REFUSED(k, chat_account_register(call_once(k, "key 2", "same"), "ann", PASSWORD),
            CHAT_P_NAME_TAKEN);
    /* the same key of somebody else is another one */
    OK(chat_account_register(call_once(k, "key", "same"), "ben", PASSWORD));
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account"), 2);
}

static void registrations_limited(void **state)
{
    core_t *k = core(state);
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_REGISTRATIONS] = (chat_rule_t){2, 3600, 1};
    OK(chat_account_register(call(k), "ann", PASSWORD));
    /* what comes to nothing does not count */
    REFUSED(k, chat_account_register(call(k), "ann", PASSWORD), CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_account_register(call(k), "ann", PASSWORD), CHAT_P_NAME_TAKEN);
    OK(chat_account_register(call(k), "ben", PASSWORD));
    REFUSED(k, chat_account_register(call(k), "cis", PASSWORD), CHAT_P_RATE);
    assert_in_range(k->call.problem.number, 1, 3662); /* a part of the window late */
    OK(chat_account_register(call_from(k, "192.0.2.2"), "cis", PASSWORD));
}

static void wrong_credentials(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    chat_tx_t *tx;
    REFUSED(k, chat_account_verify(&a, call(k), "ann", "wrong"), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_verify(&a, call(k), "ann", ""), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_verify(&a, call(k), "nobody", PASSWORD), CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call(k), "ANN", PASSWORD));
    for (int s = CHAT_ACCOUNT_PENDING; s <= CHAT_ACCOUNT_CLOSED; s++) {
        apr_status_t rv;
        tx = begin(k->f);
        OK(chat_account_set_state(tx, a.who.id, (chat_account_state_t)s, 0));
        commit(k->f);
        rv = chat_account_verify(&a, call(k), "ann", PASSWORD);
        if (s == CHAT_ACCOUNT_OPEN)
            OK(rv);
        else
            REFUSED(k, rv, CHAT_P_CREDENTIALS);
    }
}

static void throttling(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_LOGINS] = (chat_rule_t){3, 3600, 1};
    for (int i = 0; i < 2; i++)
        REFUSED(k, chat_account_verify(&a, call(k), "ann", "x"), CHAT_P_CREDENTIALS);
    /* a right one clears what was counted */
    OK(chat_account_verify(&a, call(k), "ann", PASSWORD));
    for (int i = 0; i < 3; i++)
        REFUSED(k, chat_account_verify(&a, call(k), "ann", "x"), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_P_THROTTLED);
    REFUSED(k, chat_account_verify(&a, call(k), "ANN", PASSWORD), CHAT_P_THROTTLED);
    assert_in_range(k->call.problem.number, 1, 3662); /* a part of the window late */
    /* neither another account nor another address is meant */
    REFUSED(k, chat_account_verify(&a, call(k), "ben", "x"), CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call_from(k, "192.0.2.2"), "ann", PASSWORD));
}

static apr_status_t no_place(void *baton, int young, apr_uint64_t owner)
{
    (void)young;
    if (baton)
        *(apr_uint64_t *)baton = owner;
    return CHAT_BUSY;
}

/* All of an IPv6 network together have one client's part of the queue. */
static void networks_in_the_queue(void **state)
{
    core_t *k = core(state);
    chat_account_t a;
    apr_uint64_t one, two, other;
    k->site.hash_enter = no_place;
    k->site.hash_baton = &one;
    IS(chat_account_verify(&a, call_from(k, "2001:db8:1:1::/64"), "ann", PASSWORD),
       CHAT_BUSY);
    k->site.hash_baton = &two;
    IS(chat_account_verify(&a, call_from(k, "2001:db8:1:2::/64"), "ann", PASSWORD),
       CHAT_BUSY);
    k->site.hash_baton = &other;
    IS(chat_account_verify(&a, call_from(k, "2001:db8:2:1::/64"), "ann", PASSWORD),
       CHAT_BUSY);
    assert_true(one == two);
    assert_true(one != other);
}

static void no_place_to_hash(void **state)
{
    core_t *k = core(state);
    chat_account_t a;
    k->site.hash_enter = no_place;
    IS(chat_account_register(call(k), "ann", PASSWORD), CHAT_BUSY);
    IS(chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_BUSY);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account"), 0);
}

static apr_status_t no_place_for_the_young(void *baton, int young, apr_uint64_t owner)
{
    (void)baton;
    (void)owner;
    return young ? CHAT_BUSY : APR_SUCCESS;
}

/* Registrations, and logins of accounts that came with them, do not keep others out. */
static void new_accounts_have_places_of_their_own(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    k->site.hash_enter = no_place_for_the_young;
    IS(chat_account_register(call(k), "bob", PASSWORD), CHAT_BUSY);
    IS(chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_BUSY);
    IS(chat_account_change_password(call(k), "ann", PASSWORD, "Another1!"), CHAT_BUSY);
    REFUSED(k, chat_account_verify(&a, call(k), "eve", PASSWORD), CHAT_P_CREDENTIALS);
    OK(tell(k->f, "UPDATE account SET created_at = created_at - 86400000000"));
    OK(chat_account_verify(&a, call(k), "ann", PASSWORD));
    OK(chat_account_change_password(call(k), "ann", PASSWORD, "Another1!"));
}

/* What was not checked does not count as a check. */
static void no_place_is_no_check(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    k->site.hash_enter = no_place;
    for (int i = 0; i <= CHAT_CHECKS_PER_ACCOUNT; i++)
        IS(chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_BUSY);
    k->site.hash_enter = NULL;
    OK(chat_account_verify(&a, call(k), "ann", PASSWORD));
}

/* What happens to the account between the look at the password and the write. */
typedef struct meanwhile_t {
    core_t *k;
    apr_int64_t id;
    const char *hash; /* a new password, or NULL for a ban */
} meanwhile_t;

static void happen(void *baton, int young)
{
    meanwhile_t *m = baton;
    chat_tx_t *tx = begin(m->k->f);
    (void)young;
    m->k->site.hash_leave = NULL;
    if (m->hash)
        OK(chat_account_set_password(tx, m->id, m->hash));
    else
        OK(chat_account_set_state(tx, m->id, CHAT_ACCOUNT_BANNED, 0));
    commit(m->k->f);
}

static core_t *meanwhile(core_t *k, apr_int64_t id, const char *hash)
{
    meanwhile_t *m = apr_palloc(k->f->pool, sizeof(*m));
    *m = (meanwhile_t){k, id, hash};
    k->site.hash_leave = happen;
    k->site.hash_baton = m;
    return k;
}

static void nothing_outruns_a_change(void **state)
{
    core_t *k = core(state);
    chat_account_t ann = registered(k, "ann"), a;
    const char *old = ann.password_hash, *new;
    char token[CHAT_UUID_SIZE];
    chat_login_t login;
    int changed;
    OK(chat_account_hash(&new, call(k), 0, "another"));
    OK(chat_account_verify(&a, call(meanwhile(k, ann.who.id, new)), "ann", PASSWORD));
    REFUSED(k, chat_token_make(token, &changed, call(k), &a), CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call(k), "ann", "another"));

    REFUSED(k,
            chat_account_change_password(call(meanwhile(k, ann.who.id, old)), "ann",
                                         "another", "third"),
            CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call(k), "ann", PASSWORD));
    REFUSED(k,
            chat_account_close(call(meanwhile(k, ann.who.id, new)), "ann", PASSWORD, 0),
            CHAT_P_CREDENTIALS);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account WHERE state = 1"), 1);
    REFUSED(
        k,
        chat_account_enter(&login, call(meanwhile(k, ann.who.id, old)), "ann", "another"),
        CHAT_P_CREDENTIALS);
    REFUSED(
        k,
        chat_account_enter(&login, call(meanwhile(k, ann.who.id, NULL)), "ann", PASSWORD),
        CHAT_P_CREDENTIALS);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM session"), 0);
}

/* A hash of a lower cost is renewed at a login, but not over a change of password. */
static void renewal_undoes_no_change(void **state)
{
    core_t *k = core(state);
    chat_account_t ann = registered(k, "ann"), a;
    const char *weak, *new;
    chat_tx_t *tx;
    OK(chat_password_hash(&weak, PASSWORD, CHAT_PASSWORD_COST - 1, k->f->pool));
    OK(chat_account_hash(&new, call(k), 0, "another"));
    tx = begin(k->f);
    OK(chat_account_set_password(tx, ann.who.id, weak));
    commit(k->f);
    REFUSED(k,
            chat_account_verify(&a, call(meanwhile(k, ann.who.id, new)), "ann", PASSWORD),
            CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call(k), "ann", "another"));
}

typedef struct who_t {
    core_t *k;
    const char *token;
    chat_identity_t who;
} who_t;

static apr_status_t resolve(chat_tx_t *tx, void *baton)
{
    who_t *w = baton;
    chat_auth_t auth;
    chat_auth_token(&auth, &w->k->call, w->token);
    return chat_auth_resolve(&w->who, &w->k->call, tx, &auth);
}

static apr_status_t use_token(core_t *k, const char *token)
{
    who_t w = {k, token, {0}};
    call(k);
    return chat_store_read(k->site.store, resolve, &w);
}

static void tokens(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann"), b;
    char first[CHAT_UUID_SIZE], second[CHAT_UUID_SIZE], again[CHAT_UUID_SIZE];
    int changed;
    REFUSED(k, chat_token_get(again, call(k), &a), CHAT_P_NO_TOKEN);
    OK(chat_token_make(first, &changed, call(k), &a));
    assert_int_equal(changed, 0);
    OK(chat_account_verify(&a, call(k), "ann", PASSWORD));
    OK(chat_token_get(again, call(k), &a));
    assert_string_equal(again, first);
    OK(use_token(k, first));
    for (char *p = again; *p; p++)
        *p = (char)(*p >= 'a' ? *p - 32 : *p);
    OK(use_token(k, again)); /* in upper case, too */
    /* one for each account: the new one ends the old one */
    OK(chat_token_make(second, &changed, call(k), &a));
    assert_int_equal(changed, 1);
    assert_string_not_equal(second, first);
    REFUSED(k, use_token(k, first), CHAT_P_NOT_LOGGED_IN);
    OK(use_token(k, second));
    /* derived: what is stored tells nothing, and another secret gives another */
    OK(chat_account_verify(&b, call(k), "ann", PASSWORD));
    assert_int_equal(b.token_generation, 2);
    assert_null(strstr(b.token_hash, second));
    k->site.secret.key[0] ^= 1;
    REFUSED(k, chat_token_get(again, call(k), &b), CHAT_P_NO_TOKEN);
    REFUSED(k, use_token(k, second), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, use_token(k, NULL), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, use_token(k, "nonsense"), CHAT_P_NOT_LOGGED_IN);
}

static void token_once(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    char first[CHAT_UUID_SIZE], again[CHAT_UUID_SIZE], other[CHAT_UUID_SIZE];
    int changed;
    OK(chat_token_make(first, &changed, call_once(k, "key", "same"), &a));
    OK(chat_token_make(again, &changed, call_once(k, "key", "same"), &a));
    assert_string_equal(again, first);
    assert_int_equal(changed, 0);
    OK(chat_token_make(other, &changed, call(k), &a));
    /* the one of that request is valid no more: the answer has a valid one all the same
     */
    OK(chat_token_make(again, &changed, call_once(k, "key", "same"), &a));
    assert_string_not_equal(again, first);
    OK(use_token(k, again));
    REFUSED(k, use_token(k, other), CHAT_P_NOT_LOGGED_IN);
}

static apr_status_t begin_session(chat_tx_t *tx, void *baton)
{
    chat_call_t *c = baton;
    return chat_session_begin(c, tx, 1, "secret");
}

static apr_status_t resolve_session(chat_tx_t *tx, void *baton)
{
    who_t *w = baton;
    chat_auth_t auth;
    chat_auth_session(&auth, &w->k->call, w->token);
    return chat_auth_resolve(&w->who, &w->k->call, tx, &auth);
}

static apr_status_t use_session(core_t *k, const char *secret)
{
    who_t w = {k, secret, {0}};
    call(k);
    return chat_store_read(k->site.store, resolve_session, &w);
}

static void password_change(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    char token[CHAT_UUID_SIZE];
    int changed, hints;
    OK(chat_token_make(token, &changed, call(k), &a));
    OK(chat_store_write(k->site.store, begin_session, call(k)));
    OK(use_session(k, "secret"));
    REFUSED(k, use_session(k, "secret "), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, chat_account_change_password(call(k), "ann", "wrong", "new"),
            CHAT_P_CREDENTIALS);
    OK(use_token(k, token));
    hints = k->hints;
    OK(chat_account_change_password(call(k), "ann", PASSWORD, "new"));
    assert_int_equal(k->hints, hints + 1);
    REFUSED(k, use_token(k, token), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, use_session(k, "secret"), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_P_CREDENTIALS);
    OK(chat_account_verify(&a, call(k), "ann", "new"));
    /* the daemon learns of it: token made, password changed */
    assert_int_equal(ask(k->f, "SELECT count(*) FROM event WHERE kind = 8"), 2);
}

static void session_life(void **state)
{
    core_t *k = core(state);
    registered(k, "ann");
    OK(chat_store_write(k->site.store, begin_session, call(k)));
    k->settings.session_lifetime = 100;
    OK(use_session(k, "secret"));
    OK(tell(k->f, "UPDATE session SET used_at = used_at - 101000000"));
    REFUSED(k, use_session(k, "secret"), CHAT_P_NOT_LOGGED_IN);
    k->settings.session_lifetime = 0;
    OK(use_session(k, "secret"));
    /* of another dialect, the same text is another session */
    call(k);
    k->call.dialect = CHAT_KINGLET;
    assert_false(chat_session_known(&k->call, "secret"));
    assert_true(chat_session_known(call(k), "secret"));
}

static void closed_account(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    char token[CHAT_UUID_SIZE];
    int changed;
    OK(chat_token_make(token, &changed, call(k), &a));
    OK(chat_account_close(call(k), "ann", PASSWORD, 0));
    REFUSED(k, use_token(k, token), CHAT_P_NOT_LOGGED_IN);
    REFUSED(k, chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_register(call(k), "ann", PASSWORD), CHAT_P_NAME_TAKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(registration),
        ON_SQLITE(long_password),
        ON_SQLITE(register_once),
        ON_SQLITE(registrations_limited),
        ON_SQLITE(wrong_credentials),
        ON_SQLITE(throttling),
        ON_SQLITE(nothing_outruns_a_change),
        ON_SQLITE(renewal_undoes_no_change),
        ON_SQLITE(no_place_to_hash),
        ON_SQLITE(new_accounts_have_places_of_their_own),
        ON_SQLITE(no_place_is_no_check),
        ON_SQLITE(networks_in_the_queue),
        ON_SQLITE(tokens),
        ON_SQLITE(token_once),
        ON_SQLITE(password_change),
        ON_SQLITE(session_life),
        ON_SQLITE(closed_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
