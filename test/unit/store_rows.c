/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of chatrooms, accounts, sessions, channels and memberships, on every engine. */
#include "store.h"
#include "store/skeleton.h"

/* Text that a database may get wrong. */
static const char *const texts[] = {
    "",
    " ",
    "'",
    "\"; DROP TABLE account; --",
    "%s %lld %% \\",
    "\xc3\xa9\xcc\x81\xf0\x9f\x98\x80",
    "\xf4\x8f\xbf\xbf",
    "line\nbreak\ttab\x01",
};

static void first_room(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_room_t room, same, *all;
    chat_room_counts_t counts;
    apr_int64_t id;
    int n;
    OK(chat_room_by_id(&room, tx, 1, f->pool));
    assert_string_equal(room.name, "default");
    assert_int_equal(room.owner, 0);
    assert_int_equal(room.min_password, 10);
    assert_int_equal(room.last_number, 0);
    OK(chat_room_by_uuid(&same, tx, room.uuid, f->pool));
    assert_int_equal(same.id, 1);
    IS(chat_room_by_id(&room, tx, 2, f->pool), CHAT_NOTFOUND);
    IS(chat_room_by_uuid(&room, tx, "", f->pool), CHAT_NOTFOUND);
    OK(chat_room_insert(&id, tx, new_uuid(f->pool), "second", 5));
    assert_int_equal(id, 2);
    OK(chat_room_all(&all, &n, tx, f->pool));
    assert_int_equal(n, 2);
    assert_string_equal(all[0].name, "default");
    assert_string_equal(all[1].name, "second");
    assert_int_equal(all[1].created, 5);
    OK(chat_room_count(&counts, tx, 1));
    assert_int_equal(counts.accounts, 0);
    assert_int_equal(counts.channels, 1);
    assert_int_equal(counts.messages, 0);
    commit(f);
}

static void room_owner(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_room_t room;
    apr_int64_t id = new_account(tx, "ann", f->pool);
    OK(chat_room_set_owner(tx, 1, id));
    OK(chat_room_by_id(&room, tx, 1, f->pool));
    assert_int_equal(room.owner, id);
    OK(chat_room_set_owner(tx, 1, 0));
    OK(chat_room_by_id(&room, tx, 1, f->pool));
    assert_int_equal(room.owner, 0);
    undo(f);
}

static void full_account(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a = {.name_key = "\xc3\xa9va",
                        .email = "e@x",
                        .password_hash = "$2y$",
                        .color = 0xfedcba,
                        .created = APR_INT64_C(9007199254740993)};
    chat_account_t b, none;
    apr_int64_t id;
    a.who = (chat_identity_t){.room = 1,
                              .uuid = new_uuid(f->pool),
                              .name = "\xc3\x89va",
                              .state = CHAT_ACCOUNT_PENDING,
                              .rank = CHAT_RANK_MODERATOR};
    OK(chat_account_insert(&id, tx, &a, "e@x key"));
    OK(chat_account_by_id(&b, tx, id, f->pool));
    assert_int_equal(b.who.id, id);
    assert_int_equal(b.who.room, 1);
    assert_string_equal(b.who.uuid, a.who.uuid);
    assert_string_equal(b.who.name, "\xc3\x89va");
    assert_int_equal(b.who.state, CHAT_ACCOUNT_PENDING);
    assert_int_equal(b.who.rank, CHAT_RANK_MODERATOR);
    assert_string_equal(b.name_key, "\xc3\xa9va");
    assert_string_equal(b.email, "e@x");
    assert_string_equal(b.password_hash, "$2y$");
    assert_int_equal(b.color, 0xfedcba);
    assert_true(b.created == APR_INT64_C(9007199254740993));
    assert_null(b.description);
    assert_null(b.token_hash);
    assert_int_equal(b.token_generation, 0);
    OK(chat_account_by_name(&b, tx, 1, "\xc3\xa9va", f->pool));
    OK(chat_account_by_email(&b, tx, 1, "e@x key", f->pool));
    assert_int_equal(b.who.id, id);
    IS(chat_account_by_id(&none, tx, id + 1, f->pool), CHAT_NOTFOUND);
    IS(chat_account_by_name(&none, tx, 2, "\xc3\xa9va", f->pool), CHAT_NOTFOUND);
    IS(chat_account_by_email(&none, tx, 1, "e@x", f->pool), CHAT_NOTFOUND);
    undo(f);
}

/* NULL is not the empty text, and every text comes back byte for byte. */
static void null_and_text(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a = {0}, b;
    a.who.id = new_account(tx, "ann", f->pool);
    for (size_t i = 0; i < COUNT(texts); i++) {
        a.description = texts[i];
        a.languages = NULL;
        a.location = texts[COUNT(texts) - 1 - i];
        a.icon = "";
        OK(chat_account_set_profile(tx, &a));
        OK(chat_account_by_id(&b, tx, a.who.id, f->pool));
        assert_non_null(b.description);
        assert_string_equal(b.description, texts[i]);
        assert_null(b.languages);
        assert_string_equal(b.location, a.location);
        assert_non_null(b.icon);
        assert_string_equal(b.icon, "");
        assert_null(b.email);
        assert_null(b.password_hash);
    }
    undo(f);
}

static void integers(void **state)
{
    static const apr_int64_t numbers[] = {0,
                                          1,
                                          -1,
                                          APR_INT32_MAX,
                                          APR_INT64_MAX,
                                          APR_INT64_MIN,
                                          APR_INT64_C(4611686018427387905)};
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a = {0}, b;
    a.who.id = new_account(tx, "ann", f->pool);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        a.color = numbers[i];
        OK(chat_account_set_profile(tx, &a));
        OK(chat_account_by_id(&b, tx, a.who.id, f->pool));
        assert_true(b.color == numbers[i]);
    }
    undo(f);
}

static void account_conflicts(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a = {.name_key = "ann", .created = 1};
    apr_int64_t id, other;
    a.who = (chat_identity_t){.room = 1, .uuid = new_uuid(f->pool), .name = "ann"};
    OK(chat_account_insert(&id, tx, &a, "mail"));
    a.who.uuid = new_uuid(f->pool);
    IS(chat_account_insert(&other, tx, &a, NULL), CHAT_CONFLICT);
    a.name_key = a.who.name = "ben";
    IS(chat_account_insert(&other, tx, &a, "mail"), CHAT_CONFLICT);
    /* no e-mail is no conflict, however often */
    OK(chat_account_insert(&other, tx, &a, NULL));
    a.name_key = a.who.name = "cis";
    a.who.uuid = new_uuid(f->pool);
    OK(chat_account_insert(&other, tx, &a, NULL));
    OK(chat_account_set_email(tx, other, "x", "x"));
    OK(chat_account_set_email(tx, other, NULL, NULL));
    commit(f);
    tx = begin(f);
    IS(chat_account_set_email(tx, other, "mail", "mail"), CHAT_CONFLICT);
    undo(f);
}

/* Names from before skeletons were kept: the later of two that look alike has none. */
static void names_that_look_alike_stay(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t a = {.name_key = "paypal", .created = 1};
    apr_int64_t first, later, refused;
    const char *lines;
    int more;
    a.who = (chat_identity_t){.room = 1, .uuid = new_uuid(f->pool), .name = "paypal"};
    OK(chat_account_insert(&first, tx, &a, NULL));
    a.who.uuid = new_uuid(f->pool);
    a.name_key = a.who.name = "other";
    OK(chat_account_insert(&later, tx, &a, NULL));
    OK(chat_sql_do(NULL, tx, CHAT_SQL_guest_promote, "ssssdi", "paypa1", "paypa1", NULL,
                   NULL, 0, later));
    OK(chat_sql_do(NULL, tx, CHAT_SQL_account_set_skeleton, "si", NULL, first));
    commit(f);
    /* an account that comes before the fill is compared, too */
    tx = begin(f);
    IS(chat_skeleton_account(tx, 1, "pay-pal", f->pool), CHAT_NOTFOUND);
    IS(chat_skeleton_account(tx, 2, "PaypaI", f->pool), CHAT_NOTFOUND);
    OK(chat_sql_do(NULL, tx, CHAT_SQL_account_set_skeleton, "si", NULL, later));
    OK(chat_skeleton_account(tx, 1, "PaypaI", f->pool));
    undo(f);
    OK(chat_skeleton_fill(&more, f->store));
    assert_int_equal(more, 0);
    OK(chat_skeleton_alike(&lines, f->store, f->pool));
    assert_string_equal(lines, "account paypa1 of chatroom 1 looks like paypal\n");
    tx = begin(f);
    a.who.uuid = new_uuid(f->pool);
    a.name_key = a.who.name = "PaypaI";
    IS(chat_account_insert(&refused, tx, &a, NULL), CHAT_CONFLICT);
    OK(chat_skeleton_account(tx, 1, "paypa1", f->pool));
    undo(f);
}

static void account_changes(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    chat_account_t a;
    chat_identity_t who;
    OK(chat_account_set_token(tx, id, 7, "hash"));
    OK(chat_identity_by_token(&who, tx, "hash", f->pool));
    assert_int_equal(who.id, id);
    assert_string_equal(who.name, "ann");
    OK(chat_account_by_id(&a, tx, id, f->pool));
    assert_int_equal(a.token_generation, 7);
    assert_string_equal(a.token_hash, "hash");
    OK(chat_account_drop_token(tx, id));
    IS(chat_identity_by_token(&who, tx, "hash", f->pool), CHAT_NOTFOUND);
    OK(chat_account_set_password(tx, id, "new"));
    OK(chat_account_set_state(tx, id, CHAT_ACCOUNT_BANNED, 0));
    OK(chat_account_set_rank(tx, id, CHAT_RANK_ADMIN));
    OK(chat_account_set_email(tx, id, "E@x", "e@x"));
    OK(chat_identity_by_id(&who, tx, id, f->pool));
    assert_int_equal(who.state, CHAT_ACCOUNT_BANNED);
    assert_int_equal(who.rank, CHAT_RANK_ADMIN);
    OK(chat_identity_by_name(&who, tx, 1, "ann", f->pool));
    OK(chat_account_by_email(&a, tx, 1, "e@x", f->pool));
    assert_string_equal(a.password_hash, "new");
    assert_int_equal(a.token_generation, 7);
    undo(f);
}

static void account_erased(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    chat_account_t a = {
        .description = "d", .languages = "l", .location = "p", .icon = "i"};
    chat_session_t s = {
        .hash = "s", .account = id, .dialect = 1, .created = 1, .used = 1};
    chat_membership_t m = {id, 1, CHAT_READ, 1};
    chat_channels_t joined;
    a.who.id = id;
    OK(chat_account_set_profile(tx, &a));
    OK(chat_account_set_token(tx, id, 1, "t"));
    OK(chat_account_set_email(tx, id, "e", "e"));
    OK(chat_session_insert(tx, &s));
    OK(chat_membership_put(tx, &m, 1));
    OK(chat_account_erase(tx, id));
    OK(chat_account_by_name(&a, tx, 1, "ann", f->pool));
    assert_int_equal(a.who.state, CHAT_ACCOUNT_CLOSED);
    assert_null(a.email);
    assert_null(a.password_hash);
    assert_null(a.token_hash);
    assert_null(a.description);
    assert_null(a.languages);
    assert_null(a.location);
    assert_null(a.icon);
    IS(chat_session_find(&s, tx, "s"), CHAT_NOTFOUND);
    OK(chat_channel_joined(&joined, tx, id, f->pool));
    assert_int_equal(joined.n, 0);
    commit(f);
}

static void account_pages(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_account_t *list;
    int n, seen = 0;
    for (int i = 0; i < 5; i++)
        new_account(tx, apr_psprintf(f->pool, "a%d", i), f->pool);
    for (apr_int64_t after = 0;; after = list[n - 1].who.id) {
        OK(chat_account_page(&list, &n, tx, 1, after, 2, f->pool));
        if (!n)
            break;
        assert_true(n <= 2);
        for (int i = 0; i < n; i++)
            assert_string_equal(list[i].who.name, apr_psprintf(f->pool, "a%d", seen++));
    }
    assert_int_equal(seen, 5);
    undo(f);
}

static void sessions(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t id = new_account(tx, "ann", f->pool);
    chat_session_t s = {
        .hash = "h1", .account = id, .dialect = 2, .created = 10, .used = 11};
    chat_session_t found;
    OK(chat_session_insert(tx, &s));
    OK(chat_session_find(&found, tx, "h1"));
    assert_int_equal(found.account, id);
    assert_int_equal(found.dialect, 2);
    assert_int_equal(found.created, 10);
    assert_int_equal(found.used, 11);
    OK(chat_session_set_used(tx, "h1", 99));
    OK(chat_session_find(&found, tx, "h1"));
    assert_int_equal(found.used, 99);
    IS(chat_session_find(&found, tx, "h"), CHAT_NOTFOUND);
    OK(chat_session_delete(tx, "h1"));
    IS(chat_session_delete(tx, "h1"), CHAT_NOTFOUND);
    s.hash = "h2";
    OK(chat_session_insert(tx, &s));
    commit(f);
    tx = begin(f);
    IS(chat_session_insert(tx, &s), CHAT_CONFLICT);
    undo(f);
}

static void foreign_key(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    chat_session_t s = {.hash = "h", .account = 12345, .created = 1, .used = 1};
    IS(chat_session_insert(tx, &s), CHAT_BUG);
    assert_string_not_equal(tx->db->error, "");
    undo(f);
}

static void channels(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool), id, other;
    chat_channel_t c = {.room = 1,
                        .name = "Caf\xc3\xa9",
                        .description = NULL,
                        .creator = "ann",
                        .public = 0,
                        .created = 77};
    chat_channel_t got;
    c.uuid = new_uuid(f->pool);
    OK(chat_channel_insert(&id, tx, &c, "caf\xc3\xa9", ann));
    OK(chat_channel_by_name(&got, tx, ann, 1, "caf\xc3\xa9", f->pool));
    assert_int_equal(got.id, id);
    assert_string_equal(got.name, "Caf\xc3\xa9");
    assert_null(got.description);
    assert_string_equal(got.creator, "ann");
    assert_int_equal(got.public, 0);
    assert_int_equal(got.created, 77);
    assert_int_equal(got.permissions, -1);
    assert_int_equal(got.joined, 0);
    OK(chat_channel_by_uuid(&got, tx, 0, c.uuid, f->pool));
    OK(chat_channel_by_id(&got, tx, 0, id, f->pool));
    c.uuid = new_uuid(f->pool);
    IS(chat_channel_insert(&other, tx, &c, "caf\xc3\xa9", ann), CHAT_CONFLICT);
    OK(chat_channel_set_deleted(tx, id, 5));
    IS(chat_channel_by_name(&got, tx, ann, 1, "caf\xc3\xa9", f->pool), CHAT_NOTFOUND);
    IS(chat_channel_by_id(&got, tx, ann, id, f->pool), CHAT_NOTFOUND);
    /* the name is free again */
    OK(chat_channel_insert(&other, tx, &c, "caf\xc3\xa9", 0));
    assert_true(other != id);
    commit(f);
}

static void memberships(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t ann = new_account(tx, "ann", f->pool),
                ben = new_account(tx, "ben", f->pool);
    apr_int64_t open = new_channel(tx, "open", 1, f->pool);
    apr_int64_t closed = new_channel(tx, "closed", 0, f->pool);
    chat_membership_t m = {ann, closed, CHAT_READ | CHAT_WRITE, 1};
    chat_channels_t list;
    chat_channel_t c;
    const char **names;
    int n;
    OK(chat_membership_put(tx, &m, 30));
    m.account = ben;
    OK(chat_membership_put(tx, &m, 20));
    OK(chat_channel_by_id(&c, tx, ann, closed, f->pool));
    assert_int_equal(c.permissions, CHAT_READ | CHAT_WRITE);
    assert_int_equal(c.joined, 1);
    OK(chat_channel_member_names(&names, &n, tx, closed, f->pool));
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "ben");
    assert_string_equal(names[1], "ann");
    OK(chat_account_set_state(tx, ben, CHAT_ACCOUNT_BANNED, 0));
    OK(chat_channel_member_names(&names, &n, tx, closed, f->pool));
    assert_int_equal(n, 1);
    OK(chat_channel_joined(&list, tx, ann, f->pool));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.list[0].id, closed);
    OK(chat_channel_visible(&list, tx, ann, 1, f->pool));
    assert_int_equal(list.n, 3); /* default, open, closed */
    OK(chat_channel_visible(&list, tx, 0, 1, f->pool));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.list[1].id, open);
    OK(chat_channel_all(&list, tx, 1, f->pool));
    assert_int_equal(list.n, 3);
    m = (chat_membership_t){ann, closed, 0, 0};
    OK(chat_membership_put(tx, &m, 40));
    OK(chat_channel_by_id(&c, tx, ann, closed, f->pool));
    assert_int_equal(c.permissions, 0);
    assert_int_equal(c.joined, 0);
    OK(chat_membership_delete(tx, ann, closed));
    OK(chat_channel_by_id(&c, tx, ann, closed, f->pool));
    assert_int_equal(c.permissions, -1);
    OK(chat_membership_delete(tx, ann, closed));
    commit(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(first_room),
        ON_BOTH(room_owner),
        ON_BOTH(full_account),
        ON_BOTH(null_and_text),
        ON_BOTH(integers),
        ON_BOTH(account_conflicts),
        ON_BOTH(names_that_look_alike_stay),
        ON_BOTH(account_changes),
        ON_BOTH(account_erased),
        ON_BOTH(account_pages),
        ON_BOTH(sessions),
        ON_BOTH(foreign_key),
        ON_BOTH(channels),
        ON_BOTH(memberships),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
