/* SPDX-License-Identifier: Apache-2.0 */
/* Writer of XML. By hand: libxml2 would cost each httpd child 1.5 MB for these lines. */
#include "render/writer.h"

/* Text that replaces a byte, NULL for the byte itself. */
static const char *replacement(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        /* A reader would turn the character itself into a newline. */
        return "&#13;";
    default:
        return c < 0x20 && c != '\t' && c != '\n' ? "\xef\xbf\xbd" : NULL;
    }
}

/* U+FFFE and U+FFFF are the only wide ones that XML forbids. */
static int is_noncharacter(const char *p, const char *end)
{
    return end - p >= 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe;
}

static void add_text(chat_buffer_t *out, const char *p, const char *end)
{
    const char *run = p;
    while (p < end) {
        const char *instead = replacement((unsigned char)*p);
        int size = 1;
        if (is_noncharacter(p, end)) {
            instead = "\xef\xbf\xbd";
            size = 3;
        }
        if (instead) {
            chat_buffer_add(out, run, (apr_size_t)(p - run));
            chat_buffer_puts(out, instead);
            run = p + size;
        }
        p += size;
    }
    chat_buffer_add(out, run, (apr_size_t)(p - run));
}

static void add_name(chat_writer_t *w)
{
    if (w->depth == 0) {
        chat_buffer_puts(w->out, "root");
    }
    else if (w->level[w->depth - 1].array) {
        chat_buffer_puts(w->out, "item");
        chat_buffer_int(w->out, w->level[w->depth - 1].count - 1);
    }
    else {
        chat_buffer_puts(w->out, w->level[w->depth - 1].key);
    }
}

/* Writes the part between < and the text; ENDING is ">" or "/>". */
static void start_element(chat_writer_t *w, const char *ending)
{
    if (w->depth == 0)
        chat_buffer_puts(w->out, "<?xml version=\"1.0\"?>\n");
    chat_buffer_byte(w->out, '<');
    add_name(w);
    chat_buffer_puts(w->out, ending);
}

static void end_document(chat_writer_t *w)
{
    if (w->depth == 0)
        chat_buffer_byte(w->out, '\n');
}

static void end_element(chat_writer_t *w)
{
    chat_buffer_puts(w->out, "</");
    add_name(w);
    chat_buffer_byte(w->out, '>');
    end_document(w);
}

static void xml_open(chat_writer_t *w, int array)
{
    (void)array;
    start_element(w, ">");
}

static void xml_close(chat_writer_t *w, int array)
{
    (void)array;
    if (w->level[w->depth].count) {
        end_element(w);
        return;
    }
    /* No content: the start becomes an empty element. */
    if (!w->out->overflow)
        w->out->len--;
    chat_buffer_puts(w->out, "/>");
    end_document(w);
}

static void xml_string(chat_writer_t *w, const char *s, apr_size_t len)
{
    if (len == 0) {
        start_element(w, "/>");
        end_document(w);
        return;
    }
    start_element(w, ">");
    add_text(w->out, s, s + len);
    end_element(w);
}

void chat_writer_xml(chat_writer_t *w, chat_buffer_t *out)
{
    static const chat_format_t format = {
        .open = xml_open, .close = xml_close, .string = xml_string};
    chat_writer_begin(w, out, &format, 0);
}
