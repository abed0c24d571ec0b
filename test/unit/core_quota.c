/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas: what one account, one address and one network may do, by whatever door. */
#include "base/bounds.h"
#include "core.h"
#include "core/invites.h"
#include "core/quota.h"

static chat_rule_t *rule(core_t *k, chat_limit_kind_t kind)
{
    return &k->settings.limits[CHAT_BUTTON][kind];
}

/* Everybody in the network guesses one account's password. */
static void a_network_guesses(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    int refused = 0;
    for (int i = 0; i < 40; i++) {
        const char *address = apr_psprintf(k->f->pool, "2001:db8:1:%x::/64", i);
        chat_account_verify(&a, call_from(k, address), "ann", "x");
        refused += k->call.problem.code == CHAT_P_THROTTLED;
    }
    assert_int_equal(refused, 40 - CHAT_WIDE_ACCOUNT * 11);
    OK(chat_account_verify(&a, call_from(k, "2001:db8:2::/64"), "ann", PASSWORD));
}

static void a_new_password_is_not_throttled(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    const char *hash;
    *rule(k, CHAT_LIMIT_LOGINS) = (chat_rule_t){2, 3600, 1};
    for (int i = 0; i < 2; i++)
        REFUSED(k, chat_account_verify(&a, call(k), "ann", "x"), CHAT_P_CREDENTIALS);
    REFUSED(k, chat_account_verify(&a, call(k), "ann", PASSWORD), CHAT_P_THROTTLED);
    OK(chat_account_hash(&hash, call(k), 0, "Another1!"));
    OK(chat_account_set_password(begin(k->f), a.who.id, hash));
    commit(k->f);
    OK(chat_account_verify(&a, call(k), "ann", "Another1!"));
}

static void names_are_not_listed(void **state)
{
    core_t *k = core(state);
    registered(k, "ann");
    for (int i = 0; i < CHAT_PROBES_PER_ADDRESS; i++)
        REFUSED(k, chat_account_register(call(k), "ann", PASSWORD), CHAT_P_NAME_TAKEN);
    REFUSED(k, chat_account_register(call(k), "ann", PASSWORD), CHAT_P_THROTTLED);
    assert_in_range(k->call.problem.number, 1, 3662);
}

/* The invite's uses are no registrations that cost nothing. */
static void invites_are_registrations(void **state)
{
    core_t *k = core(state);
    chat_account_t owner = registered(k, "ann");
    chat_auth_t auth = {.account = owner.who.id, .room_uuid = NULL};
    chat_entry_t entry = {.room.id = 1};
    chat_new_invite_t invite = {.uses = 1000, .expires = apr_time_now() * 2};
    chat_redeem_t redeem = {.password = "Tiger42!$word", .session = "s"};
    chat_lobby_t lobby;
    chat_tx_t *tx = begin(k->f);
    OK(chat_room_set_owner(tx, 1, owner.who.id));
    OK(chat_room_by_id(&entry.room, tx, 1, k->f->pool));
    commit(k->f);
    auth.entry = &entry;
    OK(chat_invite_create(&invite, call(k), &auth));
    redeem.room_uuid = entry.room.uuid;
    redeem.id = invite.id;
    /* her own is one of them */
    *rule(k, CHAT_LIMIT_REGISTRATIONS) = (chat_rule_t){3, 3600, 1};
    for (int i = 0; i < 3; i++) {
        redeem.username = apr_psprintf(k->f->pool, "guest%d", i);
        redeem.session = redeem.username;
        if (i < 2)
            OK(chat_invite_redeem(&lobby, call(k), &redeem));
        else
            REFUSED(k, chat_invite_redeem(&lobby, call(k), &redeem), CHAT_P_RATE);
    }
}

static apr_status_t make(core_t *k, apr_int64_t account, int i)
{
    chat_auth_t auth = {.account = account};
    chat_channel_t ch = {0};
    chat_new_channel_t wanted = {.name = apr_psprintf(k->f->pool, "channel %d", i)};
    return chat_channel_make(&ch, call(k), &auth, &wanted);
}

/* A channel of release 0.1, whose key has two spaces, keeps its name; new ones share the
 * key of all names that look the same. */
static void channels_with_several_spaces(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    chat_auth_t auth = {.account = a.who.id};
    chat_channel_t old = {.room = 1, .uuid = "u", .name = "a  b", .public = 1}, ch;
    chat_new_channel_t wanted = {.name = "a  b"};
    OK(chat_channel_insert(&old.id, begin(k->f), &old, "a  b", 0));
    commit(k->f);
    OK(chat_channel_join(&ch, call(k), &auth, "A  B"));
    assert_int_equal(ch.id, old.id);
    REFUSED(k, chat_channel_make(&ch, call(k), &auth, &wanted), CHAT_P_CHANNEL_TAKEN);
    wanted.name = "c  d";
    OK(chat_channel_make(&ch, call(k), &auth, &wanted));
    old.id = ch.id;
    assert_string_equal(ch.name, "c  d");
    wanted.name = "c d";
    REFUSED(k, chat_channel_make(&ch, call(k), &auth, &wanted), CHAT_P_CHANNEL_TAKEN);
    OK(chat_channel_join(&ch, call(k), &auth, "c   D"));
    assert_int_equal(ch.id, old.id);
}

static void changes_and_channels(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann"), b = registered(k, "ben");
    *rule(k, CHAT_LIMIT_CHANGES) = (chat_rule_t){2, 60, 1};
    OK(make(k, a.who.id, 1));
    OK(make(k, a.who.id, 2));
    REFUSED(k, make(k, a.who.id, 3), CHAT_P_RATE);
    OK(make(k, b.who.id, 3));
    *rule(k, CHAT_LIMIT_CHANGES) = (chat_rule_t){0, 0, 0};
    for (int i = 4; i < CHAT_CHANNELS_PER_CREATOR + 2; i++)
        OK(make(k, a.who.id, i));
    REFUSED(k, make(k, a.who.id, 9999), CHAT_P_TOO_MANY);
    OK(make(k, b.who.id, 9999));
}

static void kilobytes(void **state)
{
    core_t *k = core(state);
    chat_account_t a = registered(k, "ann");
    chat_auth_t auth = {.account = a.who.id};
    chat_message_t m;
    char body[3000];
    const chat_text_t text = {.text = body, .len = sizeof(body)};
    memset(body, 'x', sizeof(body));
    OK(make(k, a.who.id, 1));
    *rule(k, CHAT_LIMIT_KILOBYTES) = (chat_rule_t){8, 60, 1};
    for (int i = 0; i < 2; i++)
        OK(chat_message_send(&m, call(k), &auth, "channel 1", &text));
    REFUSED(k, chat_message_send(&m, call(k), &auth, "channel 1", &text), CHAT_P_RATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_network_guesses),
        ON_SQLITE(a_new_password_is_not_throttled),
        ON_SQLITE(names_are_not_listed),
        ON_SQLITE(invites_are_registrations),
        ON_SQLITE(channels_with_several_spaces),
        ON_SQLITE(changes_and_channels),
        ON_SQLITE(kilobytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
