/* SPDX-License-Identifier: Apache-2.0 */
/* Finds where elements begin and end; what is in them is the parser's business. */
#include "items.h"

#include "base/status.h"
#include "owner.h"

#include <apr_mmap.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CUT_OFF "the file ends too early"

static const char *map(chatctl_items_t *out, const char *file, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_file_t *f;
    apr_mmap_t *m;
    int fd = chatctl_owner_open(file, pool);
    *out = (chatctl_items_t){0};
    if (fd < 0)
        return apr_pstrcat(pool, "it cannot be read: ", strerror(errno), NULL);
    if (apr_os_file_put(&f, &fd, APR_READ, pool) != APR_SUCCESS ||
        apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, f) != APR_SUCCESS ||
        info.filetype != APR_REG ||
        (info.size && apr_mmap_create(&m, f, 0, (apr_size_t)info.size, APR_MMAP_READ,
                                      pool) != APR_SUCCESS)) {
        close(fd);
        return "it cannot be read";
    }
    close(fd);
    if (!info.size)
        return CUT_OFF;
    out->at = m->mm;
    out->end = out->at + info.size;
    return NULL;
}

/* The first character behind blanks, 0 at the end. */
static int ahead(chatctl_items_t *in)
{
    while (in->at < in->end && memchr(" \t\r\n", *in->at, 4))
        in->at++;
    return in->at < in->end ? (unsigned char)*in->at : 0;
}

static const char *skip_string(const char *p, const char *end)
{
    while (p < end && *p != '"')
        p += *p == '\\' ? 2 : 1;
    return p < end ? p + 1 : end;
}

/* Past a value, up to the comma or bracket behind it. */
static void skip(chatctl_items_t *in)
{
    int depth = 0;
    while (in->at < in->end) {
        char c = *in->at;
        if (!depth && memchr(",]}", c, 3))
            return;
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        in->at = c == '"' ? skip_string(in->at + 1, in->end) : in->at + 1;
    }
}

/* *FOUND: whether the next member is MEMBER, an array, in which we are then. */
static const char *next_member(int *found, chatctl_items_t *in, const char *member)
{
    apr_size_t len = strlen(member);
    const char *name;
    *found = 0;
    if (ahead(in) != '"')
        return "this is not the object it ought to be";
    name = in->at + 1;
    in->at = skip_string(in->at + 1, in->end);
    *found = (apr_size_t)(in->at - name) == len + 1 && !memcmp(name, member, len);
    if (ahead(in) != ':')
        return "this is not JSON";
    in->at++;
    *found &= ahead(in) == '[';
    if (!*found)
        skip(in);
    return NULL;
}

/* Past the members before MEMBER. */
static const char *find(chatctl_items_t *in, const chat_json_t **head, const char *member,
                        apr_pool_t *pool)
{
    const char *why, *begin, *last, *text;
    int found = 0;
    if (ahead(in) != '{')
        return "this is not the object it ought to be";
    begin = in->at;
    do {
        last = in->at++;
        why = next_member(&found, in, member);
    } while (!why && !found && ahead(in) == ',');
    if (!why && !found)
        why = apr_pstrcat(pool, "there is no array ", member, NULL);
    in->wrapped = 1;
    if (why || !head)
        return why;
    text = last == begin ? "{" : apr_pstrmemdup(pool, begin, (apr_size_t)(last - begin));
    text = apr_pstrcat(pool, text, "}", NULL);
    return chatctl_items_parse(head, text, strlen(text), pool);
}

const char *chatctl_items_open(chatctl_items_t *out, const chat_json_t **head,
                               const char *file, const char *member, apr_pool_t *pool)
{
    const char *why = map(out, file, pool);
    if (!why && member)
        why = find(out, head, member, pool);
    if (!why && ahead(out) != '[')
        why = "this is not the array it ought to be";
    return why;
}

/* Nothing is missing behind the array. */
static const char *finish(chatctl_items_t *in)
{
    const char *last = in->end;
    in->text = NULL;
    in->at++;
    while (last > in->at && memchr(" \t\r\n", last[-1], 4))
        last--;
    if (in->wrapped)
        return last > in->at && last[-1] == '}' ? NULL : CUT_OFF;
    return last == in->at ? NULL : "something follows the end";
}

const char *chatctl_items_next(chatctl_items_t *in)
{
    int c;
    if (*in->at == ']')
        return finish(in);
    in->at++;
    c = ahead(in);
    if (c == ']' && !in->entry)
        return finish(in);
    in->entry++;
    in->text = in->at;
    skip(in);
    in->len = (apr_size_t)(in->at - in->text);
    if (in->at >= in->end)
        return CUT_OFF;
    return *in->at == '}' ? "this is not JSON" : NULL;
}

const char *chatctl_items_parse(const chat_json_t **out, const char *text, apr_size_t len,
                                apr_pool_t *pool)
{
    const char *why;
    if (chat_json_parse(out, &why, text, len, pool) != APR_SUCCESS)
        return why;
    return chat_json_type(*out) == CHAT_JSON_OBJECT ? NULL : "this is not an object";
}
