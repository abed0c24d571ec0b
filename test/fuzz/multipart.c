/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of forms: the first line is the Content-Type. What is read from multipart is
 * written again and read the same. */
#include "api/form.h"
#include "base/bounds.h"
#include "base/text.h"
#include "fuzz.h"

#define BOUNDARY "xXxXx-a-boundary-of-our-own-xXxXx"

static apr_table_t *read_form(const char *type, const char *body, size_t len,
                              apr_pool_t *pool)
{
    chat_request_t req = {.content_type = type, .body = body, .body_len = len};
    chat_call_t c = {.pool = pool};
    apr_table_t *form = chat_api_body_form(&c, &req);
    insist(!form == (c.problem.code != CHAT_P_NONE));
    return form;
}

static void round_trip(const apr_table_t *form, apr_pool_t *pool)
{
    const apr_array_header_t *all = apr_table_elts(form);
    const apr_table_entry_t *e = (const apr_table_entry_t *)all->elts;
    const char *body = "";
    apr_table_t *again;
    insist(all->nelts <= CHAT_FORM_FIELDS);
    for (int i = 0; i < all->nelts; i++) {
        insist(chat_text_valid(e[i].key, strlen(e[i].key)) &&
               chat_text_valid(e[i].val, strlen(e[i].val)));
        if (strpbrk(e[i].key, "\"\\\r\n") || strstr(e[i].key, BOUNDARY) ||
            strstr(e[i].val, BOUNDARY))
            return;
        body = apr_pstrcat(pool, body,
                           "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"",
                           e[i].key, "\"\r\n\r\n", e[i].val, "\r\n", NULL);
    }
    body = apr_pstrcat(pool, body, "--" BOUNDARY "--\r\n", NULL);
    again = read_form("multipart/form-data; boundary=\"" BOUNDARY "\"", body,
                      strlen(body), pool);
    insist(again && apr_table_elts(again)->nelts == all->nelts);
    for (int i = 0; i < all->nelts; i++)
        insist(strcmp(apr_table_get(again, e[i].key), e[i].val) == 0);
}

static void one(const char *text, size_t len, apr_pool_t *pool)
{
    size_t n = strcspn(text, "\r\n");
    const char *type = apr_pstrmemdup(pool, text, n), *body = text + n, *copy;
    apr_table_t *form;
    body += *body == '\r';
    body += *body == '\n';
    len -= (size_t)(body - text);
    /* without a NUL behind it, so that reading past it is seen */
    copy = malloc(len + 1);
    memcpy((char *)copy, body, len);
    copy = realloc((char *)copy, len ? len : 1);
    form = len ? read_form(type, copy, len, pool) : NULL;
    free((char *)copy);
    if (form)
        round_trip(form, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
