/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of mails. */
#include "outbox/template.h"

#include "base/file.h"
#include "base/status.h"
#include "base/text.h"

#include <apr_strings.h>
#include <string.h>

static const char activation[] =
    "Subject: Your new chat account\n"
    "\n"
    "Hello @NAME@,\n"
    "\n"
    "Someone, probably you, created a chat account with this address.\n"
    "\n"
    "    User name: @NAME@\n"
    "    Password:  @PASSWORD@\n"
    "\n"
    "Open this address to activate it:\n"
    "\n"
    "    @LINK@/users/activate/@DIGEST@\n"
    "\n"
    "If this wasn't you, you can ignore this message.\n";

static const char password[] =
    "Subject: Your new chat password\n"
    "\n"
    "Hello @NAME@,\n"
    "\n"
    "Someone, probably you, asked for a new password for your chat account.\n"
    "\n"
    "    User name: @NAME@\n"
    "    Password:  @PASSWORD@\n"
    "\n"
    "It is valid for 24 hours. Logging in with it replaces your old password.\n"
    "\n"
    "If this wasn't you, ignore this message: your password has not changed.\n";

static apr_status_t read_file(const char **out, const char *path, apr_pool_t *pool)
{
    apr_size_t len;
    char *text;
    apr_status_t rv = chat_file_read(&text, &len, path, CHAT_TEMPLATE_MAX, pool);
    if (rv != APR_SUCCESS)
        return rv;
    *out = text;
    return chat_text_valid(text, len) ? APR_SUCCESS : CHAT_MALFORMED;
}

/* The start of the text, after the blank line; NULL when there is no blank line. */
static const char *text_of(const char *template)
{
    for (const char *p = template; (p = strchr(p, '\n'));) {
        p++;
        if (*p == '\n')
            return p + 1;
        if (p[0] == '\r' && p[1] == '\n')
            return p + 2;
    }
    return NULL;
}

apr_status_t chat_template_load(const char **out, const char *dir, const char *name,
                                apr_pool_t *pool)
{
    int active = !strcmp(name, "activation");
    apr_status_t rv;
    if (!active && strcmp(name, "password") != 0)
        return CHAT_NOTFOUND;
    *out = active ? activation : password;
    if (!dir)
        return APR_SUCCESS;
    rv = read_file(out, apr_pstrcat(pool, dir, "/", name, ".txt", NULL), pool);
    if (APR_STATUS_IS_ENOENT(rv))
        return APR_SUCCESS;
    return rv == APR_SUCCESS && (**out <= ' ' || !text_of(*out)) ? CHAT_MALFORMED : rv;
}

static void add_value(chat_buffer_t *out, const char *value, int header)
{
    for (const char *p = value; *p; p++) {
        if (header && (*p < ' ' || *p > '~'))
            chat_buffer_byte(out, '?');
        else if (*p != '\r' && *p != '\n')
            chat_buffer_byte(out, *p);
    }
}

/* Adds the value at P; returns the position after it, or P. */
static const char *place(chat_buffer_t *out, const char *p,
                         const chat_template_value_t *values, int header)
{
    for (; values->name; values++) {
        apr_size_t len = strlen(values->name);
        if (strncmp(p + 1, values->name, len) || p[1 + len] != '@')
            continue;
        add_value(out, values->value, header);
        return p + len + 2;
    }
    return p;
}

void chat_template_fill(chat_buffer_t *out, const char *template,
                        const chat_template_value_t *values)
{
    const char *text = text_of(template);
    for (const char *p = template; *p;) {
        const char *next = *p == '@' ? place(out, p, values, text && p < text) : p;
        if (next == p) {
            if (*p != '\r')
                chat_buffer_byte(out, *p);
            next++;
        }
        p = next;
    }
}
