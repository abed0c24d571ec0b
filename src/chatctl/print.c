/* SPDX-License-Identifier: Apache-2.0 */
/* What commands print: tables and sentences for people, JSON for scripts. */
#include "print.h"

#include "base/clock.h"
#include "base/text.h"
#include "render/writer.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX ((apr_size_t)1 << 28)

/* Controls of both kinds, line separators, and what changes the direction of a line
 * (Unicode's bidirectional controls). U+FFFD replaces bytes that are not UTF-8. */
static int steers(apr_uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xfeff || c == 0xfffd;
}

static const char *printable(const char *text, apr_pool_t *pool)
{
    const char *end = text + strlen(text);
    chat_buffer_t out;
    chat_buffer_init(&out, 128, OUTPUT_MAX, pool);
    while (text < end) {
        const char *from = text;
        apr_uint32_t c = chat_text_next(&text, end);
        if (steers(c))
            chat_buffer_puts(&out, apr_psprintf(pool, "\\u%04x", (unsigned)c));
        else
            chat_buffer_add(&out, from, text - from);
    }
    return chat_buffer_text(&out);
}

static void print_object(chat_buffer_t *out, apr_pool_t *pool)
{
    puts(printable(chat_buffer_text(out), pool));
}

/* --- tables --- */

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

static const char *next_cell(const chatctl_table_t *t, chatctl_kind_t kind, va_list *ap)
{
    char text[CHAT_ISO_SIZE];
    apr_time_t time;
    switch (kind) {
    case CHATCTL_NUMBER:
        return apr_psprintf(t->ctl->pool, "%" APR_INT64_T_FMT, va_arg(*ap, apr_int64_t));
    case CHATCTL_BOOL:
        return va_arg(*ap, int) ? "true" : "false";
    case CHATCTL_TIME:
        if (!(time = va_arg(*ap, apr_time_t)))
            return NULL;
        (t->ctl->json ? chat_clock_iso : chat_clock_sql)(text, time);
        return apr_pstrdup(t->ctl->pool, text);
    default:
        return va_arg(*ap, const char *);
    }
}

void chatctl_table_row(chatctl_table_t *t, ...)
{
    va_list ap;
    va_start(ap, t);
    for (int i = 0; t->columns[i].title; i++) {
        const char *text = next_cell(t, t->columns[i].kind, &ap);
        if (!t->ctl->json)
            text = printable(text ? text : "-", t->ctl->pool);
        APR_ARRAY_PUSH(t->cells, const char *) = text;
    }
    va_end(ap);
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
        else if (t->columns[i].kind == CHATCTL_NUMBER && chat_text_int64(&n, text))
            chat_write_int(w, n);
        else if (t->columns[i].kind == CHATCTL_BOOL)
            chat_write_bool(w, *text == 't');
        else
            chat_write_string(w, text);
    }
    chat_write_end(w);
}

static int print_json(const chatctl_table_t *t, int list)
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
    print_object(&out, t->ctl->pool);
    return 0;
}

static int length(const char *text)
{
    return (int)chat_text_length(text, strlen(text));
}

static void print_cell(const chatctl_table_t *t, int column, int width, const char *text)
{
    int last = !t->columns[column + 1].title, missing = width - length(text);
    if (t->columns[column].kind == CHATCTL_NUMBER)
        printf("%*s%s", missing, "", text);
    else
        printf("%s%*s", text, last ? 0 : missing, "");
    fputs(last ? "\n" : "  ", stdout);
}

int chatctl_table_print(const chatctl_table_t *t)
{
    int columns = columns_of(t);
    int *width;
    if (t->ctl->json)
        return print_json(t, 1);
    width = apr_palloc(t->ctl->pool, columns * sizeof(*width));
    for (int c = 0; c < columns; c++) {
        width[c] = length(t->columns[c].title);
        for (int i = c; i < t->cells->nelts; i += columns)
            if (length(cell(t, i)) > width[c])
                width[c] = length(cell(t, i));
        print_cell(t, c, width[c], t->columns[c].title);
    }
    for (int i = 0; i < t->cells->nelts; i++)
        print_cell(t, i % columns, width[i % columns], cell(t, i));
    return 0;
}

int chatctl_table_show(const chatctl_table_t *t)
{
    if (t->ctl->json)
        return print_json(t, 0);
    for (int i = 0; t->columns[i].title; i++)
        printf("%-14s %s\n", t->columns[i].title, cell(t, i));
    return 0;
}

/* --- sentences --- */

int chatctl_say(chatctl_t *ctl, const chatctl_member_t *members, const char *format, ...)
{
    chat_buffer_t out;
    chat_writer_t w;
    const char *text;
    va_list ap;
    va_start(ap, format);
    text = apr_pvsprintf(ctl->pool, format, ap);
    va_end(ap);
    if (!ctl->json) {
        puts(printable(text, ctl->pool));
        return 0;
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
    print_object(&out, ctl->pool);
    return 0;
}

static void complain(const char *format, va_list ap)
{
    apr_pool_t *pool;
    apr_pool_create(&pool, NULL);
    fflush(stdout);
    fprintf(stderr, "chatctl: %s\n", printable(apr_pvsprintf(pool, format, ap), pool));
    apr_pool_destroy(pool);
}

int chatctl_fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(format, ap);
    va_end(ap);
    return CHATCTL_FAILED;
}

const char *chatctl_command_name(const chatctl_command_t *c, apr_pool_t *pool)
{
    return c->verb ? apr_pstrcat(pool, c->noun, " ", c->verb, NULL) : c->noun;
}

const char *chatctl_command_usage(const chatctl_command_t *c, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "usage: chatctl ", chatctl_command_name(c, pool),
                       *c->usage ? " " : "", c->usage,
                       c->access == CHATCTL_NONE ? "" : " " CHATCTL_SITE_OPTIONS, NULL);
}

int chatctl_misused(const chatctl_t *ctl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(format, ap);
    va_end(ap);
    if (ctl->command)
        fprintf(stderr, "%s\n", chatctl_command_usage(ctl->command, ctl->pool));
    return CHATCTL_USAGE;
}
