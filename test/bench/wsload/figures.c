/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured: processor time and memory of the server, latencies, and the line with
 * the result. */
#include "wsload.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PROCESSES_MAX 32768
#define TREE_MAX 4096

typedef struct process_t {
    int pid, parent;
} process_t;

/* Line 1 of /proc/PID/stat behind field 2, whose text may hold blanks and brackets; NULL:
 * it has ended. */
static const char *stat_read(char *line, size_t size, int pid)
{
    char name[64];
    const char *found = NULL;
    FILE *in;
    snprintf(name, sizeof(name), "/proc/%d/stat", pid);
    in = fopen(name, "r");
    if (in) {
        found = fgets(line, (int)size, in) ? strrchr(line, ')') : NULL;
        fclose(in);
    }
    return found;
}

/* Field N, counted as proc(5) does. */
static long stat_field(const char *p, int n)
{
    for (p += 2; n > 3; n--, p++)
        if (!(p = strchr(p, ' ')))
            return 0;
    return strtol(p, NULL, 10);
}

static int processes(process_t *all)
{
    char line[1024];
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    int n = 0;
    while (dir && n < PROCESSES_MAX && (entry = readdir(dir))) {
        int pid = (int)strtol(entry->d_name, NULL, 10);
        const char *stat = pid > 0 ? stat_read(line, sizeof(line), pid) : NULL;
        if (stat)
            all[n++] = (process_t){pid, (int)stat_field(stat, 4)};
    }
    if (dir)
        closedir(dir);
    return n;
}

static int within(const int *tree, int n, int pid)
{
    for (int i = 0; i < n; i++)
        if (tree[i] == pid)
            return 1;
    return 0;
}

/* The processes of -p with all their descendants. */
static int find_tree(int tree[TREE_MAX])
{
    static process_t all[PROCESSES_MAX];
    int n = opt.npids ? processes(all) : 0, in = opt.npids, before;
    memcpy(tree, opt.pids, (size_t)opt.npids * sizeof(*tree));
    do {
        before = in;
        for (int i = 0; i < n && in < TREE_MAX; i++)
            if (within(tree, in, all[i].parent) && !within(tree, in, all[i].pid))
                tree[in++] = all[i].pid;
    } while (in > before);
    return in;
}

/* With the time of children that were waited for: a worker that ends in between is not
 * lost. */
static double cpu_of(int pid)
{
    char line[2048];
    const char *stat = stat_read(line, sizeof(line), pid);
    long ticks = 0;
    for (int k = 14; stat && k <= 17; k++) /* user and system, own and of children */
        ticks += stat_field(stat, k);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static long kb_of(int pid)
{
    char name[64], line[256];
    long kb = 0;
    FILE *in;
    snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", pid);
    in = fopen(name, "r");
    while (in && fgets(line, sizeof(line), in))
        if (!strncmp(line, "Pss:", 4))
            kb += strtol(line + 4, NULL, 10);
    if (in)
        fclose(in);
    return kb;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

look_t look(void)
{
    static int tree[TREE_MAX];
    look_t at = {0};
    struct rusage own;
    int n = find_tree(tree);
    for (int i = 0; i < n; i++) {
        at.server_cpu += cpu_of(tree[i]);
        at.kb += kb_of(tree[i]);
    }
    getrusage(RUSAGE_SELF, &own);
    at.own_cpu = seconds(own.ru_utime) + seconds(own.ru_stime);
    return at;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* In milliseconds. */
static double share(const uint32_t *sorted, size_t n, double part)
{
    size_t i = (size_t)(part * (double)n);
    return n ? sorted[i >= n ? n - 1 : i] / 1000.0 : 0;
}

static double kb_each(const look_t *from, const look_t *to, int conns)
{
    return conns ? (double)(to->kb - from->kb) / conns : 0.0;
}

void print_connected(const run_t *run)
{
    fprintf(
        stderr,
        "connected %d/%d in %.2f s; server cpu %.2f s; server PSS %ld -> %ld kB (%.1f "
        "kB/conn)\n",
        count.ready, opt.conns, run->connect_s,
        run->connected.server_cpu - run->before.server_cpu, run->before.kb,
        run->connected.kb, kb_each(&run->before, &run->connected, count.ready));
}

void print_result(const run_t *run)
{
    double messages = (double)run->in_time;
    double cpu = run->end.server_cpu - run->begin.server_cpu;
    qsort(count.connect, count.nconnect, sizeof(*count.connect), compare);
    qsort(count.latency, count.nlatency, sizeof(*count.latency), compare);
    printf("{\"url\":\"%s\",\"conns\":%d,\"ready\":%d,\"lost\":%d,\"connect_s\":%.2f,"
           "\"connect_ms_p50\":%.2f,\"connect_ms_p99\":%.2f,",
           run->url, opt.conns, run->ready, count.dead, run->connect_s,
           share(count.connect, count.nconnect, .5),
           share(count.connect, count.nconnect, .99));
    printf("\"sent\":%llu,\"delivered\":%llu,\"missing\":%lld,\"msgs_per_s\":%.0f,"
           "\"lat_ms_p50\":%.2f,\"lat_ms_p99\":%.2f,\"lat_ms_max\":%.2f,",
           (unsigned long long)count.sent, (unsigned long long)count.delivered,
           (long long)run->wanted - (long long)count.delivered, messages / run->send_s,
           share(count.latency, count.nlatency, .5),
           share(count.latency, count.nlatency, .99),
           share(count.latency, count.nlatency, 1.0));
    printf("\"server_cpu_s\":%.2f,\"server_us_per_msg\":%.2f,\"server_connect_cpu_s\":%"
           ".2f,"
           "\"client_cpu_s\":%.2f,\"seconds\":%.2f,\"publish_errors\":%llu,",
           cpu, run->in_time ? cpu * 1e6 / messages : 0.0,
           run->connected.server_cpu - run->before.server_cpu,
           run->end.own_cpu - run->begin.own_cpu, run->send_s,
           (unsigned long long)count.publish_errors);
    printf("\"server_kb_per_conn\":%.1f,\"server_kb_per_conn_end\":%.1f,"
           "\"server_pss_mb_start\":%.1f,\"server_pss_mb_end\":%.1f}\n",
           kb_each(&run->before, &run->connected, run->ready),
           kb_each(&run->before, &run->end, run->ready), (double)run->before.kb / 1024,
           (double)run->end.kb / 1024);
}
