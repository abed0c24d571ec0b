/* SPDX-License-Identifier: Apache-2.0 */
/* Writer of PHP's print_r format. */
#include "render/writer.h"

#define STEP 8 /* columns from a bracket to the bracket inside it */

static void indent(chat_buffer_t *out, int columns)
{
    while (columns-- > 0)
        chat_buffer_byte(out, ' ');
}

/* "[key] => " where the value has a key. */
static void start_value(chat_writer_t *w)
{
    if (w->depth == 0)
        return;
    indent(w->out, STEP * (w->depth - 1) + STEP / 2);
    chat_buffer_byte(w->out, '[');
    if (w->level[w->depth - 1].array)
        chat_buffer_int(w->out, w->level[w->depth - 1].count - 1);
    else
        chat_buffer_puts(w->out, w->level[w->depth - 1].key);
    chat_buffer_puts(w->out, "] => ");
}

static void end_value(chat_writer_t *w)
{
    if (w->depth)
        chat_buffer_byte(w->out, '\n');
}

static void dump_open(chat_writer_t *w, int array)
{
    (void)array;
    start_value(w);
    chat_buffer_puts(w->out, "Array\n");
    indent(w->out, STEP * w->depth);
    chat_buffer_puts(w->out, "(\n");
}

static void dump_close(chat_writer_t *w, int array)
{
    (void)array;
    indent(w->out, STEP * w->depth);
    chat_buffer_puts(w->out, ")\n");
    end_value(w);
}

static void dump_string(chat_writer_t *w, const char *s, apr_size_t len)
{
    start_value(w);
    chat_buffer_add(w->out, s, len);
    end_value(w);
}

void chat_writer_dump(chat_writer_t *w, chat_buffer_t *out)
{
    static const chat_format_t format = {
        .open = dump_open, .close = dump_close, .string = dump_string};
    chat_writer_begin(w, out, &format, 0);
}
