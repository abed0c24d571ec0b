/* SPDX-License-Identifier: Apache-2.0 */
/* Polling payloads: first byte = form. What was read is written again and must read the
 * same. */
#include "chatd/rt/packet.h"
#include "chatd/rt/ws.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static rt_packet *rewrite(const rt_packet_in *in)
{
    rt_text text = {0};
    if (in->binary)
        return rt_packet_binary(in->data, in->len);
    rt_text_gap(&text, RT_WS_HEAD_MAX);
    rt_text_putc(&text, (uint8_t)('0' + in->type));
    rt_text_add(&text, in->data, in->len);
    return rt_packet_take(&text);
}

static int read_all(rt_payload_form form, uint8_t *bytes, size_t len, rt_text *out)
{
    rt_payload reader;
    rt_packet_in in;
    int more = -1;
    if (rt_payload_start(&reader, form, bytes, len)) {
        while ((more = rt_payload_next(&reader, &in)) > 0) {
            rt_packet *packet = rewrite(&in);
            if (!in.binary || in.type == RT_PACKET_MESSAGE)
                rt_payload_add(out, packet, form);
            rt_packet_unref(packet);
        }
    }
    rt_payload_end(&reader);
    return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rt_text once = {0}, twice = {0};
    uint8_t *copy;
    rt_payload_form form;
    if (!size)
        return 0;
    form = (rt_payload_form)(data[0] % 3);
    copy = malloc(size - 1 ? size - 1 : 1);
    memcpy(copy, data + 1, size - 1);
    if (read_all(form, copy, size - 1, &once) == 0 && rt_text_len(&once)) {
        if (read_all(form, rt_buf_bytes(once.buf), rt_text_len(&once), &twice) != 0 ||
            rt_text_len(&once) != rt_text_len(&twice) ||
            memcmp(rt_buf_bytes(once.buf), rt_buf_bytes(twice.buf), rt_text_len(&once)))
            abort();
    }
    rt_text_free(&once);
    rt_text_free(&twice);
    free(copy);
    return 0;
}
