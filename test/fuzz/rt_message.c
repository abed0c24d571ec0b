/* SPDX-License-Identifier: Apache-2.0 */
/* Socket.IO packets; what is understood is encoded again. */
#include "chatd/rt/message.h"
#include "chatd/rt/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rt_message_in in;
    rt_message_out out = {0};
    rt_message *message;
    char *copy;
    if (!rt_utf8_valid(data, size))
        return 0;
    copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    if (rt_message_decode(copy, size, 10, &in)) {
        if (in.attachments > 10 || strlen(in.space) > RT_NAMESPACE_MAX)
            abort();
        out.type = in.type;
        out.space = in.space;
        out.has_ack = in.has_ack;
        out.ack = in.ack;
        out.data = in.data;
        message = rt_message_encode(&out);
        rt_message_unref(message);
        rt_message_clear(&in);
    }
    free(copy);
    return 0;
}
