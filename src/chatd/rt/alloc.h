/* SPDX-License-Identifier: Apache-2.0
 * Memory of the realtime layers, and the intrusive list they share.
 *
 * Running out of memory ends the process (abort): the daemon is supervised, its clients
 * reconnect by themselves, and half-built protocol state is worth less than a restart.
 */
#ifndef RT_ALLOC_H
#define RT_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory of SIZE bytes, never NULL. Freed with free(). */
void *rt_alloc(size_t size);
/* realloc() that never returns NULL. */
void *rt_resize(void *memory, size_t size);
/* A terminated copy of LEN bytes. */
char *rt_strndup(const char *text, size_t len);

#define rt_container(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/*
 * Doubly linked ring. A head is initialised before use; an element whose next is NULL is
 * in no list, so zeroed elements need no initialisation.
 */
typedef struct rt_list {
    struct rt_list *prev;
    struct rt_list *next;
} rt_list;

static inline void rt_list_init(rt_list *head)
{
    head->prev = head->next = head;
}

static inline int rt_list_empty(const rt_list *head)
{
    return head->next == head;
}

static inline int rt_list_linked(const rt_list *element)
{
    return element->next != NULL;
}

static inline void rt_list_append(rt_list *head, rt_list *element)
{
    element->prev = head->prev;
    element->next = head;
    head->prev->next = element;
    head->prev = element;
}

/* Harmless on an element that is in no list. */
static inline void rt_list_remove(rt_list *element)
{
    if (!element->next)
        return;
    element->prev->next = element->next;
    element->next->prev = element->prev;
    element->prev = element->next = NULL;
}

/* Moves all elements of FROM to the empty list TO. */
static inline void rt_list_move(rt_list *to, rt_list *from)
{
    rt_list_init(to);
    if (rt_list_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    rt_list_init(from);
}

#endif
