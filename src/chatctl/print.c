/* SPDX-License-Identifier: Apache-2.0 */
/* What commands print: tables and sentences for people, JSON for scripts. */
#include "base/clock.h"
#include "base/text.h"
#include "site.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX ((apr_size_t)1 << 28)

static int columns_of(const chatctl_table_t *t)
{
    int n = 0;
    while (t->columns[n].title)
        n++;
    return n;
}

static const char *cell(const chatctl_table_t *t, int i)
{
    return APR_ARRAY_IDX(t->cells, i, const char *);
}

void chatctl_table_begin(chatctl_table_t *t, chatctl_t *ctl,
                         const chatctl_column_t *columns)
{
    t->ctl = ctl;
    t->columns = columns;
    t->cells = apr_array_make(ctl->pool, 64, sizeof(const char *));
}

void chatctl_table_add(chatctl_table_t *t, const char *text)
{
    APR_ARRAY_PUSH(t->cells, const char *) = text;
}

void chatctl_table_int(chatctl_table_t *t, apr_int64_t n)
{
    chatctl_table_add(t, apr_psprintf(t->ctl->pool, "%" APR_INT64_T_FMT, n));
}

void chatctl_table_time(chatctl_table_t *t, apr_time_t time)
{
    char text[CHAT_ISO_SIZE];
    if (time)
        chat_clock_iso(text, time);
    chatctl_table_add(t, time ? apr_pstrdup(t->ctl->pool, text) : NULL);
}

static void write_row(const chatctl_table_t *t, chat_writer_t *w, int first)
{
    chat_write_object(w);
    for (int i = 0; t->columns[i].title; i++) {
        const char *text = cell(t, first + i);
        apr_int64_t n;
        chat_write_key(w, t->columns[i].member);
        if (!text)
            chat_write_null(w);
        else if (t->columns[i].number && chat_text_int64(&n, text))
            chat_write_int(w, n);
        else if (!strcmp(text, "true") || !strcmp(text, "false"))
            chat_write_bool(w, *text == 't');
        else
            chat_write_string(w, text);
    }
    chat_write_end(w);
}

static void print_json(const chatctl_table_t *t, int list)
{
    int columns = columns_of(t);
    chat_buffer_t out;
    chat_writer_t w;
    chat_buffer_init(&out, 4096, OUTPUT_MAX, t->ctl->pool);
    chat_writer_json(&w, &out, 0);
    if (list)
        chat_write_array(&w);
    for (int i = 0; i < t->cells->nelts; i += columns)
        write_row(t, &w, i);
    if (list)
        chat_write_end(&w);
    fwrite(out.data, 1, out.len, stdout);
    putchar('\n');
}

/* Control characters would let a stored text play with the terminal. */
static const char *printable(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text ? text : "-");
    for (char *p = copy; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    }
    return copy;
}

static int width_of(const chatctl_table_t *t, int column, int columns)
{
    apr_size_t width = strlen(t->columns[column].title);
    for (int i = column; i < t->cells->nelts; i += columns) {
        const char *text = cell(t, i) ? cell(t, i) : "-";
        apr_size_t n = chat_text_length(text, strlen(text));
        width = n > width ? n : width;
    }
    return (int)width;
}

static void print_cell(const chatctl_table_t *t, int column, int width, const char *text)
{
    int missing = width - (int)chat_text_length(text, strlen(text));
    int last = !t->columns[column + 1].title;
    if (t->columns[column].number)
        printf("%*s%s", missing, "", text);
    else
        printf("%s%*s", text, last ? 0 : missing, "");
    fputs(last ? "\n" : "  ", stdout);
}

void chatctl_table_print(const chatctl_table_t *t)
{
    int columns = columns_of(t);
    int *width;
    if (t->ctl->json) {
        print_json(t, 1);
        return;
    }
    width = apr_palloc(t->ctl->pool, columns * sizeof(*width));
    for (int c = 0; c < columns; c++) {
        width[c] = width_of(t, c, columns);
        print_cell(t, c, width[c], t->columns[c].title);
    }
    for (int i = 0; i < t->cells->nelts; i++)
        print_cell(t, i % columns, width[i % columns],
                   printable(cell(t, i), t->ctl->pool));
}

void chatctl_table_show(const chatctl_table_t *t)
{
    if (t->ctl->json) {
        print_json(t, 0);
        return;
    }
    for (int i = 0; t->columns[i].title; i++)
        printf("%-14s %s\n", t->columns[i].title, printable(cell(t, i), t->ctl->pool));
}

static void say(chatctl_t *ctl, const chatctl_member_t *members, const char *format,
                va_list ap)
{
    const char *text = apr_pvsprintf(ctl->pool, format, ap);
    chat_buffer_t out;
    chat_writer_t w;
    if (!ctl->json) {
        puts(text);
        return;
    }
    chat_buffer_init(&out, 256, OUTPUT_MAX, ctl->pool);
    chat_writer_json(&w, &out, 0);
    chat_write_object(&w);
    chat_write_member(&w, "message", text);
    for (; members && members->name; members++) {
        if (members->text)
            chat_write_member(&w, members->name, members->text);
        else
            chat_write_member_int(&w, members->name, members->number);
    }
    chat_write_end(&w);
    fwrite(out.data, 1, out.len, stdout);
    putchar('\n');
}

void chatctl_say(chatctl_t *ctl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(ctl, NULL, format, ap);
    va_end(ap);
}

void chatctl_say_with(chatctl_t *ctl, const chatctl_member_t *members, const char *format,
                      ...)
{
    va_list ap;
    va_start(ap, format);
    say(ctl, members, format, ap);
    va_end(ap);
}

static const struct {
    chat_problem_code_t code;
    const char *text; /* %s: the detail or field */
} sentences[] = {
    {CHAT_P_NO_ROOM, "there is no such chatroom"},
    {CHAT_P_NO_ACCOUNT, "there is no account '%s'"},
    {CHAT_P_NAME_TAKEN, "the name is taken or reserved"},
    {CHAT_P_EMAIL_TAKEN, "another account has that e-mail address"},
    {CHAT_P_EMAIL_RULE, "'%s' is no e-mail address"},
    {CHAT_P_NAME_RULE, "a user name has 1 to 64 letters, digits and _ . - of one script"},
    {CHAT_P_PASSWORD_RULE, "the password is too long"},
    {CHAT_P_CHANNEL_NAME_RULE, "a name has 1 to 64 printable characters"},
    {CHAT_P_NO_CHANNEL, "there is no such channel"},
    {CHAT_P_CHANNEL_TAKEN, "there is a channel of that name"},
    {CHAT_P_INVALID, "%s has no such value or is no field"},
    {CHAT_P_NO_LINK, "there is no such link"},
    {CHAT_P_NO_MESSAGE, "there is no such undelivered item"},
    {CHAT_P_EMPTY, "the text is empty"},
    {CHAT_P_TOO_LARGE, "the text is too long"},
    {CHAT_P_UNAVAILABLE, "the database is busy or away; try again"},
    {CHAT_P_DISK_FULL, "the disk is full"},
};

int chatctl_result(const chatctl_site_t *s, apr_status_t rv)
{
    chat_problem_t problem = s->call.problem;
    const char *about;
    if (rv == APR_SUCCESS)
        return 0;
    if (rv != CHAT_REFUSED)
        chat_problem_of_status(&problem, rv);
    about = problem.detail ? problem.detail : problem.field ? problem.field : "";
    for (apr_size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
        const char *text = sentences[i].text, *mark = strstr(text, "%s");
        if (sentences[i].code != problem.code)
            continue;
        if (!mark)
            return chatctl_fail("%s", text);
        return chatctl_fail("%.*s%s%s", (int)(mark - text), text, about, mark + 2);
    }
    return chatctl_fail("it did not work; the database says why above");
}
