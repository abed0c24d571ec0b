/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to channels and people, deletion, once only, Discord's outbox. */
#include "core.h"

static apr_status_t say(core_t *k, chat_auth_t *auth, const char *channel,
                        const char *words)
{
    chat_message_t m;
    return chat_message_send(&m, call(k), auth, channel, text(k, words));
}

static apr_status_t whisper(core_t *k, chat_auth_t *auth, const char *name,
                            const char *words)
{
    chat_message_t m;
    return chat_message_send_direct(&m, call(k), auth, name, text(k, words));
}

static int read_all(core_t *k, chat_auth_t *auth, chat_reading_t *r)
{
    chat_page_t page = {.count = 100};
    OK(chat_messages_direct(r, call(k), auth, &page));
    return r->messages.n;
}

static void to_a_channel(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), nobody = {.account = 4711};
    chat_page_t page = {.count = 10};
    chat_reading_t r;
    chat_message_t m;
    OK(chat_message_send(&m, call(k), &ann, "Default", text(k, "hello")));
    assert_int_equal(CHAT_ROW_NUMBER(m.id), 1);
    assert_string_equal(m.channel_name, "default");
    assert_string_equal(m.author_name, "ann");
    assert_int_equal(k->hints, 1);
    OK(say(k, &ann, "default", "again"));
    OK(chat_messages_channel(&r, call(k), &ann, "default", &page));
    assert_int_equal(r.messages.n, 2);
    assert_string_equal(r.messages.list[0].body, "again");
    assert_string_equal(r.messages.list[1].body, "hello");
    page.before = 2;
    OK(chat_messages_channel(&r, call(k), &ann, "default", &page));
    assert_int_equal(r.messages.n, 1);
    OK(chat_messages_sent(&r, call(k), &ann, &page));
    assert_int_equal(r.messages.n, 1);
    REFUSED(k, say(k, &ann, "default", ""), CHAT_P_EMPTY);
    REFUSED(k, say(k, &ann, "nowhere", "x"), CHAT_P_NO_CHANNEL);
    REFUSED(k, say(k, &nobody, "default", "x"), CHAT_P_NOT_LOGGED_IN);
    k->settings.max_message = 4;
    OK(say(k, &ann, "default", "four"));
    REFUSED(k, say(k, &ann, "default", "fives"), CHAT_P_TOO_LARGE);
    assert_int_equal(k->call.problem.number, 4);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM message"), 3);
    assert_int_equal(ask(k->f,
                         "SELECT count(*) FROM event e JOIN message m ON m.id = e.id "
                         "AND e.kind = 1 AND e.channel_id = 1"),
                     3);
}

static apr_status_t only_reading(chat_tx_t *tx, void *baton)
{
    return chat_membership_put(tx, baton, 1000);
}

static void rights_in_channels(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), ben = member(k, "ben"), cis = member(k, "cis");
    chat_new_channel_t wanted = {.name = "Secret"};
    chat_channel_t ch;
    chat_page_t page = {.count = 10};
    chat_reading_t r;
    chat_membership_t m;
    const char *added;
    OK(chat_channel_make(&ch, call(k), &ann, &wanted));
    OK(say(k, &ann, "secret", "hush"));
    REFUSED(k, say(k, &ben, "secret", "me too"), CHAT_P_NO_READ);
    REFUSED(k, chat_messages_channel(&r, call(k), &ben, "secret", &page), CHAT_P_NO_READ);
    REFUSED(k,
            chat_messages_one(&r, call(k), &ben,
                              ask(k->f, "SELECT max(id) % 1099511627776 "
                                        "FROM message"),
                              0),
            CHAT_P_MESSAGE_FOREIGN);
    OK(chat_channel_add(&ch, &added, call(k), &ann, "secret", "BEN"));
    assert_string_equal(added, "ben");
    OK(say(k, &ben, "secret", "me too"));
    m = (chat_membership_t){ben.account, ch.id, CHAT_READ, 1};
    OK(chat_store_write(k->f->store, only_reading, &m));
    REFUSED(k, say(k, &ben, "secret", "x"), CHAT_P_NO_WRITE);
    OK(chat_messages_channel(&r, call(k), &ben, "secret", &page));
    assert_int_equal(r.messages.n, 2);
    /* whoever may only read lets in readers */
    OK(chat_channel_add(&ch, &added, call(k), &ben, "secret", "cis"));
    REFUSED(k, say(k, &cis, "secret", "x"), CHAT_P_NO_WRITE);
    OK(chat_messages_channel(&r, call(k), &cis, "secret", &page));
    wanted.name = "SECRET";
    REFUSED(k, chat_channel_make(&ch, call(k), &ben, &wanted), CHAT_P_CHANNEL_TAKEN);
    wanted = (chat_new_channel_t){.name = "square", .public = 1};
    REFUSED(k, chat_channel_make(&ch, call(k), &ben, &wanted), CHAT_P_NOT_OWNER);
}

static void direct(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), ben = member(k, "ben"), cis = member(k, "cis");
    chat_reading_t r;
    OK(whisper(k, &ann, "Ben", "to you"));
    OK(whisper(k, &ann, "ann", "to myself"));
    assert_int_equal(read_all(k, &ann, &r), 2);
    assert_string_equal(r.messages.list[0].recipients, "ann");
    assert_int_equal(read_all(k, &ben, &r), 1);
    assert_string_equal(r.messages.list[0].body, "to you");
    assert_string_equal(r.messages.list[0].recipients, "ben");
    assert_int_equal(read_all(k, &cis, &r), 0);
    OK(chat_messages_one(&r, call(k), &ben, 1, 0));
    REFUSED(k, chat_messages_one(&r, call(k), &cis, 1, 0), CHAT_P_MESSAGE_FOREIGN);
    REFUSED(k, chat_messages_one(&r, call(k), &cis, 99, 0), CHAT_P_NO_MESSAGE);
    REFUSED(k, chat_messages_one(&r, call(k), &cis, -1, 0), CHAT_P_NO_MESSAGE);
    REFUSED(k, chat_messages_one(&r, call(k), &cis, APR_INT64_MAX, 0), CHAT_P_NO_MESSAGE);
    REFUSED(k, whisper(k, &ann, "nobody", "x"), CHAT_P_NO_ACCOUNT);
    OK(tell(k->f, "UPDATE account SET state = 2 WHERE name = 'ben'"));
    REFUSED(k, whisper(k, &ann, "ben", "x"), CHAT_P_NO_ACCOUNT);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM event WHERE audience = '2'"), 1);
}

static void announced(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann");
    chat_page_t page = {.count = 10};
    chat_reading_t r;
    chat_message_t m;
    OK(chat_message_announce(&m, call(k), 1, "Chat", text(k, "closing at ten")));
    REFUSED(k, chat_message_announce(&m, call(k), 2, "Chat", text(k, "x")),
            CHAT_P_NO_ROOM);
    OK(chat_messages_announced(&r, call(k), &ann, &page));
    assert_int_equal(r.messages.n, 1);
    assert_string_equal(r.messages.list[0].author_name, "Chat");
    OK(chat_messages_one(&r, call(k), &ann, 1, 0));
}

static apr_status_t delete_one(core_t *k, const chat_auth_t *auth, apr_int64_t number)
{
    chat_act_t a = {.call = call(k), .auth = auth};
    return chat_message_delete(&a, number);
}

static void deletion(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), ben = member(k, "ben");
    chat_page_t page = {.count = 10};
    chat_reading_t r;
    OK(say(k, &ann, "default", "oops"));
    REFUSED(k, delete_one(k, &ben, 1), CHAT_P_NOT_AUTHOR);
    REFUSED(k, delete_one(k, &ann, 2), CHAT_P_NO_MESSAGE);
    REFUSED(k, delete_one(k, &ann, 0), CHAT_P_NO_MESSAGE);
    REFUSED(k, delete_one(k, &ann, APR_INT64_MIN), CHAT_P_NO_MESSAGE);
    OK(delete_one(k, &ann, 1));
    REFUSED(k, delete_one(k, &ann, 1), CHAT_P_NO_MESSAGE);
    OK(chat_messages_channel(&r, call(k), &ben, "default", &page));
    assert_int_equal(r.messages.n, 0);
    REFUSED(k, chat_messages_one(&r, call(k), &ann, 1, 0), CHAT_P_NO_MESSAGE);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM message WHERE body LIKE '%oops%'"),
                     0);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM event WHERE kind = 2 AND subject = "
                               "1099511627777 AND channel_id = 1"),
                     1);
}

static void send_once(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), ben = member(k, "ben");
    chat_message_t first, again;
    OK(chat_message_send(&first, call_once(k, "key", "h"), &ann, "default",
                         text(k, "x")));
    OK(chat_message_send(&again, call_once(k, "key", "h"), &ann, "default",
                         text(k, "x")));
    assert_true(first.id == again.id);
    assert_true(first.created == again.created);
    assert_string_equal(again.body, "x");
    assert_string_equal(again.channel_name, "default");
    REFUSED(k,
            chat_message_send(&again, call_once(k, "key", "h2"), &ann, "default",
                              text(k, "y")),
            CHAT_P_KEY_REUSED);
    OK(chat_message_send(&again, call_once(k, "key", "h"), &ben, "default",
                         text(k, "x")));
    assert_true(first.id != again.id);
    /* a refusal is not remembered */
    REFUSED(
        k, chat_message_send(&again, call_once(k, "k2", "h"), &ann, "none", text(k, "x")),
        CHAT_P_NO_CHANNEL);
    OK(chat_message_send(&again, call_once(k, "k2", "h"), &ann, "default", text(k, "x")));
    assert_int_equal(ask(k->f, "SELECT count(*) FROM message"), 3);
    OK(chat_message_send_direct(&first, call_once(k, "k3", "h"), &ann, "ben",
                                text(k, "x")));
    OK(chat_message_send_direct(&again, call_once(k, "k3", "h"), &ann, "ben",
                                text(k, "x")));
    assert_true(first.id == again.id);
    assert_string_equal(again.recipients, "ben");
}

static void sends_limited(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann"), ben = member(k, "ben");
    chat_message_t m;
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_SENDS] = (chat_rule_t){2, 60, 1};
    OK(chat_message_send(&m, call_once(k, "key", "h"), &ann, "default", text(k, "x")));
    /* neither a refusal nor a repetition counts */
    OK(chat_message_send(&m, call_once(k, "key", "h"), &ann, "default", text(k, "x")));
    REFUSED(k, say(k, &ann, "none", "x"), CHAT_P_NO_CHANNEL);
    OK(whisper(k, &ann, "ben", "x"));
    REFUSED(k, say(k, &ann, "default", "x"), CHAT_P_RATE);
    REFUSED(k, chat_discord_out_send(call(k), &ann, text(k, "x")), CHAT_P_RATE);
    OK(say(k, &ben, "default", "x"));
}

static void discord(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann");
    chat_link_t link = {
        .name = "Team", .name_key = "team", .discord_id = "77", .account = 1};
    char *words = apr_palloc(k->f->pool, 4003);
    chat_tx_t *tx;
    OK(chat_discord_out_send(call(k), &ann, text(k, "nobody is there")));
    k->site.discord_webhook = 1;
    OK(chat_discord_out_send(call_once(k, "key", "h"), &ann, text(k, "hello")));
    OK(chat_discord_out_send(call_once(k, "key", "h"), &ann, text(k, "hello")));
    assert_int_equal(ask(k->f,
                         "SELECT count(*) FROM outbox WHERE kind = 1 AND state = 3 AND "
                         "done_at IS NOT NULL"),
                     1);
    assert_int_equal(ask(k->f,
                         "SELECT count(*) FROM outbox WHERE kind = 1 AND state = 0 AND "
                         "done_at IS NULL AND payload = 'hello'"),
                     1);
    REFUSED(k, chat_discord_out_send_to(call(k), &ann, "team", text(k, "x")),
            CHAT_P_NO_LINK);
    tx = begin(k->f);
    OK(chat_link_put(tx, &link, 1));
    commit(k->f);
    OK(chat_discord_out_send_to(call(k), &ann, "TEAM", text(k, "x")));
    assert_int_equal(
        ask(k->f, "SELECT count(*) FROM outbox WHERE kind = 2 AND target = '77'"), 1);
    REFUSED(k, chat_discord_out_send(call(k), &ann, text(k, "")), CHAT_P_EMPTY);
    /* characters count, not bytes */
    for (int i = 0; i < 4002; i += 2)
        memcpy(words + i, "\xc3\xa9", 2);
    words[4002] = '\0';
    REFUSED(k, chat_discord_out_send(call(k), &ann, text(k, words)), CHAT_P_TOO_LARGE);
    words[4000] = '\0';
    OK(chat_discord_out_send(call(k), &ann, text(k, words)));
    assert_int_equal(ask(k->f, "SELECT count(*) FROM outbox"), 4);
}

/* What a refused request to Discord counted is given back. */
static void refused_relays_do_not_count(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann");
    k->settings.limits[CHAT_BUTTON][CHAT_LIMIT_SENDS] = (chat_rule_t){1, 60, 1};
    OK(tell(k->f, "ALTER TABLE outbox RENAME TO elsewhere"));
    IS(chat_discord_out_send(call(k), &ann, text(k, "x")), CHAT_BUG);
    OK(tell(k->f, "ALTER TABLE elsewhere RENAME TO outbox"));
    OK(chat_discord_out_send(call(k), &ann, text(k, "x")));
    REFUSED(k, chat_discord_out_send(call(k), &ann, text(k, "x")), CHAT_P_RATE);
}

/* A retried request whose message is gone meanwhile still gets an answer. */
static void once_and_gone(void **state)
{
    core_t *k = core(state);
    chat_auth_t ann = member(k, "ann");
    chat_message_t m;
    OK(chat_message_send(&m, call_once(k, "key", "h"), &ann, "default", text(k, "x")));
    OK(tell(k->f, "DELETE FROM message"));
    OK(chat_message_send(&m, call_once(k, "key", "h"), &ann, "default", text(k, "x")));
    assert_int_equal(CHAT_ROW_NUMBER(m.id), 1);
    assert_non_null(m.body);
    assert_non_null(m.author_name);
    assert_int_equal(ask(k->f, "SELECT count(*) FROM message"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(to_a_channel),
        ON_SQLITE(rights_in_channels),
        ON_SQLITE(direct),
        ON_SQLITE(announced),
        ON_SQLITE(deletion),
        ON_SQLITE(send_once),
        ON_SQLITE(sends_limited),
        ON_SQLITE(discord),
        ON_SQLITE(refused_relays_do_not_count),
        ON_SQLITE(once_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
