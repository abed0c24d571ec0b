/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, as a table: every action against every kind of person. */
#include "core/policy.h"
#include "unit.h"

enum { OWNER = 9 };

/* A person in a channel. */
typedef struct who_t {
    const char *name;
    int id, rank, public, permissions, joined;
    const char *may; /* r read, w write, e edit, d delete, h see the history, j join, a
                        add, g grant, p public, i invite, n announce */
} who_t;

static const who_t people[] = {
    {"stranger, public", 1, CHAT_RANK_MEMBER, 1, -1, 0, "rwj"},
    {"stranger, private", 1, CHAT_RANK_MEMBER, 0, -1, 0, ""},
    {"member, public", 1, CHAT_RANK_MEMBER, 1, CHAT_READ | CHAT_WRITE, 1, "rwja"},
    {"member, private", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE, 1, "rwja"},
    {"maker", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE | CHAT_ADMIN, 1, "rwja"},
    {"reader", 1, CHAT_RANK_MEMBER, 1, CHAT_READ, 1, "rja"},
    {"silenced stranger", 1, CHAT_RANK_MEMBER, 1, CHAT_READ, 0, "rj"},
    {"writer only", 1, CHAT_RANK_MEMBER, 1, CHAT_WRITE, 1, "w"},
    {"banned from a public one", 1, CHAT_RANK_MEMBER, 1, 0, 0, ""},
    {"invited, not joined", 1, CHAT_RANK_MEMBER, 0, CHAT_READ | CHAT_WRITE, 0, "rwj"},
    {"moderator, private", 1, CHAT_RANK_MODERATOR, 0, -1, 0, ""},
    {"administrator, private", 1, CHAT_RANK_ADMIN, 0, -1, 0, "gpin"},
    {"administrator, public", 1, CHAT_RANK_ADMIN, 1, -1, 0, "rwjgpin"},
    {"guest of a public one", 1, CHAT_RANK_GUEST, 1, CHAT_READ | CHAT_WRITE, 1, "rwja"},
    {"guest elsewhere, public", 1, CHAT_RANK_GUEST, 1, -1, 0, ""},
    {"guest elsewhere, private", 1, CHAT_RANK_GUEST, 0, -1, 0, ""},
    {"guest of one now private", 1, CHAT_RANK_GUEST, 0, CHAT_READ | CHAT_WRITE, 1, ""},
    {"guest with the right to administrate", 1, CHAT_RANK_GUEST, 1, CHAT_ADMIN, 1, ""},
    {"owner, private", OWNER, CHAT_RANK_MEMBER, 0, -1, 0, "gpi"},
    {"owner, public", OWNER, CHAT_RANK_MEMBER, 1, -1, 0, "rwjgpi"},
};

static void table(void **state)
{
    static const char letters[CHAT_ACTIONS + 1] = "rwedhjagpin";
    (void)state;
    for (size_t i = 0; i < COUNT(people); i++) {
        const who_t *p = &people[i];
        chat_identity_t who = {.id = p->id, .rank = p->rank, .state = CHAT_ACCOUNT_OPEN};
        chat_channel_t ch = {
            .public = p->public, .permissions = p->permissions, .joined = p->joined};
        for (int a = 0; a < CHAT_ACTIONS; a++) {
            int may = chat_policy_allows((chat_action_t)a, &who, &ch, OWNER);
            if (!may != !strchr(p->may, letters[a]))
                fail_msg("%s: %c is %d", p->name, letters[a], may);
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
                         a >= CHAT_MAY_GRANT);
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
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
