/* SPDX-License-Identifier: Apache-2.0
 * core.h - a site on a fresh SQLite database, calls as a dialect makes them.
 */
#ifndef CHAT_TEST_CORE_H
#define CHAT_TEST_CORE_H

#include "core/accounts.h"
#include "core/channels.h"
#include "core/discord_out.h"
#include "core/messages.h"
#include "core/policy.h"
#include "core/sessions.h"
#include "store.h"

typedef struct core_t {
    fixture_t *f;
    chat_site_t site;
    chat_settings_t settings;
    chat_call_t call;
    int hints; /* that somebody should look at chatroom 1 */
} core_t;

static inline void count_hint(void *baton, apr_int64_t room)
{
    core_t *k = baton;
    k->hints += room == 1;
}

/* The test's site, its limits private and fresh. */
static inline core_t *core(void **state)
{
    fixture_t *f = fixture(state);
    core_t *k = apr_pcalloc(f->pool, sizeof(*k));
    apr_size_t size = chat_limits_size(64);
    k->f = f;
    k->site.store = f->store;
    k->site.log = f->log;
    k->site.limits =
        chat_limits_create(apr_palloc(f->pool, size), size, 1, NULL, f->pool);
    k->site.hint = count_hint;
    k->site.hint_baton = k;
    chat_store_listen(f->store, 1);
    memset(k->site.secret.key, 7, sizeof(k->site.secret.key));
    k->settings = (chat_settings_t){.room = 1, .max_message = 65536};
    chat_rules_default(k->settings.limits);
    return k;
}

/* A new request from ADDRESS at this moment. */
static inline chat_call_t *call_from(core_t *k, const char *address)
{
    k->call = (chat_call_t){.pool = k->f->pool,
                            .site = &k->site,
                            .settings = &k->settings,
                            .dialect = CHAT_BUTTON,
                            .room = 1,
                            .address = address,
                            .now = apr_time_now()};
    return &k->call;
}

static inline chat_call_t *call(core_t *k)
{
    return call_from(k, "192.0.2.1");
}

/* A new request with an Idempotency-Key; HASH stands for its body. */
static inline chat_call_t *call_once(core_t *k, const char *key, const char *hash)
{
    chat_call_t *c = call(k);
    c->once_key = key;
    c->once_endpoint = "endpoint";
    c->once_hash = hash;
    return c;
}

/* RV is a refusal with that problem. */
#define REFUSED(k, rv, problem_code)                              \
    do {                                                          \
        assert_int_equal((rv), CHAT_REFUSED);                     \
        assert_int_equal((k)->call.problem.code, (problem_code)); \
    } while (0)

/* An account without a password, and what a client of it shows. */
static inline chat_auth_t member(core_t *k, const char *name)
{
    chat_auth_t auth = {.account = 0};
    chat_tx_t *tx = begin(k->f);
    auth.account = new_account(tx, name, k->f->pool);
    commit(k->f);
    return auth;
}

static inline chat_text_t *text(core_t *k, const char *s)
{
    chat_text_t *t = apr_pcalloc(k->f->pool, sizeof(*t));
    t->text = s;
    t->len = strlen(s);
    return t;
}

#define PASSWORD "correct horse"

static inline chat_account_t registered(core_t *k, const char *name)
{
    chat_account_t a;
    OK(chat_account_register(call(k), name, PASSWORD));
    OK(chat_account_verify(&a, call(k), name, PASSWORD));
    return a;
}

#endif
