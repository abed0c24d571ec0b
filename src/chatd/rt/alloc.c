/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that never fails: the process ends instead. */
#include "chatd/rt/alloc.h"

#include <stdlib.h>
#include <string.h>

void *rt_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

void *rt_resize(void *memory, size_t size)
{
    void *p = realloc(memory, size ? size : 1);
    if (!p)
        abort();
    return p;
}

char *rt_strndup(const char *text, size_t len)
{
    char *copy = rt_alloc(len + 1);
    if (len)
        memcpy(copy, text, len);
    return copy;
}
