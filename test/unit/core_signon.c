/* SPDX-License-Identifier: Apache-2.0 */
/* Users of the site and guests: accounts at first sight, names, rights, ends. */
#include "base/bounds.h"
#include "core.h"
#include "core/admin_local.h"
#include "core/guests.h"
#include "core/signon.h"
#include "core/tokens.h"
#include "store/guest.h"
#include "store/maintenance.h"

static void names(void **state)
{
    static const struct {
        const char *user, *first, *second;
    } cases[] = {
        {"alice", "alice", NULL},
        {"Al_i-c.e1", "Al_i-c.e1", NULL},
        {"alice@example.org", "alice", "alice.example.org"},
        {"EXAMPLE\\alice", "alice", "EXAMPLE.alice"},
        {"EXAMPLE\\alice@x", "alice", "EXAMPLE.alice.x"},
        {"Alice Liddell", "Alice.Liddell", NULL},
        {" a  b ", "a.b", NULL},
        {"1234@https://id.example.org/", "1234", "1234.https.id.example.org"},
        {"@example.org", "example.org", NULL},
        {"/C=DE/O=Example/CN=Alice Liddell/emailAddress=a@x", "Alice.Liddell",
         "C.DE.O.Example.CN.Alice.Liddell.emailAddress.a.x"},
        {"CN=Alice,OU=x", "Alice", "CN.Alice.OU.x"},
        {"OU=x,CN=Alice", "Alice", "OU.x.CN.Alice"},
        {"xCN=Alice", "xCN.Alice", NULL},
        {"zo\xc3\xab@x", "zo\xc3\xab", "zo\xc3\xab.x"},
        {"***", "", NULL},
        {"", "", NULL},
    };
    core_t *k = core(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got[3];
        chat_signon_names(got, cases[i].user, k->f->pool);
        assert_string_equal(got[0], cases[i].first);
        if (cases[i].second)
            assert_string_equal(got[1], cases[i].second);
        else
            assert_null(got[1]);
        assert_null(got[2]);
    }
}

static apr_status_t enter(chat_signed_t *out, core_t *k, const char *user)
{
    const chat_signon_t s = {
        .external = apr_pstrcat(k->f->pool, "user:", user, NULL),
        .name = user,
        .rank = CHAT_RANK_GUEST,
    };
    return chat_signon_enter(out, call(k), &s);
}

static void first_and_second(void **state)
{
    core_t *k = core(state);
    chat_signed_t a, b;
    chat_account_t none;
    OK(enter(&a, k, "alice@example.org"));
    assert_true(a.created);
    assert_string_equal(a.who.name, "alice");
    assert_int_equal(k->hints, 1);
    OK(enter(&b, k, "alice@example.org"));
    assert_false(b.created);
    assert_int_equal(a.who.id, b.who.id);
    assert_string_equal(a.token, b.token);
    /* nothing was written */
    assert_int_equal(k->hints, 1);
    /* the same name of another user is made of all of it */
    OK(enter(&b, k, "alice@example.net"));
    assert_string_equal(b.who.name, "alice.example.net");
    assert_int_not_equal(a.who.id, b.who.id);
    /* no password fits */
    REFUSED(k, chat_account_verify(&none, call(k), "alice", ""), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_verify(&none, call(k), "alice", "alice"), CHAT_P_CREDENTIALS);
}

static void refused_names(void **state)
{
    static const struct {
        const char *user;
        chat_problem_code_t code;
    } cases[] = {
        {"anna", CHAT_P_NAME_FOREIGN},       /* has a password and no user */
        {"ANNA@example.org", CHAT_P_NONE},   /* the whole is free */
        {"Anna", CHAT_P_NAME_FOREIGN},       /* another spelling of it */
        {"system", CHAT_P_NAME_FOREIGN},     /* reserved */
        {"***", CHAT_P_NAME_RULE},           /* nothing is left of it */
        {"p\xd0\xb0ypal", CHAT_P_NAME_RULE}, /* two scripts in a word */
        {"\xff\xfe", CHAT_P_BAD_TEXT},       /* not UTF-8 */
        {"a234567890123456789012345678901234567890123456789012345678901234567890",
         CHAT_P_NAME_RULE},
    };
    core_t *k = core(state);
    registered(k, "anna");
    for (size_t i = 0; i < COUNT(cases); i++) {
        chat_signed_t a;
        if (cases[i].code == CHAT_P_NONE)
            OK(enter(&a, k, cases[i].user));
        else
            REFUSED(k, enter(&a, k, cases[i].user), cases[i].code);
    }
    assert_int_equal(ask(k->f, "SELECT count(*) FROM account"), 2);
}

static void given_by_administrator(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "anna"), out;
    const chat_admin_edit_t edit = {
        .change = CHAT_ADMIN_PROFILE, .field = "external", .text = "user:anna"};
    const chat_admin_edit_t wrong = {
        .change = CHAT_ADMIN_PROFILE, .field = "external", .text = "anna"};
    chat_signed_t in;
    OK(chat_admin_account_edit(&out, call(k), "anna", &edit));
    OK(enter(&in, k, "anna"));
    assert_int_equal(in.who.id, a.who.id);
    assert_false(in.created);
    registered(k, "ben");
    REFUSED(k, chat_admin_account_edit(&out, call(k), "ben", &edit), CHAT_P_NAME_FOREIGN);
    REFUSED(k, chat_admin_account_edit(&out, call(k), "ben", &wrong), CHAT_P_INVALID);
}

static void states(void **state)
{
    static const chat_admin_change_t changes[] = {CHAT_ADMIN_BAN, CHAT_ADMIN_DELETE};
    core_t *k = core(state);
    for (size_t i = 0; i < COUNT(changes); i++) {
        const char *name = i ? "ben" : "anna";
        const chat_admin_edit_t edit = {.change = changes[i]};
        chat_signed_t in;
        chat_account_t out;
        OK(enter(&in, k, name));
        OK(chat_admin_account_edit(&out, call(k), name, &edit));
        REFUSED(k, enter(&in, k, name), CHAT_P_BANNED);
    }
}

static void signing_off(void **state)
{
    core_t *k = core(state);
    chat_signed_t a, b;
    chat_auth_t auth;
    OK(enter(&a, k, "alice"));
    chat_auth_token(&auth, call(k), a.token);
    OK(chat_signon_end(call(k), &auth));
    REFUSED(k, chat_signon_end(call(k), &auth), CHAT_P_NOT_LOGGED_IN);
    OK(enter(&b, k, "alice"));
    assert_int_equal(a.who.id, b.who.id);
    assert_string_not_equal(a.token, b.token);
}

static void assertions(void **state)
{
    core_t *k = core(state);
    static const char *const one[] = {"a"}, *const missing[] = {"a", "nowhere"};
    chat_signon_t s = {.external = "sub:7",
                       .name = "Anna",
                       .rank = CHAT_RANK_MODERATOR,
                       .channels = one,
                       .channel_count = 1,
                       .once = "first",
                       .expires = apr_time_now() + apr_time_from_sec(60)};
    chat_signed_t in;
    new_channel(begin(k->f), "a", 0, k->f->pool);
    commit(k->f);
    k->site.sign_rank = CHAT_RANK_MODERATOR;
    OK(chat_signon_enter(&in, call(k), &s));
    assert_int_equal(in.who.rank, CHAT_RANK_MODERATOR);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM membership WHERE joined = 1"), 1);
    REFUSED(k, chat_signon_enter(&in, call(k), &s), CHAT_P_ASSERTION);
    assert_non_null(strstr(k->call.problem.detail, "jti"));
    /* the user is found by sub, whatever the name is now */
    s.once = "second";
    s.name = "Renamed";
    s.rank = CHAT_RANK_MEMBER;
    OK(chat_signon_enter(&in, call(k), &s));
    assert_string_equal(in.who.name, "Anna");
    assert_int_equal(in.who.rank, CHAT_RANK_MEMBER);
    /* a rank beyond the directive was given by chatctl */
    s.once = "third";
    OK(chat_account_set_rank(begin(k->f), in.who.id, CHAT_RANK_ADMIN));
    commit(k->f);
    OK(chat_signon_enter(&in, call(k), &s));
    assert_int_equal(in.who.rank, CHAT_RANK_ADMIN);
    /* what is refused uses nothing up */
    s.once = "fourth";
    s.channels = missing;
    s.channel_count = 2;
    REFUSED(k, chat_signon_enter(&in, call(k), &s), CHAT_P_ASSERTION);
    s.channel_count = 1;
    OK(chat_signon_enter(&in, call(k), &s));
}

/* ---- guests ---- */

static core_t *with_guests(void **state)
{
    core_t *k = core(state);
    apr_array_header_t *names = apr_array_make(k->f->pool, 3, sizeof(const char *));
    chat_tx_t *tx = begin(k->f);
    APR_ARRAY_PUSH(names, const char *) = "lobby";
    APR_ARRAY_PUSH(names, const char *) = "secret";
    APR_ARRAY_PUSH(names, const char *) = "missing";
    k->site.guest_channels = names;
    new_channel(tx, "lobby", 1, k->f->pool);
    new_channel(tx, "open", 1, k->f->pool);
    new_channel(tx, "secret", 0, k->f->pool);
    commit(k->f);
    return k;
}

static chat_auth_t guest(chat_signed_t *out, core_t *k, const char *name)
{
    chat_auth_t auth;
    OK(chat_guest_enter(out, call(k), name));
    chat_auth_token(&auth, call(k), out->token);
    auth.guests = 1;
    return auth;
}

static apr_status_t say(core_t *k, const chat_auth_t *auth, const char *channel)
{
    chat_message_t m;
    return chat_message_send(&m, call(k), auth, channel, text(k, "hello"));
}

static void guests_rights(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t in;
    chat_auth_t auth = guest(&in, k, "Gast"), anna = member(k, "anna");
    const chat_new_channel_t wanted = {.name = "mine"};
    chat_channels_t seen;
    chat_channel_t ch;
    chat_message_t m;
    const char *added;
    assert_string_equal(in.who.name, "~Gast");
    assert_int_equal(in.who.rank, CHAT_RANK_GUEST);
    OK(chat_channels_visible(&seen, call(k), &auth));
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.list[0].name, "lobby");
    OK(say(k, &auth, "lobby"));
    REFUSED(k, say(k, &auth, "open"), CHAT_P_NO_READ);
    REFUSED(k, say(k, &auth, "secret"), CHAT_P_NO_READ);
    /* what lets guests in is said, nothing else does */
    auth.guests = 0;
    REFUSED(k, say(k, &auth, "lobby"), CHAT_P_GUEST);
    REFUSED(k, chat_channel_make(&ch, call(k), &auth, &wanted), CHAT_P_GUEST);
    REFUSED(k, chat_channel_join(&ch, call(k), &auth, "open"), CHAT_P_GUEST);
    REFUSED(k, chat_message_send_direct(&m, call(k), &auth, "anna", text(k, "x")),
            CHAT_P_GUEST);
    /* and no member lets one in, or writes to it */
    REFUSED(k, chat_message_send_direct(&m, call(k), &anna, "~Gast", text(k, "x")),
            CHAT_P_NO_ACCOUNT);
    OK(chat_channel_make(&ch, call(k), &anna, &wanted));
    REFUSED(k, chat_channel_add(&ch, &added, call(k), &anna, "mine", "~gast"),
            CHAT_P_NO_ACCOUNT);
}

static void closed_channel(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t in;
    chat_auth_t auth = guest(&in, k, NULL);
    OK(say(k, &auth, "lobby"));
    OK(chat_admin_channel_delete(call(k), "lobby"));
    REFUSED(k, say(k, &auth, "lobby"), CHAT_P_NO_CHANNEL);
    REFUSED(k, chat_guest_enter(&in, call(k), NULL), CHAT_P_NO_CHANNEL);
}

static void guests_names(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t a, b;
    guest(&a, k, NULL);
    guest(&b, k, NULL);
    assert_string_not_equal(a.who.name, b.who.name);
    registered(k, "anna");
    guest(&a, k, "anna"); /* the mark tells them apart */
    assert_string_equal(a.who.name, "~anna");
    REFUSED(k, chat_guest_enter(&b, call(k), "ANNA"), CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_guest_enter(&b, call(k), "system"), CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_guest_enter(&b, call(k), "~x"), CHAT_P_NAME_RULE);
    REFUSED(k, chat_guest_enter(&b, call(k), ""), CHAT_P_NAME_RULE);
    REFUSED(k, chat_guest_enter(&b, call(k), "a23456789012345678901234567890123"),
            CHAT_P_NAME_RULE);
    REFUSED(k, chat_account_register(call(k), "~eve", PASSWORD), CHAT_P_NAME_RULE);
}

static void guests_limits(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t in;
    chat_auth_t auth = guest(&in, k, NULL);
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_SENDS] = (chat_rule_t){20, 3600, 1};
    OK(say(k, &auth, "lobby"));
    OK(say(k, &auth, "lobby"));
    REFUSED(k, say(k, &auth, "lobby"), CHAT_P_RATE);
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_REGISTRATIONS] = (chat_rule_t){1, 3600, 1};
    REFUSED(k, chat_guest_enter(&in, call(k), NULL), CHAT_P_RATE);
}

static void guest_once(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t a, b;
    OK(chat_guest_enter(&a, call_once(k, "key", "same"), NULL));
    OK(chat_guest_enter(&b, call_once(k, "key", "same"), NULL));
    assert_string_equal(a.token, b.token);
    assert_string_equal(a.who.name, b.who.name);
    REFUSED(k, chat_guest_enter(&b, call_once(k, "key", "other"), NULL),
            CHAT_P_KEY_REUSED);
}

static void guest_to_account(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t in;
    chat_auth_t auth = guest(&in, k, "anna"), other;
    chat_account_t a;
    chat_reading_t sent;
    chat_page_t page = {.count = 10};
    OK(say(k, &auth, "lobby"));
    registered(k, "ben");
    REFUSED(k, chat_guest_register(call(k), &auth, "ben", PASSWORD), CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_guest_register(call(k), &auth, "~a", PASSWORD), CHAT_P_NAME_RULE);
    OK(chat_guest_register(call(k), &auth, "Anna", PASSWORD));
    OK(chat_account_verify(&a, call(k), "anna", PASSWORD));
    assert_int_equal(a.who.id, in.who.id);
    assert_int_equal(a.who.rank, CHAT_RANK_MEMBER);
    auth.guests = 0; /* the same token, now an account's */
    OK(chat_messages_sent(&sent, call(k), &auth, &page));
    assert_int_equal(sent.messages.n, 1);
    OK(say(k, &auth, "open"));
    IS(chat_guest_register(call(k), &auth, "cis", PASSWORD), CHAT_NOTFOUND);
    chat_auth_token(&other, call(k), "00000000-0000-4000-8000-000000000000");
    IS(chat_guest_register(call(k), &other, "cis", PASSWORD), CHAT_NOTFOUND);
    k->settings.registration = CHAT_REGISTRATION_CLOSED;
    auth = guest(&in, k, "cis");
    REFUSED(k, chat_guest_register(call(k), &auth, "cis", PASSWORD),
            CHAT_P_CLOSED_REGISTRATION);
}

static void clean(core_t *k)
{
    const chat_terms_t terms = {3600, 0, 0};
    int more;
    OK(chat_store_clean(&more, NULL, k->f->store, &terms));
}

static void end_of_a_guest(void **state)
{
    core_t *k = with_guests(state);
    chat_signed_t in;
    chat_auth_t auth = guest(&in, k, "anna");
    apr_time_t old = apr_time_now() - apr_time_from_sec(CHAT_GUEST_SECONDS + 60);
    chat_call_t *c;
    OK(say(k, &auth, "lobby"));
    clean(k);
    OK(say(k, &auth, "lobby"));
    OK(chat_guest_set_used(begin(k->f), in.who.id, old));
    commit(k->f);
    /* one more use, and the day begins again */
    c = call(k);
    c->guest = in.who.id;
    OK(chat_guest_touch(c));
    clean(k);
    OK(say(k, &auth, "lobby"));
    OK(chat_guest_set_used(begin(k->f), in.who.id, old));
    commit(k->f);
    clean(k);
    REFUSED(k, say(k, &auth, "lobby"), CHAT_P_NOT_LOGGED_IN);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM message"), 3);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM membership"), 0);
    guest(&in, k, "anna"); /* its name is free again */
}

static void used_assertions_go(void **state)
{
    core_t *k = core(state);
    chat_signon_t s = {.external = "sub:7", .name = "anna", .once = "old"};
    chat_signed_t in;
    s.expires = apr_time_now() - apr_time_from_sec(7200);
    OK(chat_signon_enter(&in, call(k), &s));
    s.once = "new";
    s.expires = apr_time_now() + apr_time_from_sec(60);
    OK(chat_signon_enter(&in, call(k), &s));
    clean(k);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM assertion_used"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(names),
        ON_BOTH(first_and_second),
        ON_SQLITE(refused_names),
        ON_SQLITE(given_by_administrator),
        ON_SQLITE(states),
        ON_SQLITE(signing_off),
        ON_BOTH(assertions),
        ON_BOTH(guests_rights),
        ON_SQLITE(closed_channel),
        ON_SQLITE(guests_names),
        ON_SQLITE(guests_limits),
        ON_SQLITE(guest_once),
        ON_BOTH(guest_to_account),
        ON_BOTH(end_of_a_guest),
        ON_BOTH(used_assertions_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
