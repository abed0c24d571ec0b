/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, as a table: every action against every kind of person. */
#include "core/policy.h"
#include "unit.h"

enum { OWNER = 9 };

/* A person in a channel. */
typedef struct who_t {
    const char *name;
    int id, rank, public, permissions, joined;
    const char *may; /* letters, see below */
} who_t;

/* r read, w write, e edit, d delete, h history, c report, j join, a add, k keep order,
 * g manage, p public channel, i invite, n announce, m moderate, b ban, v govern */
static const char letters[CHAT_ACTIONS + 1] = "rwedhcjakgpinmbv";

static const who_t people[] = {
    {"stranger, public", 1, CHAT_RANK_MEMBER, 1, -1, 0, "rwcj"},
    {"stranger, private", 1, CHAT_RANK_MEMBER, 0, -1, 0, ""},
    {"member, public", 1, CHAT_RANK_MEMBER, 1, CHAT_READ | CHAT_WRITE, 1, "rwcja"},
    {"member, private", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE, 1, "rwcja"},
    {"maker", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE | CHAT_ADMIN, 1,
     "rwcjadhkg"},
    {"reader", 1, CHAT_RANK_MEMBER, 1, CHAT_READ, 1, "rcja"},
    {"silenced stranger", 1, CHAT_RANK_MEMBER, 1, CHAT_READ, 0, "rcj"},
    {"writer only", 1, CHAT_RANK_MEMBER, 1, CHAT_WRITE, 1, "w"},
    {"banned from a public one", 1, CHAT_RANK_MEMBER, 1, 0, 0, ""},
    {"invited, not joined", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE, 0, "rwcj"},
    {"moderator, private", 1, CHAT_RANK_MODERATOR, 0, -1, 0, "km"},
    {"moderator, public", 1, CHAT_RANK_MODERATOR, 1, -1, 0, "rwcjdhkm"},
    {"administrator, private", 1, CHAT_RANK_ADMIN, 0, -1, 0, "dhkgpinmbv"},
    {"administrator, public", 1, CHAT_RANK_ADMIN, 1, -1, 0, "rwcjdhkgpinmbv"},
    {"guest of a public one", 1, CHAT_RANK_GUEST, 1, CHAT_READ | CHAT_WRITE, 1, "rwcja"},
    {"guest elsewhere, public", 1, CHAT_RANK_GUEST, 1, -1, 0, ""},
    {"guest elsewhere, private", 1, CHAT_RANK_GUEST, 0, -1, 0, ""},
    {"guest of one now private", 1, CHAT_RANK_GUEST, 0, CHAT_READ | CHAT_WRITE, 1, ""},
    {"guest with the right to administrate", 1, CHAT_RANK_GUEST, 1, CHAT_ADMIN, 1, ""},
    {"owner, private", OWNER, CHAT_RANK_MEMBER, 0, -1, 0, "dhkgpimbv"},
    {"owner, public", OWNER, CHAT_RANK_MEMBER, 1, -1, 0, "rwcjdhkgpimbv"},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(people); i++) {
        const who_t *p = &people[i];
        chat_identity_t who = {.id = p->id, .rank = p->rank, .state = CHAT_ACCOUNT_OPEN};
        chat_channel_t ch = {
            .public = p->public, .permissions = p->permissions, .joined = p->joined};
        for (int a = 0; a < CHAT_ACTIONS; a++) {
            int may = chat_policy_allows((chat_action_t)a, &who, &ch, OWNER);
            int own = chat_policy_allows_on((chat_action_t)a, &who, &ch, OWNER, who.id);
            if (!may != !strchr(p->may, letters[a]))
                fail_msg("%s: %c is %d", p->name, letters[a], may);
            if (own != (may || strchr("edh", letters[a])))
                fail_msg("%s: %c of an own message is %d", p->name, letters[a], own);
        }
    }
}

/* A direct message is its author's, whatever the rank of others. */
static void direct_messages_are_their_authors(void **state)
{
    chat_identity_t author = {.id = 1}, admin = {.id = 2, .rank = CHAT_RANK_ADMIN};
    chat_identity_t owner = {.id = OWNER};
    (void)state;
    for (int a = 0; a < CHAT_ACTIONS; a++) {
        chat_action_t act = (chat_action_t)a;
        assert_int_equal(chat_policy_allows_on(act, &author, NULL, OWNER, 1),
                         strchr("edh", letters[a]) != NULL);
        assert_false(chat_policy_allows_on(act, &admin, NULL, OWNER, 1));
        assert_false(chat_policy_allows_on(act, &owner, NULL, OWNER, 1));
    }
}

/* Rank against rank, in a channel and outside: 0-2, x right in the channel, the owner. */
static void nobody_acts_on_an_equal_or_higher_rank(void **state)
{
    enum { MEMBER, MAKER, MODERATOR, ADMIN, CHIEF, TOOL, KINDS };
    static const int in_channel[KINDS] = {0, 1, 1, 2, 2, 3},
                     outside[KINDS] = {0, 0, 1, 2, 2, 3};
    static const int ranks[KINDS] = {0, 0, 1, 2, 0, CHAT_RANK_TOOL};
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        for (int k = 0; k < KINDS; k++) {
            chat_identity_t who = {.id = i == CHIEF  ? OWNER
                                         : i == TOOL ? 0
                                                     : 1,
                                   .rank = ranks[i]};
            chat_identity_t other = {.id = k == CHIEF ? OWNER : 2, .rank = ranks[k]};
            chat_channel_t mine = {.public = 1, .permissions = i == MAKER ? 7 : -1};
            chat_channel_t theirs = {.public = 1, .permissions = k == MAKER ? 7 : -1};
            assert_int_equal(chat_policy_above(&who, &mine, &other, &theirs, OWNER),
                             in_channel[i] > in_channel[k]);
            assert_int_equal(chat_policy_above(&who, NULL, &other, NULL, OWNER),
                             outside[i] > outside[k]);
        }
    }
}

/* Without a channel only what needs none; without an owner nobody is it. */
static void nothing_given(void **state)
{
    chat_identity_t nobody = {.id = 0}, admin = {.id = 3, .rank = CHAT_RANK_ADMIN};
    (void)state;
    for (int a = 0; a < CHAT_ACTIONS; a++) {
        assert_false(chat_policy_allows((chat_action_t)a, &nobody, NULL, 0));
        assert_int_equal(chat_policy_allows((chat_action_t)a, &admin, NULL, 0),
                         strchr("dhkgpinmbv", letters[a]) != NULL);
    }
}

static void rights(void **state)
{
    chat_identity_t who = {.id = 1}, owner = {.id = OWNER};
    chat_channel_t ch = {.public = 1, .permissions = -1};
    (void)state;
    assert_int_equal(chat_policy_rights(&who, &ch, OWNER), CHAT_READ | CHAT_WRITE);
    assert_int_equal(chat_policy_rights(&owner, &ch, OWNER),
                     CHAT_READ | CHAT_WRITE | CHAT_ADMIN);
    ch.public = 0;
    assert_int_equal(chat_policy_rights(&who, &ch, OWNER), 0);
    assert_int_equal(chat_policy_rights(&owner, &ch, OWNER), CHAT_ADMIN);
    ch.permissions = CHAT_READ;
    assert_int_equal(chat_policy_rights(&who, &ch, 0), CHAT_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(direct_messages_are_their_authors),
        cmocka_unit_test(nobody_acts_on_an_equal_or_higher_rank),
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
