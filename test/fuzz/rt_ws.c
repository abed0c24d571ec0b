/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames in pieces: first byte = size of a piece. */
#include "chatd/rt/utf8.h"
#include "chatd/rt/ws.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(rt_ws_result result, const rt_ws_event *event)
{
    if (event->len > 4096)
        abort();
    if (result == RT_WS_TEXT && !rt_utf8_valid(event->data, event->len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rt_ws_decoder *d = rt_ws_create((rt_ws_limits){4096, 8});
    size_t piece = size ? data[0] + 1u : 1, at = 1;
    rt_ws_result result = RT_WS_MORE;
    while (at < size && result != RT_WS_BAD && result != RT_WS_CLOSE) {
        rt_ws_event event = {0};
        size_t used, len = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(len);
        memcpy(copy, data + at, len);
        result = rt_ws_feed(d, copy, len, &used, &event);
        if (used > len || (result == RT_WS_MORE && used != len))
            abort();
        if (result != RT_WS_MORE && result != RT_WS_BAD)
            check(result, &event);
        at += used;
        free(copy);
    }
    rt_ws_destroy(d);
    return 0;
}
