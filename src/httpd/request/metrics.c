/* SPDX-License-Identifier: Apache-2.0 */
/* Counts for Prometheus. */
#include "httpd/request/metrics.h"

#include "api/api.h"
#include "api/dialects.h"
#include "httpd/config/config.h"
#include "httpd/realtime_state.h"
#include "httpd/request/map.h"
#include "httpd/site.h"

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <sys/mman.h>

APLOG_USE_MODULE(chat);

#define CLASSES 6 /* of status codes: by their first digit */
#define TEXT_MAX 65536

struct chat_metrics_t {
    apr_uint64_t requests[CHAT_DIALECTS][CLASSES];
};

chat_metrics_t *chat_metrics_open(void)
{
    static const char name[] = "mod_chat-metrics";
    chat_metrics_t **kept = ap_retained_data_get(name);
    if (!kept) {
        void *page = mmap(NULL, sizeof(**kept), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        kept = ap_retained_data_create(name, sizeof(*kept));
        *kept = page == MAP_FAILED ? NULL : page;
    }
    return *kept;
}

void chat_metrics_count(chat_metrics_t *metrics, chat_dialect_id_t dialect, int status)
{
    if (metrics && status >= 100 && status < CLASSES * 100)
        __atomic_add_fetch(&metrics->requests[dialect][status / 100], 1,
                           __ATOMIC_RELAXED);
}

static void write_requests(chat_buffer_t *out, const chat_metrics_t *metrics)
{
    chat_buffer_puts(out, "# HELP mod_chat_requests_total Answered requests.\n"
                          "# TYPE mod_chat_requests_total counter\n");
    for (const chat_dialect_t *const *d = chat_dialects; *d; d++) {
        for (int class = 2; class < CLASSES; class ++)
            chat_buffer_printf(
                out,
                "mod_chat_requests_total{dialect=\"%s\",status=\"%dxx\"} "
                "%" APR_UINT64_T_FMT "\n",
                (*d)->name, class,
                __atomic_load_n(&metrics->requests[(*d)->id][class], __ATOMIC_RELAXED));
    }
}

static void write_realtime(chat_buffer_t *out, const chat_generation_t *gen)
{
    const chat_realtime_state_t *state = gen->state;
    if (!state)
        return;
    chat_buffer_printf(out,
                       "# HELP mod_chat_daemon_up Whether the realtime daemon runs.\n"
                       "# TYPE mod_chat_daemon_up gauge\nmod_chat_daemon_up %d\n"
                       "# HELP mod_chat_held_threads Threads of httpd that realtime "
                       "clients hold.\n"
                       "# TYPE mod_chat_held_threads gauge\nmod_chat_held_threads %d\n",
                       chat_realtime_state_running(state),
                       chat_realtime_state_held(state));
}

int chat_metrics_handler(request_rec *r)
{
    const chat_generation_t *gen;
    chat_buffer_t out;
    if (!r->handler || strcmp(r->handler, CHAT_METRICS_HANDLER))
        return DECLINED;
    if (!chat_map_claimed(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CHAT0163: SetHandler chat-metrics may stand only in <Location>");
        return HTTP_NOT_FOUND;
    }
    if (r->method_number != M_GET) {
        r->allowed |= AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    gen = chat_config_server(r->server)->generation;
    chat_buffer_init(&out, 2048, TEXT_MAX, r->pool);
    if (gen && gen->metrics) {
        write_requests(&out, gen->metrics);
        write_realtime(&out, gen);
    }
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, (apr_off_t)out.len);
    if (!r->header_only)
        ap_rwrite(out.data, (int)out.len, r);
    return OK;
}
