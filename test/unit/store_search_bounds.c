/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"
#include "store/stream.h"

#define ACCOUNTS 4
#define CHANNELS 2

/* Account 0 reads channel 0 and has written to account 1; the others have a channel and
 * direct messages of their own. */
typedef struct world_t {
    fixture_t *f;
    apr_int64_t accounts[ACCOUNTS], channels[CHANNELS];
} world_t;

static world_t *world(void **state)
{
    fixture_t *f = fixture(state);
    world_t *w = apr_pcalloc(f->pool, sizeof(*w));
    chat_tx_t *tx = begin(f);
    w->f = f;
    make_people(w->accounts, ACCOUNTS, tx, f->pool);
    make_channels(w->channels, CHANNELS, tx, f->pool);
    commit(f);
    return w;
}

/* Of a message: a channel, or -1 and from whom to whom. */
typedef struct place_t {
    int channel, from, to;
} place_t;

static void say_at(world_t *w, chat_tx_t *tx, place_t at, const char *body)
{
    chat_message_t m = {.kind = CHAT_MESSAGE_TEXT, .author_name = "somebody"};
    apr_int64_t number;
    OK(chat_tx_number(&number, &m.created, tx, 1));
    m.id = CHAT_ROW_ID(1, number);
    m.author = w->accounts[at.from];
    m.body = body;
    m.body_len = strlen(body);
    if (at.channel >= 0)
        m.channel = w->channels[at.channel];
    else
        m.recipients = "somebody";
    OK(chat_message_insert(tx, &m));
    if (at.channel >= 0)
        return;
    OK(chat_recipient_insert(tx, w->accounts[at.from], w->accounts[at.to], &m));
    OK(chat_recipient_insert(tx, w->accounts[at.to], w->accounts[at.from], &m));
}

static chat_founds_t find_in(world_t *w, chat_search_t *s, const char *text)
{
    chat_query_t q;
    finding_t g = {.wanted = s, .pool = w->f->pool};
    assert_int_equal(chat_query_parse(&q, text, strlen(text), w->f->pool), CHAT_QUERY_OK);
    s->query = &q;
    OK(chat_store_read(w->f->store, find, &g));
    return g.found;
}

static void where_a_search_ends_does_not_tell_what_others_wrote(void **state)
{
    static const place_t own[] = {{0, 0, 0}, {-1, 0, 1}},
                         hidden[] = {{1, 2, 0}, {-1, 2, 1}};
    world_t *w = world(state);
    const char *many = "k0";
    chat_tx_t *tx = begin(w->f);
    for (int i = 1; i < 20; i++)
        many = apr_psprintf(w->f->pool, "%s k%d", many, i);
    for (int i = 0; i < 1600; i++) {
        int at = i % 512, direct = at % 2;
        say_at(w, tx, at < 2 ? own[direct] : hidden[direct], at < 2 ? many : "zebra");
    }
    commit(w->f);
    fill_index(w->f);
    for (int direct = 0; direct < 2; direct++) {
        chat_search_t s = {.room = 1,
                           .reader = w->accounts[0],
                           .channels = w->channels,
                           .n_channels = !direct,
                           .direct = direct,
                           .end = CHAT_ROW_ID(1, CHAT_NUMBER_MAX),
                           .first = CHAT_ROW_ID(1, 0),
                           .limit = 100,
                           .work = 12000};
        chat_founds_t no, said;
        no = find_in(w, &s, apr_pstrcat(w->f->pool, many, " giraffe", NULL));
        said = find_in(w, &s, apr_pstrcat(w->f->pool, many, " zebra", NULL));
        assert_int_equal(no.n, 0);
        assert_int_equal(said.n, 0);
        assert_int_equal(no.older, said.older);
        s.author = w->accounts[3];
        no = find_in(w, &s, many);
        s.author = w->accounts[2];
        said = find_in(w, &s, many);
        assert_int_equal(said.n, 0);
        assert_int_equal(no.older, said.older);
    }
}

static apr_status_t is_broad(world_t *w, apr_uint64_t seed)
{
    chat_query_t q;
    chat_search_t s = {.query = &q,
                       .room = 1,
                       .channels = w->channels,
                       .n_channels = 1,
                       .end = CHAT_ROW_ID(1, CHAT_NUMBER_MAX),
                       .limit = 1,
                       .work = 1 << 20,
                       .seed = seed};
    finding_t g = {.wanted = &s, .pool = w->f->pool};
    apr_status_t rv;
    assert_int_equal(chat_query_parse(&q, "q*", 2, w->f->pool), CHAT_QUERY_OK);
    rv = chat_store_read(w->f->store, find, &g);
    assert_true(rv == APR_SUCCESS || rv == CHAT_TOOBIG);
    return rv == CHAT_TOOBIG;
}

/* With words of one's own up to a known bound, one more of another account would be
 * seen. */
static void how_many_words_are_too_many_is_not_known(void **state)
{
    world_t *w = world(state);
    chat_tx_t *tx = begin(w->f);
    int refused = 0;
    for (int i = 0; i < 15; i++) {
        char body[8001], *at = body;
        for (int k = 0; k < 1000; k++)
            at += apr_snprintf(at, 9, "q%06d ", i * 1000 + k);
        say_at(w, tx, (place_t){0, 0, 0}, body);
    }
    for (int i = 0; i < 600; i++)
        say_at(w, tx, (place_t){0, 0, 0}, "x");
    commit(w->f);
    fill_index(w->f);
    assert_int_equal(is_broad(w, 0), 0);
    for (apr_uint64_t i = 1; i <= 20; i++)
        refused += is_broad(w, i * APR_UINT64_C(0x9e3779b97f4a7c15));
    assert_in_range(refused, 1, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(where_a_search_ends_does_not_tell_what_others_wrote),
        ON_BOTH(how_many_words_are_too_many_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
