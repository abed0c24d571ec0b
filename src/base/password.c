/* SPDX-License-Identifier: Apache-2.0 */
/* Common passwords. */
#include "base/password.h"

#include "base/name.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

static const char words[][16] = {
#include "base/password.inc"
};

static int compare(const void *key, const void *row)
{
    return strcmp(key, row);
}

static int is_word(const char *s)
{
    return bsearch(s, words, sizeof(words) / sizeof(*words), sizeof(*words), compare) !=
           NULL;
}

/* S without the ASCII digits and symbols around it. */
static const char *core(const char *s, apr_pool_t *pool)
{
    const char *end = s + strlen(s);
    while (s < end && (unsigned char)*s < 0x80 && !apr_isalpha(*s))
        s++;
    while (end > s && (unsigned char)end[-1] < 0x80 && !apr_isalpha(end[-1]))
        end--;
    return apr_pstrmemdup(pool, s, (apr_size_t)(end - s));
}

/* "aaaaaaaa" and "abababab". */
static int repeats(const char *s)
{
    apr_size_t n = 0;
    while (s[n] && s[n + 1] && (n < 2 || s[n] == s[n - 2]))
        n++;
    return n >= 2 && !s[n + 1] && s[n] == s[n - 2];
}

int chat_password_common(const char *password, const char *name, apr_pool_t *pool)
{
    const char *key = chat_name_fold(password, pool), *inner = core(key, pool);
    if (is_word(key) || is_word(inner) || repeats(key))
        return 1;
    if (!name)
        return 0;
    name = chat_name_fold(name, pool);
    return !strcmp(key, name) || (*inner && !strcmp(inner, core(name, pool)));
}
