/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 over pieces judges as UTF-8 in one piece, and as the library does. First byte =
 * size of a piece. */
#include "chatd/rt/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rt_utf8 state = {0};
    size_t piece = size ? data[0] + 1u : 1;
    int good = 1, whole;
    if (size < 2)
        return 0;
    data++;
    size--;
    for (size_t at = 0; at < size && good; at += piece)
        good = rt_utf8_feed(&state, data + at, size - at < piece ? size - at : piece);
    good = good && rt_utf8_complete(&state);
    whole = rt_utf8_valid(data, size);
    if (good != whole || whole != (u8_check(data, size) == NULL))
        abort();
    if (whole && rt_utf8_units(data, size) > size)
        abort();
    return 0;
}
