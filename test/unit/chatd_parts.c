/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's small parts: table, memory of sessions, texts of events. */
#include "base/bounds.h"
#include "base/status.h"
#include "chatd/chatd.h"
#include "chatd/nodes.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- table ---- */

static void table_keeps_what_it_is_told(void **state)
{
    enum { KEYS = 997, ROUNDS = 200000 };
    static char things[KEYS];
    void *model[KEYS] = {NULL};
    chatd_int_map_t t = {0};
    unsigned random = 1;
    size_t used = 0;

    (void)state;
    assert_null(chatd_int_map_get(&t, 5));
    chatd_int_map_set(&t, 5, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned k;
        random = random * 1103515245u + 12345u;
        k = (random >> 8) % KEYS;
        /* grows for a while, then shrinks, and so on */
        void *value = (random >> 20) % 10 < (i / 20000 % 2 ? 3u : 7u) ? &things[k] : NULL;
        used += (value != NULL) - (model[k] != NULL);
        model[k] = value;
        /* neighbours, and keys that differ in high bits only */
        chatd_int_map_set(&t, k % 2 ? k + 1 : ((int64_t)k + 1) << 40, value);
        assert_int_equal(t.used, used);
    }
    for (unsigned k = 0; k < KEYS; k++)
        assert_ptr_equal(chatd_int_map_get(&t, k % 2 ? k + 1 : ((int64_t)k + 1) << 40),
                         model[k]);
    size_t at = 0, seen = 0;
    for (char *thing; (thing = chatd_int_map_next(&t, &at, NULL)); seen++)
        assert_ptr_equal(thing, model[thing - things]);
    assert_int_equal(seen, used);
    chatd_int_map_free(&t);
    assert_int_equal(t.size, 0);
}

/* ---- memory ---- */

static const char *scratch_file(apr_pool_t *pool, const char *name)
{
    const char *tmp = getenv("TMPDIR");
    return apr_psprintf(pool, "%s/mod_chat-unit-%ld-%s", tmp ? tmp : "/tmp",
                        (long)getpid(), name);
}

static chatd_remembered_t session(const char *pid, int64_t seen)
{
    chatd_remembered_t r = {.site = 7, .ids = 1, .account = seen, .seen = seen};
    apr_cpystrn(r.pid, pid, sizeof(r.pid));
    apr_cpystrn(r.sid, "sid", sizeof(r.sid));
    memset(r.token_hash, 'a', CHAT_HASH_HEX);
    return r;
}

static void memory_outlives_its_process(void **state)
{
    const char *file = scratch_file(*state, "memory");
    int kept;
    chatd_resume_table_t *m = chatd_resume_table_open(file, &kept);
    chatd_remembered_t r = session("pid-0123456789abcdef", 1), got;
    struct stat info;
    assert_true(kept);
    assert_int_equal(stat(file, &info), 0);
    assert_int_equal(info.st_mode & 077, 0);
    assert_false(chatd_resume_table_get(&got, m, r.pid));
    chatd_resume_table_put(m, &r);
    r.seen = 2;
    chatd_resume_table_put(m, &r); /* the same one, not a second */
    chatd_resume_table_close(m);
    m = chatd_resume_table_open(file, &kept);
    assert_true(chatd_resume_table_get(&got, m, r.pid));
    assert_memory_equal(&got, &r, sizeof(r));
    assert_false(chatd_resume_table_get(&got, m, ""));
    assert_false(chatd_resume_table_get(&got, m, "pid-0123456789abcde"));
    assert_false(chatd_resume_table_get(&got, m, "pid-0123456789abcdef-and-much-longer"));
    chatd_resume_table_close(m);
    unlink(file);
}

static void memory_forgets_the_oldest(void **state)
{
    enum { MANY = 200000 };
    const char *file = scratch_file(*state, "oldest");
    int kept;
    chatd_resume_table_t *m = chatd_resume_table_open(file, &kept);
    chatd_remembered_t r, got;
    int last = 0, first = 0;

    for (int i = 0; i < MANY; i++) {
        r = session(apr_psprintf(*state, "p%019d", i), i + 1);
        chatd_resume_table_put(m, &r);
        assert_true(chatd_resume_table_get(&got, m, r.pid));
    }
    for (int i = 0; i < 1000; i++) {
        last +=
            chatd_resume_table_get(&got, m, apr_psprintf(*state, "p%019d", MANY - 1 - i));
        first += chatd_resume_table_get(&got, m, apr_psprintf(*state, "p%019d", i));
    }
    assert_true(last > 990);
    assert_int_equal(first, 0);
    chatd_resume_table_close(m);
    unlink(file);
}

/* Whatever one account does, an older session of another in its table stays. */
static void memory_has_a_share_for_each_account(void **state)
{
    enum { OTHERS = 2000, MANY = 200000 };
    int kept, others = 0, own = 0;
    chatd_resume_table_t *m = chatd_resume_table_open(NULL, &kept);
    chatd_remembered_t r, got;
    for (int i = 0; i < OTHERS; i++) {
        r = session(apr_psprintf(*state, "o%019d", i), i + 1);
        chatd_resume_table_put(m, &r);
    }
    for (int i = 0; i < MANY; i++) {
        r = session(apr_psprintf(*state, "p%019d", i), OTHERS + 1 + i);
        r.account = OTHERS + 1;
        chatd_resume_table_put(m, &r);
    }
    for (int i = 0; i < OTHERS; i++)
        others += chatd_resume_table_get(&got, m, apr_psprintf(*state, "o%019d", i));
    for (int i = 0; i < MANY; i++)
        own += chatd_resume_table_get(&got, m, apr_psprintf(*state, "p%019d", i));
    assert_int_equal(others, OTHERS);
    assert_in_range(own, 8000, 4096 * CHAT_RESUMES_PER_ACCOUNT);
    chatd_resume_table_close(m);
}

/* Two tables put the same sessions into different sets: no one can compute them. */
static void memory_has_a_key(void **state)
{
    enum { MANY = 40000 };
    chatd_resume_table_t *m[2];
    chatd_remembered_t r, got;
    int kept, differ = 0;
    for (int t = 0; t < 2; t++) {
        m[t] = chatd_resume_table_open(NULL, &kept);
        for (int i = 0; i < MANY; i++) {
            r = session(apr_psprintf(*state, "p%019d", i), i + 1);
            chatd_resume_table_put(m[t], &r);
        }
    }
    for (int i = 0; i < MANY; i++) {
        const char *pid = apr_psprintf(*state, "p%019d", i);
        differ += chatd_resume_table_get(&got, m[0], pid) !=
                  chatd_resume_table_get(&got, m[1], pid);
    }
    assert_true(differ > 0);
    for (int t = 0; t < 2; t++)
        chatd_resume_table_close(m[t]);
}

static void memory_distrusts_its_file(void **state)
{
    const char *file = scratch_file(*state, "foreign");
    chatd_remembered_t r = session("pid-0123456789abcdef", 1), got;
    chatd_resume_table_t *m;
    int kept;
    FILE *f = fopen(file, "w");
    fputs("something else", f);
    fclose(f);
    m = chatd_resume_table_open(file, &kept); /* emptied */
    assert_true(kept);
    assert_false(chatd_resume_table_get(&got, m, "something else"));
    /* no text has an end */
    memset(r.sid, 'x', sizeof(r.sid));
    memset(r.token_hash, 'x', sizeof(r.token_hash));
    chatd_resume_table_put(m, &r);
    assert_true(chatd_resume_table_get(&got, m, r.pid));
    assert_int_equal(strlen(got.sid), CHATD_SID_SIZE - 1);
    assert_int_equal(strlen(got.token_hash), CHAT_HASH_HEX);
    chatd_resume_table_close(m);
    unlink(file);
    assert_int_equal(symlink("/dev/null", file), 0);
    chatd_resume_table_close(chatd_resume_table_open(file, &kept));
    assert_false(kept);
    unlink(file);
    m = chatd_resume_table_open("/nonexistent/file", &kept);
    assert_false(kept);
    chatd_resume_table_put(m, &r);
    assert_true(chatd_resume_table_get(&got, m, r.pid));
    chatd_resume_table_close(m);
}

/* On a full disk sessions are remembered until the process ends. */
static void memory_needs_no_disk(void **state)
{
    const char *file = scratch_file(*state, "full");
    chatd_remembered_t r = session("pid-0123456789abcdef", 1), got;
    struct rlimit before, none;
    chatd_resume_table_t *m;
    int kept;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
    m = chatd_resume_table_open(file, &kept);
    assert_false(kept);
    assert_false(chatd_resume_table_put(m, &r));
    assert_true(chatd_resume_table_get(&got, m, r.pid));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(chatd_resume_table_put(m, &r));
    chatd_resume_table_close(m);
    unlink(file);
}

/* ---- texts ---- */

/* 2009-02-13 23:31:30 */
#define WHEN INT64_C(1234567890123456)

static chat_followed_t said(const char *body)
{
    chat_followed_t f = {
        .event = {.id = CHAT_ROW_ID(1, 42),
                  .kind = CHAT_EVENT_MESSAGE,
                  .channel = 9,
                  .created = WHEN},
        .channel_name = "tea",
        .kind = CHAT_MESSAGE_TEXT,
        .author_name = "anna",
        .body = body,
        .body_len = strlen(body),
    };
    return f;
}

#define SAID                                                                        \
    "[\"new_message\",{\"sender\":\"anna\",\"message\":\"hi\",\"channel\":\"tea\"," \
    "\"timestamp\":\"2009-02-13T23:31:30.123456Z\""
#define SENT "[\"new_dm\",{\"sender\":\"anna\",\"message\":\"hi\",\"recipient\":\"bob\""

static void messages_have_the_documented_keys(void **state)
{
    static const struct {
        int variant;
        const char *channel, *direct;
    } table[] = {
        {0, SAID "}]", SENT "}]"},
        {CHATD_IDS, SAID ",\"message_id\":42,\"channel_id\":9}]",
         SENT ",\"message_id\":42,\"timestamp\":\"2009-02-13T23:31:30.123456Z\"}]"},
        {CHATD_RECOVER, SAID "},\"42\"]", SENT "},\"42\"]"},
        {CHATD_IDS | CHATD_RECOVER, SAID ",\"message_id\":42,\"channel_id\":9},\"42\"]",
         SENT
         ",\"message_id\":42,\"timestamp\":\"2009-02-13T23:31:30.123456Z\"},\"42\"]"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        chat_followed_t f = said("hi");
        assert_string_equal(chatd_render(&f, table[i].variant, NULL, *state),
                            table[i].channel);
        f.event.channel = 0;
        f.channel_name = NULL;
        assert_string_equal(chatd_render(&f, table[i].variant, "bob", *state),
                            table[i].direct);
    }
}

static void other_events_are_for_who_asked(void **state)
{
    chat_followed_t f = said("news");
    f.kind = CHAT_MESSAGE_ANNOUNCEMENT;
    f.event.channel = 0;
    assert_null(chatd_render(&f, 0, NULL, *state));
    assert_null(chatd_render(&f, CHATD_RECOVER, NULL, *state));
    assert_string_equal(
        chatd_render(&f, CHATD_IDS, NULL, *state),
        "[\"announcement\",{\"sender\":\"anna\",\"message\":\"news\","
        "\"message_id\":42,\"timestamp\":\"2009-02-13T23:31:30.123456Z\"}]");
    f = said("");
    f.event.kind = CHAT_EVENT_MESSAGE_DELETED;
    f.event.subject = CHAT_ROW_ID(1, 7);
    assert_null(chatd_render(&f, CHATD_RECOVER, NULL, *state));
    assert_string_equal(chatd_render(&f, CHATD_IDS | CHATD_RECOVER, NULL, *state),
                        "[\"message_deleted\",{\"message_id\":7,\"channel\":\"tea\","
                        "\"channel_id\":9},\"42\"]");
    f.event.channel = 0;
    assert_string_equal(chatd_render(&f, CHATD_IDS, NULL, *state),
                        "[\"message_deleted\",{\"message_id\":7}]");
    /* the message is gone before anybody heard it */
    f = said("x");
    f.kind = 0;
    f.body = NULL;
    assert_null(chatd_render(&f, CHATD_IDS, NULL, *state));
    assert_string_equal(
        chatd_render_channel("channel_added", "te\"a", 9, NULL, *state),
        "[\"channel_added\",{\"channel_name\":\"te\\\"a\",\"channel_id\":9}]");
    assert_string_equal(chatd_render_text("ready", "a\nb", "5", *state),
                        "[\"ready\",\"a\\nb\",\"5\"]");
    assert_string_equal(chatd_render_error("no", *state),
                        "[\"error\",{\"message\":\"no\"}]");
}

/* Nanoseconds of this thread. */
static double processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Processor time to let one account with CHANNELS private channels in. */
static double cost_of_entering(int channels, apr_pool_t *pool)
{
    chatd_t d = {.scratch = pool};
    chatd_site_t site = {.daemon = &d};
    chat_identity_t who = {.id = 1, .room = 99, .name = "anna"};
    chat_channel_t *list = calloc((size_t)channels, sizeof(*list));
    chat_channels_t visible = {.list = list, .n = channels};
    double best = 1e9;
    for (int i = 0; i < channels; i++) {
        list[i].id = i + 1;
        list[i].name = "room";
        list[i].permissions = CHAT_READ;
    }
    for (int round = 0; round < 5; round++) {
        chatd_user_t user = {.site = &site};
        double cost;
        cost = -processor_time();
        chatd_room_enter(&user, &who, &visible, 0);
        chatd_room_leave(&user, NULL);
        cost += processor_time();
        best = cost < best ? cost : best;
    }
    free(list);
    chatd_int_map_free(&site.rooms);
    return best;
}

/* 32 times the channels cost about 32 times as much, not 1,024 times: what a busy machine
 * adds lies between. */
static void entering_is_linear(void **state)
{
    assert_true(cost_of_entering(16000, *state) < 180 * cost_of_entering(500, *state));
}

/* The same to forget a machine where so many were online. */
static double cost_of_forgetting(int members, apr_pool_t *pool)
{
    chatd_t d = {.scratch = pool, .loop = rt_loop_create()};
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        chatd_site_t site = {.daemon = &d};
        chatd_node_t *node = rt_alloc(sizeof(*node));
        double cost;
        chatd_int_map_set(&site.nodes, 1, node);
        for (int i = 1; i <= members; i++)
            chatd_node_note(node, &site, i);
        cost = -processor_time();
        chatd_nodes_free(&site);
        cost += processor_time();
        best = cost < best ? cost : best;
    }
    rt_loop_destroy(d.loop);
    return best;
}

static void forgetting_is_linear(void **state)
{
    assert_true(cost_of_forgetting(16000, *state) <
                180 * cost_of_forgetting(500, *state));
}

/* An account that comes back in time was never away; its name finds it all the while. */
static void who_comes_back_was_not_away(void **state)
{
    chatd_t d = {.scratch = *state, .loop = rt_loop_create()};
    chatd_site_t site = {.daemon = &d};
    const chat_identity_t anna = {.id = 1, .room = 9, .name = "Anna"};
    const chat_identity_t bob = {.id = 2, .room = 9, .name = "Bob"};
    const chat_channels_t none = {.n = 0};
    chatd_user_t user = {.site = &site}, asks = {.site = &site};
    chatd_room_t *room;
    chatd_member_t *m;
    asks.variant = CHATD_EXTENDED;
    d.server = rt_server_create(d.loop, &(rt_server_config){.app = &d});
    site.sio = rt_sio_create(d.server, &(rt_sio_config){.app = &site});
    site.space = rt_space_create(site.sio, "/", &chatd_chat_ops);
    chatd_enter(&asks, &anna, &none, 0);
    room = chatd_room_find(&site, 9);
    for (int i = 0; i < 3; i++) {
        chatd_enter(&user, &bob, &none, 0);
        assert_int_equal(room->round, 2); /* each of the two was told once */
        chatd_leave(&user);
        assert_int_equal(room->round, 2);
        assert_non_null(m = chatd_member_named(room, "bob"));
    }
    m->away.fire(&m->away);
    assert_int_equal(room->round, 3);
    assert_null(chatd_member_named(room, "bob"));
    assert_int_equal(room->members.used, 1);
    /* when none is left who asks, none is kept */
    chatd_enter(&user, &bob, &none, 0);
    chatd_leave(&user);
    chatd_leave(&asks);
    assert_null(chatd_room_find(&site, 9));
    chatd_enter(&user, &bob, &none, 0);
    room = chatd_room_find(&site, 9);
    asks.variant = 0;
    chatd_enter(&asks, &anna, &none, 0);
    chatd_leave(&asks);
    assert_int_equal(room->members.used, 1);
    assert_int_equal(room->round, 0);
    chatd_leave(&user);
    chatd_int_map_free(&site.rooms);
    rt_sio_destroy(site.sio);
    rt_server_destroy(d.server);
    rt_loop_destroy(d.loop);
}

/* Whether a channel is public decides who reads it, not who has rights of its own in it.
 */
static void who_reads_a_channel_that_changes(void **state)
{
    chatd_t d = {.scratch = *state};
    chatd_site_t site = {.daemon = &d};
    const chat_identity_t who[] = {{.id = 1, .room = 9, .name = "reads"},
                                   {.id = 2, .room = 9, .name = "does not"},
                                   {.id = 3, .room = 9, .name = "has none"},
                                   {.id = 4, .room = 9, .name = "guest", .rank = -1}};
    const int rights[] = {CHAT_READ, 0, -1, -1};
    chatd_user_t user[COUNT(who)];
    chat_channel_t tea = {.id = 5, .name = "tea"};
    const chatd_channel_t *ch;
    chatd_room_t *room;
    for (unsigned i = 0; i < COUNT(who); i++) {
        tea.permissions = rights[i];
        user[i] = (chatd_user_t){.site = &site};
        chatd_room_enter(&user[i], &who[i], &(chat_channels_t){.list = &tea, .n = 1}, 0);
    }
    room = chatd_room_find(&site, 9);
    ch = chatd_channel_find(room, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ch->blind, ch->public);
        assert_int_equal(ch->readers.used, 1);
        assert_ptr_equal(chatd_int_map_get(&ch->readers, 1), user[0].member);
        tea.public = !tea.public;
        chatd_channel_change(room, &tea);
    }
    for (unsigned i = COUNT(who); --i;)
        chatd_room_leave(&user[i], NULL);
    assert_true(ch->public);
    assert_int_equal(ch->blind, 0);
    chatd_room_leave(&user[0], NULL);
    chatd_int_map_free(&site.rooms);
}

/* The frames of a chatroom's typing are bounded, and a crowd gets none. */
static void typing_has_a_price(void **state)
{
    chatd_t d = {.scratch = *state, .loop = rt_loop_create()};
    chatd_site_t site = {.daemon = &d};
    const chat_identity_t anna = {.id = 1, .room = 9, .name = "Anna"};
    const chat_identity_t bob = {.id = 2, .room = 9, .name = "Bob", .hidden = 1};
    chat_channel_t tea = {.id = 5, .name = "tea", .permissions = CHAT_READ | CHAT_WRITE};
    const chat_channels_t channels = {.list = &tea, .n = 1};
    static chatd_user_t user[CHAT_PRESENCE_FRAMES], asks[3];
    chatd_room_t *room;
    d.server = rt_server_create(d.loop, &(rt_server_config){.app = &d});
    site.sio = rt_sio_create(d.server, &(rt_sio_config){.app = &site});
    site.space = rt_space_create(site.sio, "/", &chatd_chat_ops);
    for (int i = 0; i < 3; i++) {
        asks[i] = (chatd_user_t){.site = &site, .variant = CHATD_EXTENDED};
        chatd_enter(&asks[i], &anna, &channels, 0);
    }
    room = chatd_room_find(&site, 9);
    for (int i = 0; i < CHAT_PRESENCE_FRAMES; i++)
        user[i] = (chatd_user_t){.site = &site};
    for (int i = 0; i < CHAT_PRESENCE_FRAMES / 2; i++)
        chatd_enter(&user[i], &bob, &channels, 0);
    chatd_typing(&asks[0], "tea", NULL);
    assert_int_equal(room->typing_frames, CHAT_PRESENCE_FRAMES / 2 + 3);
    chatd_typing(&asks[1], "TEA", NULL); /* would be more than a second has */
    assert_int_equal(room->typing_frames, CHAT_PRESENCE_FRAMES / 2 + 3);
    room->typing_frames = 0;
    for (int i = CHAT_PRESENCE_FRAMES / 2; i < CHAT_PRESENCE_FRAMES; i++)
        chatd_enter(&user[i], &bob, &channels, 0);
    chatd_typing(&asks[2], "tea", NULL);
    assert_int_equal(room->typing_frames, 0);
    for (int i = 0; i < CHAT_PRESENCE_FRAMES; i++)
        chatd_leave(&user[i]);
    for (int i = 0; i < 3; i++)
        chatd_leave(&asks[i]);
    chatd_int_map_free(&site.rooms);
    rt_sio_destroy(site.sio);
    rt_server_destroy(d.server);
    rt_loop_destroy(d.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(who_comes_back_was_not_away),
        POOL_TEST(who_reads_a_channel_that_changes),
        POOL_TEST(typing_has_a_price),
        POOL_TEST(table_keeps_what_it_is_told),
        POOL_TEST(memory_outlives_its_process),
        POOL_TEST(memory_forgets_the_oldest),
        POOL_TEST(memory_has_a_share_for_each_account),
        POOL_TEST(memory_has_a_key),
        POOL_TEST(memory_distrusts_its_file),
        POOL_TEST(memory_needs_no_disk),
        POOL_TEST(entering_is_linear),
        POOL_TEST(forgetting_is_linear),
        POOL_TEST(messages_have_the_documented_keys),
        POOL_TEST(other_events_are_for_who_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
