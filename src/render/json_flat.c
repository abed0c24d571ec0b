/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of flat objects: jansson's lexer costs a hundred instructions a byte. */
#include "render/json_flat.h"

#include "base/text.h"

#include <string.h>

#define BYTES_MAX 65536
#define MEMBERS_MAX 16
#define NAME_MAX_BYTES 63
#define DIGITS_MAX 18 /* always an int64 */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* The closing quote of the string that begins at P, or NULL. */
static const char *string_end(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p >= ' ' && *p != '"' && *p != '\\')
        p++;
    return p < end && *p == '"' ? p : NULL;
}

static int is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static json_t *read_integer(const char **at, const char *end)
{
    const char *p = *at, *first;
    int negative = *p == '-';
    json_int_t n = 0;
    p += negative;
    for (first = p; is_digit(p, end) && p - first < DIGITS_MAX; p++)
        n = n * 10 + (*p - '0');
    if (p == first || is_digit(p, end) || *first == '0')
        return NULL;
    *at = p;
    return json_integer(negative ? -n : n);
}

static int is_word(const char **at, const char *end, const char *word)
{
    apr_size_t len = strlen(word);
    if ((apr_size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
        return 0;
    *at += len;
    return 1;
}

static json_t *read_value(const char **at, const char *end)
{
    const char *start = *at + 1, *close;
    if (*at == end)
        return NULL;
    if (**at == '"') {
        close = string_end(start, end);
        if (!close)
            return NULL;
        *at = close + 1;
        return json_stringn_nocheck(start, (apr_size_t)(close - start));
    }
    if (is_word(at, end, "true"))
        return json_true();
    if (is_word(at, end, "false"))
        return json_false();
    return is_word(at, end, "null") ? json_null() : read_integer(at, end);
}

/* Reads "name": value and the space behind it. */
static int read_member(json_t *object, const char **at, const char *end)
{
    char name[NAME_MAX_BYTES + 1];
    const char *p = skip_space(*at, end), *close;
    json_t *value;
    if (p == end || *p++ != '"')
        return 0;
    close = string_end(p, end);
    if (!close || close - p > NAME_MAX_BYTES)
        return 0;
    memcpy(name, p, (apr_size_t)(close - p));
    name[close - p] = '\0';
    p = skip_space(close + 1, end);
    if (p == end || *p++ != ':')
        return 0;
    p = skip_space(p, end);
    value = read_value(&p, end);
    *at = skip_space(p, end);
    return value && json_object_set_new_nocheck(object, name, value) == 0;
}

json_t *chat_json_flat(const char *text, apr_size_t len)
{
    const char *end = text + len, *p = skip_space(text, end);
    json_t *object;
    int members = 0, more = 1;
    if (len > BYTES_MAX || p == end || *p++ != '{' || !chat_text_valid(text, len))
        return NULL;
    object = json_object();
    while (more && members++ < MEMBERS_MAX && read_member(object, &p, end) && p < end) {
        more = *p++ == ',';
        if (!more && p[-1] == '}' && skip_space(p, end) == end)
            return object;
    }
    json_decref(object);
    return NULL;
}
