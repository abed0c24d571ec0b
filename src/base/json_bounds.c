/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what a JSON parser would have to build. */
#include "base/json_bounds.h"

#include <string.h>

/* The end of the string whose opening quote is before P; END when it is not closed. */
static const char *skip_string(const char *p, const char *end)
{
    while (p < end && *p != '"')
        p += *p == '\\' ? 2 : 1;
    return p < end ? p + 1 : end;
}

const char *chat_json_refusal(const char *text, apr_size_t len)
{
    const char *p = text, *end = p + len;
    int depth = 0, values = 1;
    if (len > CHAT_JSON_MAX_BYTES)
        return "the JSON text is too long";
    /* jansson loses a NUL that follows a number or a word. */
    if (len && memchr(p, '\0', len))
        return "a NUL byte in the JSON text";
    while (p < end) {
        switch (*p++) {
        case '"':
            p = skip_string(p, end);
            break;
        case '[':
        case '{':
            if (++depth > CHAT_JSON_MAX_DEPTH)
                return "the JSON text is nested too deeply";
            values++;
            break;
        case ']':
        case '}':
            depth--;
            break;
        case ',':
            values++;
            break;
        default:
            break;
        }
        if (values > CHAT_JSON_MAX_VALUES)
            return "the JSON text has too many values";
    }
    return NULL;
}
