/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in: a facade of jansson with limits. */
#include "render/json.h"

#include "base/buffer.h"
#include "base/json_bounds.h"
#include "base/status.h"
#include "base/text.h"
#include "render/json_flat.h"

#include <apr_strings.h>
#include <jansson.h>
#include <string.h>

/* --- parsing --- */

/* jansson's own words quote the text; these do not. It has no code for half a pair. */
static const char *reason(const json_error_t *error)
{
    static const char surrogate[] = "invalid Unicode '";
    if (strncmp(error->text, surrogate, sizeof(surrogate) - 1) == 0)
        return "unpaired surrogate in a string";
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "text that is not UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "U+0000 in a string";
    case json_error_premature_end_of_input:
        return "unexpected end of input";
    case json_error_end_of_input_expected:
        return "unexpected data after the JSON value";
    case json_error_numeric_overflow:
        return "a number out of range";
    default:
        return "not JSON";
    }
}

static const char *explain(const json_error_t *error, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s (line %d, column %d)", reason(error), error->line,
                        error->column);
}

static apr_status_t release(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

apr_status_t chat_json_parse(const chat_json_t **out, const char **why, const char *text,
                             apr_size_t len, apr_pool_t *pool)
{
    json_error_t error;
    json_t *value;
    *out = NULL;
    *why = NULL;
    value = chat_json_flat(text, len);
    if (!value)
        *why = chat_json_refusal(text, len);
    if (*why)
        return CHAT_MALFORMED;
    if (!value)
        value = json_loadb(text, len, JSON_DECODE_ANY, &error);
    if (!value) {
        *why = explain(&error, pool);
        return CHAT_MALFORMED;
    }
    apr_pool_cleanup_register(pool, value, release, apr_pool_cleanup_null);
    *out = (const chat_json_t *)value;
    return APR_SUCCESS;
}

/* --- reading --- */

static const json_t *inner(const chat_json_t *v)
{
    return (const json_t *)v;
}

chat_json_type_t chat_json_type(const chat_json_t *v)
{
    if (!v)
        return CHAT_JSON_NONE;
    switch (json_typeof(inner(v))) {
    case JSON_OBJECT:
        return CHAT_JSON_OBJECT;
    case JSON_ARRAY:
        return CHAT_JSON_ARRAY;
    case JSON_STRING:
        return CHAT_JSON_STRING;
    case JSON_INTEGER:
        return CHAT_JSON_INTEGER;
    case JSON_REAL:
        return CHAT_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return CHAT_JSON_BOOLEAN;
    default:
        return CHAT_JSON_NULL;
    }
}

const chat_json_t *chat_json_member(const chat_json_t *v, const char *name)
{
    return (const chat_json_t *)json_object_get(inner(v), name);
}

apr_size_t chat_json_count(const chat_json_t *v)
{
    return json_is_array(inner(v)) ? json_array_size(inner(v))
                                   : json_object_size(inner(v));
}

const chat_json_t *chat_json_element(const chat_json_t *v, apr_size_t i)
{
    return (const chat_json_t *)json_array_get(inner(v), i);
}

const char *chat_json_string(const chat_json_t *v, apr_size_t *len)
{
    const char *s = json_string_value(inner(v));
    if (s && len)
        *len = json_string_length(inner(v));
    return s;
}

const char *chat_json_text(const chat_json_t *v, apr_pool_t *pool)
{
    char number[CHAT_REAL_SIZE];
    switch (chat_json_type(v)) {
    case CHAT_JSON_STRING:
        return json_string_value(inner(v));
    case CHAT_JSON_INTEGER:
        chat_int_text(number, json_integer_value(inner(v)));
        return apr_pstrdup(pool, number);
    case CHAT_JSON_REAL:
        chat_text_real(number, json_real_value(inner(v)));
        return apr_pstrdup(pool, number);
    case CHAT_JSON_BOOLEAN:
        return json_is_true(inner(v)) ? "true" : "false";
    default:
        return NULL;
    }
}

int chat_json_integer(apr_int64_t *out, const chat_json_t *v)
{
    if (!json_is_integer(inner(v)))
        return 0;
    *out = json_integer_value(inner(v));
    return 1;
}

int chat_json_boolean(int *out, const chat_json_t *v)
{
    if (!json_is_boolean(inner(v)))
        return 0;
    *out = json_is_true(inner(v));
    return 1;
}
