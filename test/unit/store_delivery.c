/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox as a worker sees it: first come, first delivered, and never two at once. */
#include "store.h"
#include "store/discord.h"

static apr_int64_t put(chat_tx_t *tx, chat_outbox_kind_t kind, const char *target,
                       apr_time_t next)
{
    chat_outbox_item_t o = {
        .room = 1, .kind = kind, .target = target, .payload = "x", .next = next};
    apr_int64_t id = 0;
    o.created = 5;
    OK(chat_outbox_insert(&id, tx, &o));
    return id;
}

/* The ids of heads at NOW, as text. */
static const char *heads(fixture_t *f, chat_tx_t *tx, chat_outbox_kind_t kind,
                         apr_time_t now, int limit)
{
    chat_outbox_item_t *list;
    const char *text = "";
    int n;
    OK(chat_outbox_heads(&list, &n, tx, kind, now, limit, f->pool));
    for (int i = 0; i < n; i++)
        text = apr_psprintf(f->pool, "%s%" APR_INT64_T_FMT " ", text, list[i].id);
    return text;
}

static void first_of_each(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    const chat_outbox_kind_t channel = CHAT_OUTBOX_DISCORD_CHANNEL;
    apr_int64_t a1 = put(tx, channel, "a", 10), a2 = put(tx, channel, "a", 10);
    apr_int64_t b1 = put(tx, channel, "b", 20), b2 = put(tx, channel, "b", 1);
    apr_int64_t hook = put(tx, CHAT_OUTBOX_DISCORD_WEBHOOK, NULL, 1);
    chat_outbox_item_t o = {.id = a1, .state = CHAT_OUTBOX_DELIVERED, .done = 30};
    put(tx, CHAT_OUTBOX_DISCORD_WEBHOOK, NULL, 1);
    (void)b2;
    assert_string_equal(heads(f, tx, channel, 9, 10), "");
    assert_string_equal(heads(f, tx, channel, 10, 10),
                        apr_psprintf(f->pool, "%d ", (int)a1));
    assert_string_equal(heads(f, tx, channel, 20, 10),
                        apr_psprintf(f->pool, "%d %d ", (int)a1, (int)b1));
    assert_string_equal(heads(f, tx, channel, 20, 1),
                        apr_psprintf(f->pool, "%d ", (int)a1));
    assert_string_equal(heads(f, tx, CHAT_OUTBOX_DISCORD_WEBHOOK, 20, 10),
                        apr_psprintf(f->pool, "%d ", (int)hook));
    assert_string_equal(heads(f, tx, CHAT_OUTBOX_DISCORD_PERSON, 20, 10), "");
    OK(chat_outbox_claim(tx, &o, 10, 100));
    assert_string_equal(heads(f, tx, channel, 10, 10), ""); /* a2 waits behind it */
    o.attempts = 1;
    OK(chat_outbox_finish(tx, &o, 1));
    assert_string_equal(heads(f, tx, channel, 10, 10),
                        apr_psprintf(f->pool, "%d ", (int)a2));
    commit(f);
}

/* A head for each account that writes to a target. */
static void heads_of_accounts(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_outbox_item_t o = {.room = 1,
                            .kind = CHAT_OUTBOX_DISCORD_WEBHOOK,
                            .payload = "x",
                            .next = 10,
                            .created = 5};
    apr_int64_t id[5];
    for (int i = 0; i < 5; i++) {
        o.account = i < 3 ? 7 : 9;
        OK(chat_outbox_insert(&id[i], tx, &o));
    }
    assert_string_equal(heads(f, tx, o.kind, 10, 10),
                        apr_psprintf(f->pool, "%d %d ", (int)id[0], (int)id[3]));
    o.id = id[0];
    OK(chat_outbox_claim(tx, &o, 10, 100));
    assert_string_equal(heads(f, tx, o.kind, 10, 10),
                        apr_psprintf(f->pool, "%d ", (int)id[3]));
    commit(f);
}

static void claims(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t id = put(tx, CHAT_OUTBOX_DISCORD_CHANNEL, "a", 10);
    chat_outbox_item_t o = {.id = id}, *list;
    int n;
    IS(chat_outbox_claim(tx, &o, 9, 100), CHAT_NOTFOUND); /* not due */
    OK(chat_outbox_claim(tx, &o, 10, 100));
    IS(chat_outbox_claim(tx, &o, 10, 100), CHAT_NOTFOUND); /* somebody else's */
    /* the lease is over: another takes it, and the first one's word is worth nothing */
    o.attempts = 1;
    OK(chat_outbox_claim(tx, &o, 100, 200));
    o.state = CHAT_OUTBOX_DELIVERED;
    o.done = 150;
    OK(chat_outbox_finish(tx, &o, 1));
    OK(chat_outbox_page(&list, &n, tx, id - 1, 1, f->pool));
    assert_int_equal(list[0].state, CHAT_OUTBOX_WAITING);
    assert_int_equal(list[0].attempts, 2);
    o.state = CHAT_OUTBOX_WAITING;
    o.attempts = 2;
    o.next = 500;
    o.done = 0;
    o.reason = "later";
    OK(chat_outbox_finish(tx, &o, 2));
    OK(chat_outbox_page(&list, &n, tx, id - 1, 1, f->pool));
    assert_int_equal(list[0].next, 500);
    assert_string_equal(list[0].reason, "later");
    OK(chat_outbox_release(tx, 300)); /* it is nobody's: nothing happens */
    assert_string_equal(heads(f, tx, CHAT_OUTBOX_DISCORD_CHANNEL, 400, 1), "");
    OK(chat_outbox_claim(tx, &o, 500, 600));
    OK(chat_outbox_release(tx, 510));
    OK(chat_outbox_heads(&list, &n, tx, CHAT_OUTBOX_DISCORD_CHANNEL, 510, 5, f->pool));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].created, 5);
    OK(chat_outbox_revive(tx, id, 900));
    OK(chat_outbox_heads(&list, &n, tx, CHAT_OUTBOX_DISCORD_CHANNEL, 900, 5, f->pool));
    assert_int_equal(list[0].created, 900); /* its time begins anew */
    commit(f);
}

static void codes(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool),
                bob = new_account(tx, "bob", f->pool), who;
    chat_link_t link = {.account = ann, .name = "Me", .name_key = "me", .person = 1};
    const char *name;
    OK(chat_discord_code_put(tx, ann, "h1", 100));
    OK(chat_discord_code_put(tx, ann, "h2", 100));
    IS(chat_discord_code_take(&who, tx, "h1", 50), CHAT_NOTFOUND);
    OK(chat_discord_code_take(&who, tx, "h2", 50));
    assert_int_equal(who, ann);
    IS(chat_discord_code_take(&who, tx, "h2", 50), CHAT_NOTFOUND);
    OK(chat_discord_code_put(tx, ann, "h3", 100));
    IS(chat_discord_code_take(&who, tx, "h3", 100), CHAT_NOTFOUND);

    OK(chat_discord_person_put(tx, 1, "41", ann, 1));
    OK(chat_discord_person_put(tx, 1, "41", bob, 2));
    OK(chat_discord_person_find(&who, tx, 1, "41"));
    assert_int_equal(who, bob);
    OK(chat_discord_person_put(tx, 1, "41", ann, 3));
    OK(chat_discord_person_drop(tx, 1, ann, "me"));
    OK(chat_discord_person_find(&who, tx, 1, "41"));
    link.discord_id = "41";
    OK(chat_link_put(tx, &link, 1));
    OK(chat_discord_person_drop(tx, 1, ann, "me"));
    IS(chat_discord_person_find(&who, tx, 1, "41"), CHAT_NOTFOUND);

    IS(chat_discord_channel_name(&name, tx, ann, "41", f->pool), CHAT_NOTFOUND);
    link.person = 0;
    OK(chat_link_put(tx, &link, 1));
    OK(chat_discord_channel_name(&name, tx, ann, "41", f->pool));
    assert_string_equal(name, "Me");

    OK(chat_discord_code_put(tx, ann, "h4", 100));
    OK(chat_discord_person_put(tx, 1, "44", ann, 3));
    OK(chat_account_erase(tx, ann));
    IS(chat_discord_code_take(&who, tx, "h4", 50), CHAT_NOTFOUND);
    IS(chat_discord_person_find(&who, tx, 1, "44"), CHAT_NOTFOUND);
    IS(chat_link_find(&link, tx, ann, "me", f->pool), CHAT_NOTFOUND);
    commit(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(first_of_each),
        ON_BOTH(claims),
        ON_BOTH(heads_of_accounts),
        ON_BOTH(codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
