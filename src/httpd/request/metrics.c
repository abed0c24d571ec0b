/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of this httpd, in memory of all its processes. */
#include "httpd/request/metrics.h"

#include <httpd.h>
#include <http_config.h>
#include <sys/mman.h>

/* A new build of the module may be loaded over it by a restart: counts of another table
 * begin again. */
typedef struct retained_t {
    chat_metrics_t *page;
    apr_uint32_t table;
} retained_t;

static apr_uint32_t table_hash(void)
{
    apr_uint32_t hash = CHAT_METRIC_ALL;
    for (const chat_metric_t *m = chat_metric_table; m->member; m++)
        for (const char *p = m->member; *p; p++)
            hash = hash * 31 + (unsigned char)*p;
    return hash;
}

chat_metrics_t *chat_metrics_open(void)
{
    static const char name[] = "mod_chat-metrics-2";
    retained_t *kept = ap_retained_data_get(name);
    if (!kept)
        kept = ap_retained_data_create(name, sizeof(*kept));
    if (!kept->page || kept->table != table_hash()) {
        void *page = mmap(NULL, sizeof(*kept->page), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        kept->page = page == MAP_FAILED ? NULL : page;
        kept->table = table_hash();
    }
    return kept->page;
}

void chat_metrics_request(chat_metrics_t *metrics, chat_dialect_id_t dialect,
                          const request_rec *r)
{
    int class = r->status / 100;
    if (class >= 2 && class <= 5)
        CHAT_COUNT(metrics, requests, (int)dialect * 4 + class - 2);
    CHAT_OBSERVE(metrics, request, TIME, (int)dialect, apr_time_now() - r->request_time);
}
