/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of all channels as one sequence. */
#include "foreign_walk.h"

#include "base/status.h"
#include "items.h"

#include <apr_strings.h>
#include <stdlib.h>

#define FUTURE apr_time_from_sec(86400)

typedef struct item_t {
    apr_time_t at;
    const char *text;
    apr_size_t len;
    int entry;
} item_t;

/* Where a channel's messages are read. */
typedef struct cursor_t {
    chatctl_place_t *place;
    int file;                  /* the next one */
    apr_array_header_t *items; /* of the file before, in the order of their time */
    int item;                  /* the next one */
    apr_pool_t *pool;          /* of that file */
} cursor_t;

static int by_time(const void *a, const void *b)
{
    const item_t *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at ? 1 : x->entry - y->entry;
}

/* Looks for the time of each message of the next file. */
static const char *open_file(cursor_t *c, chatctl_walk_t *w, apr_pool_t *pool)
{
    chatctl_foreign_t *f = w->f;
    chatctl_items_t in;
    const chat_json_t *m;
    const char *why;
    apr_time_t latest = apr_time_now() + FUTURE;
    if (c->pool)
        apr_pool_clear(c->pool);
    else
        apr_pool_create(&c->pool, pool);
    c->items = apr_array_make(c->pool, 64, sizeof(item_t));
    c->item = 0;
    f->file = APR_ARRAY_IDX(c->place->files, c->file++, chatctl_file_t).path;
    f->entry = 0;
    why = chatctl_items_open(&in, NULL, f->file, f->format->member, c->pool);
    while (!why && !(why = chatctl_items_next(&in)) && in.text) {
        item_t *item = apr_array_push(c->items);
        apr_pool_clear(w->pool);
        *item = (item_t){.text = in.text, .len = in.len, .entry = in.entry};
        why = chatctl_items_parse(&m, in.text, in.len, w->pool);
        if (!why && ((item->at = f->format->time(m)) < 1 || item->at > latest))
            why = "this has no time before tomorrow";
        if (why)
            why = apr_pstrdup(f->pool, why);
    }
    f->entry = in.entry;
    qsort(c->items->elts, (apr_size_t)c->items->nelts, sizeof(item_t), by_time);
    return why;
}

/* From when on the next message of C is; 0: there is none. */
static apr_time_t due(const cursor_t *c)
{
    if (c->items && c->item < c->items->nelts)
        return APR_ARRAY_IDX(c->items, c->item, item_t).at;
    if (c->file < c->place->files->nelts) {
        apr_time_t since = APR_ARRAY_IDX(c->place->files, c->file, chatctl_file_t).since;
        return since > 0 ? since : 1;
    }
    return 0;
}

static apr_status_t say(chatctl_walk_t *w, cursor_t *c)
{
    const item_t *item = &APR_ARRAY_IDX(c->items, c->item++, item_t);
    chatctl_foreign_t *f = w->f;
    chatctl_said_t said = {.pool = w->pool};
    const chat_json_t *m;
    apr_pool_clear(w->pool);
    f->file = APR_ARRAY_IDX(c->place->files, c->file - 1, chatctl_file_t).path;
    f->entry = item->entry;
    if ((w->why = chatctl_items_parse(&m, item->text, item->len, w->pool)))
        return CHAT_REFUSED;
    said.reactions = apr_array_make(w->pool, 4, sizeof(chatctl_reaction_t));
    said.mentions = apr_array_make(w->pool, 4, sizeof(chatctl_person_t *));
    if (!f->format->read(&said, f, m))
        return APR_SUCCESS;
    w->number++;
    w->at = item->at > w->at ? item->at : w->at + 1; /* each message has its own time */
    return w->each(w, c->place, &said);
}

static int by_due(const void *a, const void *b)
{
    const cursor_t *const *x = a, *const *y = b;
    return due(*x) < due(*y) ? -1 : due(*x) > due(*y);
}

/* Heap of N cursors, the earliest first, whose first has gone on. */
static void sift(cursor_t **heap, int n)
{
    for (int i = 0, child = 1; child < n; child = 2 * i + 1) {
        cursor_t *moved = heap[i];
        if (child + 1 < n && due(heap[child + 1]) < due(heap[child]))
            child++;
        if (due(moved) <= due(heap[child]))
            return;
        heap[i] = heap[child];
        heap[child] = moved;
        i = child;
    }
}

apr_status_t chatctl_walk(chatctl_walk_t *w)
{
    int n = 0;
    cursor_t **heap, *all;
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *pool;
    apr_pool_create(&pool, w->f->pool);
    apr_pool_create(&w->pool, pool);
    w->number = w->at = 0;
    all = apr_pcalloc(pool, (apr_size_t)w->f->places->nelts * sizeof(*all));
    heap = apr_palloc(pool, (apr_size_t)w->f->places->nelts * sizeof(*heap));
    for (int i = 0; i < w->f->places->nelts; i++) {
        all[i].place = APR_ARRAY_IDX(w->f->places, i, chatctl_place_t *);
        if (due(&all[i]))
            heap[n++] = &all[i];
    }
    qsort(heap, (apr_size_t)n, sizeof(*heap), by_due);
    while (rv == APR_SUCCESS && n) {
        cursor_t *next = *heap;
        if (next->items && next->item < next->items->nelts)
            rv = say(w, next);
        else if ((w->why = open_file(next, w, pool)))
            rv = CHAT_REFUSED;
        if (!due(next))
            *heap = heap[--n];
        sift(heap, n);
    }
    if (w->why)
        w->why = apr_pstrdup(w->f->pool, w->why);
    apr_pool_destroy(pool);
    return rv;
}
