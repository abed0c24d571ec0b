/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator may do from a client, on both engines. */
#include "core.h"
#include "core/admin_remote.h"

#include <apr_thread_proc.h>

static void set_rank(core_t *k, apr_int64_t account, int rank)
{
    chat_tx_t *tx = begin(k->f);
    OK(chat_account_set_rank(tx, account, rank));
    commit(k->f);
}

static chat_auth_t administrator(core_t *k, const char *name)
{
    chat_auth_t auth = member(k, name);
    set_rank(k, auth.account, CHAT_RANK_ADMIN);
    return auth;
}

static apr_int64_t put_item(core_t *k, chat_outbox_kind_t kind, chat_outbox_state_t state)
{
    chat_tx_t *tx = begin(k->f);
    apr_int64_t id;
    chat_outbox_item_t o = {.room = 1,
                            .kind = kind,
                            .target = "ann@example.org",
                            .payload = "secret",
                            .state = state,
                            .next = 5,
                            .created = 4,
                            .done = state == CHAT_OUTBOX_WAITING ? 0 : 6};
    OK(chat_outbox_insert(&id, tx, &o));
    commit(k->f);
    return id;
}

static void outbox(void **state)
{
    core_t *k = core(state);
    chat_auth_t root = administrator(k, "root"), ann = member(k, "ann");
    chat_outbox_range_t range = {.before = APR_INT64_MAX, .limit = 10};
    chat_admin_remote_outbox_t items;
    chat_outbox_item_t item;
    apr_int64_t ids[CHAT_OUTBOX_STATES];
    for (int s = 0; s < CHAT_OUTBOX_STATES; s++)
        ids[s] = put_item(k, CHAT_OUTBOX_MAIL, (chat_outbox_state_t)s);
    range.state = CHAT_OUTBOX_STATES;
    OK(chat_admin_remote_outbox(&items, call(k), &root, &range));
    assert_int_equal(items.n, 4);
    assert_false(items.more);
    for (int i = 0; i < items.n; i++) {
        assert_int_equal(items.list[i].id, ids[3 - i]);
        assert_null(items.list[i].target);
        assert_null(items.list[i].payload);
        assert_null(items.list[i].account_name);
    }
    REFUSED(k, chat_admin_remote_outbox(&items, call(k), &ann, &range), CHAT_P_NOT_ADMIN);
    REFUSED(k, chat_admin_remote_retry(&item, call(k), &ann, ids[CHAT_OUTBOX_GIVEN_UP]),
            CHAT_P_NOT_ADMIN);
    for (int s = 0; s < CHAT_OUTBOX_STATES; s++) {
        if (s == CHAT_OUTBOX_WAITING || s == CHAT_OUTBOX_DELIVERED) {
            REFUSED(k, chat_admin_remote_retry(&item, call(k), &root, ids[s]),
                    CHAT_P_ITEM_STATE);
            continue;
        }
        OK(chat_admin_remote_retry(&item, call(k), &root, ids[s]));
        assert_int_equal(item.id, ids[s]);
        assert_int_equal(item.state, CHAT_OUTBOX_WAITING);
        assert_true(item.next == k->call.now);
        assert_int_equal(item.done, 0);
    }
    REFUSED(k, chat_admin_remote_retry(&item, call(k), &root, ids[3] + 1),
            CHAT_P_NO_ITEM);
}

/* A ban is told to whoever follows events; a closed account is nobody's to change. */
static void edits(void **state)
{
    core_t *k = core(state);
    chat_auth_t root = administrator(k, "root"), ann = member(k, "ann");
    chat_admin_remote_edit_t edit = {.id = ann.account, .rank = 1, .banned = 1};
    chat_admin_remote_accounts_t out;
    int lines = k->f->lines;
    OK(chat_admin_remote_edit(&out, call(k), &root, &edit));
    assert_int_equal(out.n, 1);
    assert_int_equal(out.list->who.rank, 1);
    assert_int_equal(out.list->who.state, CHAT_ACCOUNT_BANNED);
    assert_null(out.sockets);
    assert_int_equal(k->hints, 1);
    assert_int_equal(k->f->lines, lines + 1);
    assert_true(ask(k->f, "SELECT count(*) FROM event WHERE account_id IS NOT NULL") > 0);
    OK(chat_admin_remote_edit(&out, call(k), &root, &edit));
    assert_int_equal(k->f->lines, lines + 1);
    edit.id = root.account;
    REFUSED(k, chat_admin_remote_edit(&out, call(k), &root, &edit), CHAT_P_SELF);
    edit.id = ann.account;
    tell(k->f, "UPDATE account SET state = 3 WHERE name = 'ann'");
    REFUSED(k, chat_admin_remote_edit(&out, call(k), &root, &edit), CHAT_P_NO_ACCOUNT);
    /* one who is pending is not let in: not by "not banned", and not by a ban that ends
     */
    tell(k->f, "UPDATE account SET state = 0 WHERE name = 'ann'");
    REFUSED(k, chat_admin_remote_edit(&out, call(k), &root, &edit), CHAT_P_INVALID);
    edit.banned = 0;
    OK(chat_admin_remote_edit(&out, call(k), &root, &edit));
    assert_int_equal(out.list->who.state, CHAT_ACCOUNT_PENDING);
}

static void prefixes(void **state)
{
    static const struct {
        const char *prefix;
        int n;
    } cases[] = {{"an", 2}, {"AN", 2}, {"ann", 1}, {"\xc3\x84", 1}, {"z", 0}, {"", 5}};
    core_t *k = core(state);
    chat_auth_t root = administrator(k, "root");
    chat_admin_remote_accounts_t out;

    member(k, "ann");
    member(k, "andy");
    member(k, "bob");
    member(k, "\xc3\xa4nne");
    for (size_t i = 0; i < COUNT(cases); i++) {
        chat_account_range_t range = {.prefix = cases[i].prefix, .limit = 10};
        OK(chat_admin_remote_accounts(&out, call(k), &root, &range));
        assert_int_equal(out.n, cases[i].n);
    }
}

/* ---- two who take each other's rank ---- */

typedef struct duel_t {
    core_t k;
    chat_auth_t who;
    chat_admin_remote_edit_t edit;
    apr_status_t rv;
    apr_pool_t *pool;
} duel_t;

static void *APR_THREAD_FUNC strike(apr_thread_t *thread, void *baton)
{
    duel_t *d = baton;
    chat_admin_remote_accounts_t out;
    (void)thread;
    call(&d->k)->pool = d->pool;
    d->rv = chat_admin_remote_edit(&out, &d->k.call, &d->who, &d->edit);
    return NULL;
}

static void duel(void **state)
{
    core_t *k = core(state);
    duel_t d[2];
    for (int i = 0; i < 2; i++) {
        d[i].k = *k;
        d[i].k.site.hint = NULL;
        d[i].who = administrator(k, i ? "ben" : "ann");
        apr_pool_create(&d[i].pool, NULL);
    }
    for (int round = 0; round < 30; round++) {
        apr_thread_t *threads[2];
        apr_status_t ignored;
        for (int i = 0; i < 2; i++) {
            d[i].edit = (chat_admin_remote_edit_t){d[1 - i].who.account, 0, -1};
            set_rank(k, d[i].who.account, CHAT_RANK_ADMIN);
        }
        for (int i = 0; i < 2; i++)
            OK(apr_thread_create(&threads[i], NULL, strike, &d[i], d[i].pool));
        for (int i = 0; i < 2; i++)
            apr_thread_join(&ignored, threads[i]);
        assert_int_equal(ask(k->f, "SELECT count(*) FROM account WHERE rank = 2"), 1);
        assert_int_equal((d[0].rv == APR_SUCCESS) + (d[1].rv == APR_SUCCESS), 1);
    }
    apr_pool_destroy(d[0].pool);
    apr_pool_destroy(d[1].pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(outbox), ON_BOTH(edits), ON_BOTH(prefixes),
                                       ON_BOTH(duel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
