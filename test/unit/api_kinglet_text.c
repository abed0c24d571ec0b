/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the Kinglet API: names in them, HTML made of them. */
#include "api/kinglet.h"
#include "unit.h"

static const char *html(const char *text, unsigned flags, const char *recipients,
                        apr_pool_t *pool)
{
    const chat_kinglet_html_t how = {flags, recipients};
    const chat_text_t t = {.text = text, .len = strlen(text)};
    chat_buffer_t out;
    chat_buffer_init(&out, 16, 1 << 20, pool);
    chat_kinglet_html(&out, &t, &how);
    assert_false(out.overflow);
    return chat_buffer_text(&out);
}

static void as_html(void **state)
{
    static const struct {
        const char *text, *html;
        unsigned flags;
    } cases[] = {
        {"", "", 1},
        {"a < b > c & d \"e\" 'f'", "a &lt; b &gt; c &amp; d \"e\" 'f'", 1},
        {"\xc3\xbc \xf0\x9f\x98\x80", "&#252; &#128512;", 1},
        {"@bob", "<a href=\"/user/bob\">@bob</a>", 1},
        {"@bob", "@bob", 0},
        {"x@bob", "x@bob", 1},
        {"(@bob)", "(<a href=\"/user/bob\">@bob</a>)", 1},
        {"\xef\xbc\xa0"
         "bob",
         "<a href=\"/user/bob\">&#65312;bob</a>", 1},
        {"@jean.paul. Hi", "<a href=\"/user/jean%2Epaul\">@jean.paul</a>. Hi", 1},
        {"\n@bob, @Ann!",
         "\n<a href=\"/user/bob\">@bob</a>, <a href=\"/user/Ann\">@Ann</a>!", 1},
        {"@bob@ann", "<a href=\"/user/bob\">@bob</a><a href=\"/user/ann\">@ann</a>", 1},
        {"@ @", "@ @", 1},
        {"@\xc3\xbc", "<a href=\"/user/%C3%BC\">@&#252;</a>", 1},
        {"http://a.b/", "<a href=\"http://a.b/\" title=\"http://a.b/\">a.b/</a>", 1},
        {"HTTPS://a.b.", "<a href=\"HTTPS://a.b\" title=\"HTTPS://a.b\">a.b</a>.", 1},
        {"http://a/?x=1&y=<",
         "<a href=\"http://a/?x=1&amp;y=\" title=\"http://a/?x=1&amp;y=\">"
         "a/?x=1&amp;y=</a>&lt;",
         1},
        {"http://a/\"onclick=\"x",
         "<a href=\"http://a/\" title=\"http://a/\">a/</a>\"onclick=\"x", 1},
        {"http://a/'x", "<a href=\"http://a/\" title=\"http://a/\">a/</a>'x", 1},
        {"http://", "http://", 1},
        {"http://<b>", "http://&lt;b&gt;", 1},
        {"xhttp://a.b", "xhttp://a.b", 1},
        {"javascript:alert(1)", "javascript:alert(1)", 1},
        {"http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
         "<a href=\"http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b\" "
         "title=\"http://"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b\">aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...</a>",
         1},
        {"a@b.co", "a@b.co", 1},
        {"(a@b.co).", "(<a href=\"mailto:a@b.co\">a@b.co</a>).", CHAT_KINGLET_MAILS},
        {"a&x@b.co", "a&amp;x@b.co", CHAT_KINGLET_MAILS},
        {"a%0aBcc:x@b.co", "a%0aBcc:<a href=\"mailto:x@b.co\">x@b.co</a>",
         CHAT_KINGLET_MAILS},
        {"a%0a@b.co", "<a href=\"mailto:a%250a@b.co\">a%0a@b.co</a>", CHAT_KINGLET_MAILS},
        {"a\r\nb\n<br>", "a<br />b<br />&lt;br&gt;", CHAT_KINGLET_BREAKS},
    };
    apr_pool_t *pool = *state;
    for (apr_size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(html(cases[i].text, cases[i].flags, NULL, pool),
                            cases[i].html);
}

static void links_are_whole(void **state)
{
    static const struct {
        const char *text, *html;
        unsigned flags;
    } cases[] = {
        {"http://a.b/Foo_(bar)",
         "<a href=\"http://a.b/Foo_(bar)\" "
         "title=\"http://a.b/Foo_(bar)\">a.b/Foo_(bar)</a>",
         1},
        {"(http://a.b/c_(d))",
         "(<a href=\"http://a.b/c_(d)\" title=\"http://a.b/c_(d)\">a.b/c_(d)</a>)", 1},
        {"[http://a.b/[1]].",
         "[<a href=\"http://a.b/[1]\" title=\"http://a.b/[1]\">a.b/[1]</a>].", 1},
        {"http://a.b/{c}",
         "<a href=\"http://a.b/{c}\" title=\"http://a.b/{c}\">a.b/{c}</a>", 1},
        {"http://a.b/\xc3\xa4.",
         "<a href=\"http://a.b/&#228;\" title=\"http://a.b/&#228;\">a.b/&#228;</a>.", 1},
        {"http://a.b\xef\xbc\x8c\xe4\xb8\xad",
         "<a href=\"http://a.b\" title=\"http://a.b\">a.b</a>&#65292;&#20013;", 1},
        {"\xef\xbc\x88http://a.b/c\xef\xbc\x89\xe4\xb8\xad",
         "&#65288;<a href=\"http://a.b/c\" "
         "title=\"http://a.b/c\">a.b/c</a>&#65289;&#20013;",
         1},
        {"http://a.b/c\xe3\x80\x82\xe4\xb8\xad",
         "<a href=\"http://a.b/c\" title=\"http://a.b/c\">a.b/c</a>&#12290;&#20013;", 1},
        /* nothing turns the rest of a link around */
        {"http://a.b/x\xe2\x80\xae"
         "exe",
         "<a href=\"http://a.b/x\" title=\"http://a.b/x\">a.b/x</a>&#8238;exe", 1},
        /* none of these is the host that the text says */
        {"http://a.b\xc2\xad.c/", "http://a.b&#173;.c/", 1},
        {"http://ex\xc3\xa4mple.org/", "http://ex&#228;mple.org/", 1},
        {"http://a\xe3\x80\x82org", "http://a&#12290;org", 1},
        {"http://a\xc2\xad.b", "http://a&#173;.b", 1},
        {"http://a.b@c.d/", "http://a.b@c.d/", 1},
        {"http://a.b:80@c.d/", "http://a.b:80@c.d/", 1},
        {"http://a.b!@c.d/", "http://a.b!@c.d/", 1},
        {"http://a.b\\c.d/", "http://a.b\\c.d/", 1},
        {"http://a.b:8080!",
         "<a href=\"http://a.b:8080\" title=\"http://a.b:8080\">a.b:8080</a>!", 1},
        {"x@y.co\xc3\xa4", "x@y.co&#228;", CHAT_KINGLET_MAILS},
    };
    for (apr_size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(html(cases[i].text, cases[i].flags, NULL, *state),
                            cases[i].html);
}

static void excerpts(void **state)
{
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"@bob hello", "hello"},
        {"hello @bob there", "hello there"},
        {"@bob", ""},
        {"@bob @ann <b>", "&lt;b&gt;"},
        {"mail x@bob", "mail x@bob"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789012345",
         "012345678901234567890123456789012345678901234567890123456789012345678901234 "
         "..."},
        {"012345678901234567890123456789012345678901234567890123456789012345678901234",
         "012345678901234567890123456789012345678901234567890123456789012345678901234"},
        {"01234567890123456789012345678901234567890123456789012345678901234567890123\xc3"
         "\xbc\xc3\xbc",
         "01234567890123456789012345678901234567890123456789012345678901234567890123&#"
         "252; ..."},
    };
    apr_pool_t *pool = *state;
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        const chat_text_t t = {.text = cases[i].text, .len = strlen(cases[i].text)};
        chat_buffer_t out;
        chat_buffer_init(&out, 16, 1 << 20, pool);
        chat_kinglet_excerpt(&out, &t);
        assert_string_equal(chat_buffer_text(&out), cases[i].html);
    }
}

static void addressees(void **state)
{
    static const struct {
        const char *text, *names;
    } cases[] = {
        {"hello", ""},
        {"@bob", "bob"},
        {"hi @bob, @ann.", "bob|ann."},
        {"@bob @bobby @bob", "bob|bobby"},
        {"@Bob @bob", "Bob|bob"},
        {"x@bob (@ann) @", "ann"},
        {"@bob,@carol both", "bob|carol"},
        {"@bob@carol", "bob|carol"},
        {"cc:@bob;@carol/@dave \"@eve\"", "bob|carol|dave|eve"},
        {"\xe3\x80\x8c@bob\xe3\x80\x8d", "bob"},
        {"\xef\xbc\xa0"
         "bob \xef\xb9\xab"
         "ann",
         "bob|ann"},
        {"@bob.smith-jr. hi", "bob.smith-jr."},
        {"@-bob", "-bob"},
        {"@max\xef\xbc\x8emeier hi", "max\xef\xbc\x8emeier"},
        {"@max\xe2\x80\x8b.meier hi", "max\xe2\x80\x8b.meier"},
        {"@max\xef\xbc\xbfmeier hi", "max\xef\xbc\xbfmeier"},
        {"@max\xe2\x80\xa6 hi", "max"},
        {"@... @-", ""},
        {"http://a.b/@carol x", ""},
        {"see http://a.b/?@carol,@dave @bob", "bob"},
        {"\xe2\x80\x83@bob", "bob"},
        {"@\xc3\xbc"
         "ber",
         "\xc3\xbc"
         "ber"},
        {"@l\xc2\xb7l x", "l\xc2\xb7l"},
        {"@@bob", "bob"},
        {"@", ""},
    };
    apr_pool_t *pool = *state;
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        const chat_text_t t = {.text = cases[i].text, .len = strlen(cases[i].text)};
        chat_addressees_t to;
        const char *got = "";
        chat_kinglet_addressees(&to, &t, pool);
        for (int k = 0; k < to.n; k++)
            got = apr_pstrcat(pool, got, k ? "|" : "", to.names[k], NULL);
        assert_string_equal(got, cases[i].names);
    }
}

/* The link is as long as the name that got the message. */
static void linked_recipients(void **state)
{
    static const struct {
        const char *text, *recipients, *html;
    } cases[] = {
        {"@max.meier x", "max.meier", "<a href=\"/user/max%2Emeier\">@max.meier</a> x"},
        {"@max.meier x", "max", "<a href=\"/user/max\">@max</a>.meier x"},
        {"@max\xef\xbc\x8emeier x", "max.meier",
         "<a href=\"/user/max%EF%BC%8Emeier\">@max&#65294;meier</a> x"},
        {"@Max. x", "ann max.", "<a href=\"/user/Max%2E\">@Max.</a> x"},
        {"@max. x", "ann", "<a href=\"/user/max\">@max</a>. x"},
        {"@max x", "a b\nmax\n", "<a href=\"/user/max\">@max</a> x"},
    };
    for (apr_size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            html(cases[i].text, CHAT_KINGLET_NAMES, cases[i].recipients, *state),
            cases[i].html);
}

static void dates(void **state)
{
    static const struct {
        int ago;
        const char *text;
    } cases[] = {
        {0, "0 secs ago"},     {1, "1 secs ago"},       {59, "59 secs ago"},
        {60, "1 min ago"},     {119, "1 min ago"},      {120, "2 mins ago"},
        {3599, "59 mins ago"}, {3600, "1 hr ago"},      {7200, "2 hrs ago"},
        {86399, "23 hrs ago"}, {86400, "Jan 16, 2014"}, {-5, "0 secs ago"},
    };
    /* 2014-01-17 18:03:54 UTC */
    const apr_time_t now = apr_time_from_sec(APR_INT64_C(1389981834));
    char out[CHAT_DATE_SIZE];
    (void)state;
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        chat_kinglet_ago(out, now - apr_time_from_sec(cases[i].ago), now);
        assert_string_equal(out, cases[i].text);
    }
    chat_kinglet_date(out, now, 1);
    assert_string_equal(out, "Jan 17, 2014 at 06:03:54 PM");
    chat_kinglet_date(out, now - apr_time_from_sec(18 * 3600), 1);
    assert_string_equal(out, "Jan 17, 2014 at 12:03:54 AM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(as_html),    POOL_TEST(links_are_whole),   POOL_TEST(excerpts),
        POOL_TEST(addressees), POOL_TEST(linked_recipients), cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
