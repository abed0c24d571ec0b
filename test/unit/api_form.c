/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a multipart body: which name stands in their headers. */
#include "api/form.h"
#include "unit.h"

static apr_table_t *read_form(const char *type, const char *headers, apr_pool_t *pool)
{
    const char *body =
        apr_pstrcat(pool, "--b\r\n", headers, "\r\n\r\nvalue\r\n--b--", NULL);
    const chat_request_t req = {
        .content_type = type, .body = body, .body_len = strlen(body)};
    chat_call_t c = {.pool = pool};
    return chat_api_body_form(&c, &req);
}

static void names_of_parts(void **state)
{
    static const struct {
        const char *headers, *name; /* NULL: refused */
    } cases[] = {
        {"Content-Disposition: form-data; name=\"json\"", "json"},
        {"content-disposition:form-data;name=json", "json"},
        {"Content-Disposition: form-data; NAME=\"json\"; filename=\"x\"", "json"},
        {"Content-Disposition: form-data; filename=\"; name=evil\"; name=\"json\"",
         "json"},
        {"Content-Disposition: form-data; filename=\"a; name=\\\"evil\\\"\"; name=json",
         "json"},
        {"Content-Disposition: form-data; filename=\"C:\\dir\\\\\"; name=json", "json"},
        {"Content-Disposition: form-data; filename=\"; name=evil\"", NULL},
        {"Content-Disposition: form-data; x=y name=evil", NULL},
        {"Content-Disposition: form-data; filename=a name=evil; name=json", "json"},
        {"Content-Disposition: form-data; filename*=utf-8''a; name=json", "json"},
        {"Content-Disposition: form-data; name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"},
        {"Content-Disposition: form-data; name=\"\"", ""},
        {"Content-Disposition: form-data; name=\"json", NULL},
        {"Content-Disposition: form-data; filename=\"x; name=json", NULL},
        {"Content-Disposition: form-data;\r\n name=json", "json"},
        {"Content-Disposition: form-data; surname=evil; name=json", "json"},
        {"Content-Type: text/plain; name=evil\r\n"
         "Content-Disposition: form-data; name=json",
         "json"},
        {"Content-Type: text/plain; name=evil", NULL},
        {"X-Content-Disposition: form-data; name=evil", NULL},
    };
    for (apr_size_t i = 0; i < COUNT(cases); i++) {
        apr_table_t *form =
            read_form("multipart/form-data; boundary=b", cases[i].headers, *state);
        const char *value;
        if (!cases[i].name) {
            assert_null(form);
            continue;
        }
        assert_non_null(form);
        value = apr_table_get(form, cases[i].name);
        assert_non_null(value);
        assert_string_equal(value, "value");
        assert_int_equal(apr_table_elts(form)->nelts, 1);
    }
}

static void boundaries(void **state)
{
    static const char *const types[] = {
        "multipart/form-data; boundary=b",
        "Multipart/Form-Data;charset=x; Boundary=\"b\"",
        "multipart/form-data; x=\"; boundary=evil\"; boundary=b"};
    for (apr_size_t i = 0; i < COUNT(types); i++)
        assert_non_null(
            read_form(types[i], "Content-Disposition: form-data; name=n", *state));
    assert_null(read_form("multipart/form-data; x=\"; boundary=b\"",
                          "Content-Disposition: form-data; name=n", *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(names_of_parts),
        POOL_TEST(boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
