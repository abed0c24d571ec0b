/* SPDX-License-Identifier: Apache-2.0 */
/* Button API V3: searching messages. */
#include "api/button.h"
#include "base/clock.h"
#include "core/search.h"

static apr_status_t read_time(apr_time_t *out, chat_button_t *b, const char *field)
{
    const char *text;
    apr_status_t rv = chat_button_maybe(&text, b, field);
    if (rv == APR_SUCCESS && text && !chat_clock_read(out, text))
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, field);
    return rv;
}

static apr_status_t read_order(int *by_time, chat_button_t *b)
{
    const char *order;
    apr_status_t rv = chat_button_maybe(&order, b, "order");
    *by_time = order && strcmp(order, "time") == 0;
    if (rv == APR_SUCCESS && order && !*by_time && strcmp(order, "best") != 0)
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "order");
    return rv;
}

/* From where on a search that came to a bound goes on. */
static apr_status_t read_older(apr_int64_t *out, chat_button_t *b)
{
    if (!chat_button_has(b, "older"))
        return APR_SUCCESS;
    return chat_button_number(out, b, "older") && *out > 0 && *out <= CHAT_NUMBER_MAX
               ? APR_SUCCESS
               : chat_call_refuse(b->call, CHAT_P_INVALID, "older");
}

static apr_status_t read_wanted(chat_wanted_t *w, chat_button_t *b)
{
    const struct {
        const char **to, *field;
    } names[] = {
        {&w->channel, "name"}, {&w->username, "username"}, {&w->sender, "sender"}};
    chat_page_t page;
    apr_status_t rv = chat_button_text(&w->query, b, "query");
    for (int i = 0; rv == APR_SUCCESS && i < 3; i++)
        rv = chat_button_maybe(names[i].to, b, names[i].field);
    if (rv == APR_SUCCESS && w->channel && w->username)
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "username");
    if (rv == APR_SUCCESS)
        rv = read_time(&w->since, b, "since");
    if (rv == APR_SUCCESS)
        rv = read_time(&w->until, b, "until");
    if (rv == APR_SUCCESS)
        rv = read_order(&w->by_time, b);
    if (rv == APR_SUCCESS)
        rv = read_older(&w->older, b);
    if (rv == APR_SUCCESS)
        rv = chat_button_page(&page, b);
    if (rv == APR_SUCCESS && page.before > CHAT_NUMBER_MAX)
        rv = chat_call_refuse(b->call, CHAT_P_INVALID, "before");
    if (rv != APR_SUCCESS)
        return rv;
    w->before = page.before;
    w->count = page.count < CHAT_SEARCH_PAGE ? page.count : CHAT_SEARCH_PAGE;
    return APR_SUCCESS;
}

apr_status_t chat_button_search(chat_button_t *b)
{
    chat_wanted_t wanted;
    chat_reading_t reading = {0};
    chat_writer_t w;
    apr_int64_t older;
    apr_status_t rv;
    memset(&wanted, 0, sizeof(wanted));
    rv = read_wanted(&wanted, b);
    if (rv == APR_SUCCESS)
        rv = chat_messages_search(&reading, &older, b->call, &b->auth, &wanted);
    if (rv != APR_SUCCESS)
        return rv;
    chat_button_answer(&w, b);
    chat_button_messages(&w, "messages", &reading);
    chat_write_member_bool(&w, "complete", !older);
    if (older)
        chat_write_member_int(&w, "older", older);
    return chat_write_finish(&w);
}
