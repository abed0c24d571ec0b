/* SPDX-License-Identifier: Apache-2.0 */
/* Skeletons of names, by Unicode's table of characters that look alike. */
#include "base/skeleton.h"

#include "base/bounds.h"
#include "base/buffer.h"
#include "base/text.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

typedef struct prototype_t {
    apr_uint32_t c;
    char text[16]; /* the longest has 15 bytes */
} prototype_t;

static const prototype_t prototypes[] = {
#include "base/skeleton.inc"
};

static int compare(const void *key, const void *row)
{
    apr_uint32_t a = *(const apr_uint32_t *)key, b = ((const prototype_t *)row)->c;
    return (a > b) - (a < b);
}

/* S in another normal form, in POOL; NULL when out of memory. */
static const char *normal(const char *s, uninorm_t form, apr_pool_t *pool)
{
    apr_size_t size;
    uint8_t *text = u8_normalize(form, (const uint8_t *)s, strlen(s), NULL, &size);
    const char *out = text ? apr_pstrmemdup(pool, (const char *)text, size) : NULL;
    free(text);
    return out;
}

static const char *folded(const char *s, apr_pool_t *pool)
{
    apr_size_t size;
    uint8_t *text =
        u8_casefold((const uint8_t *)s, strlen(s), NULL, UNINORM_NFD, NULL, &size);
    const char *out = text ? apr_pstrmemdup(pool, (const char *)text, size) : NULL;
    free(text);
    return out;
}

static const char *mapped(const char *s, apr_pool_t *pool)
{
    const char *end = s + strlen(s);
    chat_buffer_t out;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    while (s < end) {
        const char *from = s;
        apr_uint32_t c = chat_text_next(&s, end);
        const prototype_t *p =
            bsearch(&c, prototypes, sizeof(prototypes) / sizeof(*prototypes),
                    sizeof(*prototypes), compare);
        if (p)
            chat_buffer_puts(&out, p->text);
        else if (!uc_is_property_default_ignorable_code_point(c))
            chat_buffer_add(&out, from, (apr_size_t)(s - from));
    }
    return chat_buffer_text(&out);
}

const char *chat_name_skeleton(const char *name, apr_pool_t *pool)
{
    apr_size_t len = strlen(name);
    const char *out = name;
    if (!len || len > CHAT_NAME_BYTES || !chat_text_valid(name, len))
        return name;
    /* compatibility first: a wide letter has no prototype of its own */
    out = normal(out, UNINORM_NFKC, pool);
    out = out ? normal(out, UNINORM_NFD, pool) : NULL;
    out = out ? folded(mapped(out, pool), pool) : NULL;
    return out ? out : name;
}
