/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sessions that may be resumed, and its file. */
#include "chatd/resume_table.h"

#include "chatd/rt/alloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 32,768 sessions in 5 MB; the oldest of eight gives way. */
#define SETS 4096
#define WAYS 8
#define MAGIC UINT64_C(0x6368617464303031)

typedef struct file_t {
    uint64_t magic;
    chatd_remembered_t entries[SETS * WAYS];
} file_t;

struct chatd_resume_table_t {
    file_t *file;
};

static uint32_t fnv(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

uint32_t chatd_resume_table_site(const char *params)
{
    return fnv(params);
}

static int is_ours(int fd)
{
    uint64_t magic = 0;
    return pread(fd, &magic, sizeof(magic), 0) == sizeof(magic) && magic == MAGIC;
}

static file_t *map(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    void *at;
    if (fd < 0)
        return NULL;
    /* holes read as zeros and take no room before somebody is remembered there */
    if ((!is_ours(fd) && ftruncate(fd, 0) != 0) || ftruncate(fd, sizeof(file_t)) != 0) {
        close(fd);
        return NULL;
    }
    at = mmap(NULL, sizeof(file_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

chatd_resume_table_t *chatd_resume_table_open(const char *file)
{
    file_t *mapped = map(file);
    chatd_resume_table_t *m;
    if (!mapped)
        return NULL;
    mapped->magic = MAGIC;
    m = rt_alloc(sizeof(*m));
    m->file = mapped;
    return m;
}

void chatd_resume_table_close(chatd_resume_table_t *m)
{
    if (!m)
        return;
    munmap(m->file, sizeof(*m->file));
    free(m);
}

static chatd_remembered_t *set_of(const chatd_resume_table_t *m, const char *pid)
{
    return m->file->entries + (size_t)(fnv(pid) % SETS) * WAYS;
}

void chatd_resume_table_put(chatd_resume_table_t *m, const chatd_remembered_t *r)
{
    chatd_remembered_t *set, *oldest;
    if (!m)
        return;
    set = oldest = set_of(m, r->pid);
    for (int i = 0; i < WAYS; i++) {
        if (!strncmp(set[i].pid, r->pid, CHATD_SID_SIZE)) {
            oldest = &set[i];
            break;
        }
        if (set[i].seen < oldest->seen)
            oldest = &set[i];
    }
    *oldest = *r;
}

int chatd_resume_table_get(chatd_remembered_t *out, const chatd_resume_table_t *m,
                           const char *pid)
{
    chatd_remembered_t *set;
    if (!m || !*pid || strlen(pid) >= CHATD_SID_SIZE)
        return 0;
    set = set_of(m, pid);
    for (int i = 0; i < WAYS; i++) {
        if (strncmp(set[i].pid, pid, CHATD_SID_SIZE) != 0)
            continue;
        *out = set[i];
        /* what another program may have put into the file must still be text */
        out->pid[CHATD_SID_SIZE - 1] = out->sid[CHATD_SID_SIZE - 1] = '\0';
        out->token_hash[CHAT_HASH_HEX] = '\0';
        return 1;
    }
    return 0;
}
