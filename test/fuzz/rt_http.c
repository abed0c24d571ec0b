/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests in pieces: first byte = size of a piece. */
#include "chatd/rt/http.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches everything that a request points to. */
static void look(const rt_http_request *r)
{
    size_t i,
        sum = rt_http_param(r, "sid").len + rt_http_lists(r, "Connection", "upgrade");
    for (i = 0; i < r->body_len; i++)
        sum += r->body[i];
    for (i = 0; i < r->header_count; i++)
        sum += r->headers[i].value.len;
    if (sum == SIZE_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rt_http_parser *p = rt_http_create((rt_http_limits){4096, 4096});
    size_t piece = size ? data[0] + 1u : 1, at = 1;
    rt_http_result result = RT_HTTP_MORE;
    while (at < size && result != RT_HTTP_BAD) {
        size_t used, len = size - at < piece ? size - at : piece;
        /* a copy of its own, so that reading past the piece is seen */
        uint8_t *copy = malloc(len);
        memcpy(copy, data + at, len);
        result = rt_http_feed(p, copy, len, &used);
        if (result == RT_HTTP_HEAD || result == RT_HTTP_DONE)
            look(rt_http_parsed(p));
        if (result == RT_HTTP_DONE)
            rt_http_reset(p);
        if (used > len)
            abort();
        at += used;
        free(copy);
    }
    rt_http_destroy(p);
    return 0;
}
