/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 validation in pieces. */
#include "chatd/rt/utf8.h"

static int lead(rt_utf8 *s, uint8_t c)
{
    s->low = 0x80;
    s->high = 0xbf;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    s->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if (c == 0xe0)
        s->low = 0xa0;
    else if (c == 0xed)
        s->high = 0x9f;
    else if (c == 0xf0)
        s->low = 0x90;
    else if (c == 0xf4)
        s->high = 0x8f;
    return 1;
}

int rt_utf8_feed(rt_utf8 *s, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = bytes[i];
        if (!s->need) {
            if (!lead(s, c))
                return 0;
            continue;
        }
        if (c < s->low || c > s->high)
            return 0;
        s->low = 0x80;
        s->high = 0xbf;
        s->need--;
    }
    return 1;
}

int rt_utf8_complete(const rt_utf8 *s)
{
    return s->need == 0;
}

int rt_utf8_valid(const uint8_t *bytes, size_t len)
{
    rt_utf8 s = {0};
    return rt_utf8_feed(&s, bytes, len) && rt_utf8_complete(&s);
}

size_t rt_utf8_units(const uint8_t *bytes, size_t len)
{
    size_t units = 0;
    for (size_t i = 0; i < len; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            units += bytes[i] >= 0xf0 ? 2 : 1;
    }
    return units;
}
