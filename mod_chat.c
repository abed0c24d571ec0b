/* SPDX-License-Identifier: Apache-2.0
 * mod_chat.c - the module and its hooks.
 */
#include "httpd/config/check.h"
#include "httpd/config/config.h"
#include "httpd/config/directives.h"
#include "httpd/database.h"
#include "httpd/realtime/park.h"
#include "httpd/realtime/realtime.h"
#include "httpd/realtime/ssl.h"
#include "httpd/request/body.h"
#include "httpd/request/handler.h"
#include "httpd/request/hashing.h"
#include "httpd/request/limits.h"
#include "httpd/request/map.h"
#include "httpd/request/mask.h"
#include "httpd/start.h"
#include "httpd/watch/dump.h"
#include "httpd/watch/exposition.h"
#include "httpd/watch/health.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <mpm_common.h>
#include <util_filter.h>
#include <util_mutex.h>

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return ap_mutex_register(pconf, CHAT_LIMIT_MUTEX, NULL, APR_LOCK_DEFAULT, 0) ==
                       APR_SUCCESS &&
                   ap_mutex_register(pconf, CHAT_HASH_MUTEX, NULL, APR_LOCK_DEFAULT, 0) ==
                       APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const dbd[] = {"mod_dbd.c", "mod_ssl.c", NULL};
    static const char *const pools[] = {"mod_dbd.c", NULL};
    static const char *const watchdog[] = {"mod_watchdog.c", NULL};
    static const char *const explicit[] = {"mod_rewrite.c", "mod_proxy.c", "mod_alias.c",
                                           NULL};
    static const char *const general[] = {"mod_vhost_alias.c", NULL};
    (void)pool;
    /* The Mutex directive knows only names that are registered before it is read. */
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(chat_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(chat_dump, NULL, NULL, APR_HOOK_MIDDLE);

    /* The schema must exist before any connection of mod_dbd's; mod_ssl's contexts tell
     * which hosts can be handed over; the janitor must be registered before mod_watchdog
     * counts its users. */
    ap_hook_post_config(chat_start_post_config, dbd, watchdog, APR_HOOK_MIDDLE);
    /* mod_watchdog starts its threads there, and ours uses the stores and the pools of
     * mod_dbd, which until then count as a database that is lost. */
    ap_hook_child_init(chat_start_child_init, pools, watchdog, APR_HOOK_MIDDLE);
    /* FIRST, because a failing DBDInitSQL (MIDDLE) keeps later ones from running. */
    APR_OPTIONAL_HOOK(dbd, post_connect, chat_database_post_connect, NULL, NULL,
                      APR_HOOK_FIRST);

    ap_hook_post_read_request(chat_mask_request, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_quick_handler(chat_handler_quick, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_translate_name(chat_map_pre_translate, NULL, NULL, APR_HOOK_LAST);
    /* What the owner wrote about single URLs (RewriteRule, ProxyPass, Alias) wins over a
     * mount; a mount wins over what maps every URL of a host. */
    ap_hook_translate_name(chat_map_translate, explicit, general, APR_HOOK_MIDDLE);
    /* Before TRACE is echoed and before the core walks directories. */
    ap_hook_map_to_storage(chat_map_storage, NULL, NULL, APR_HOOK_FIRST);
    /* Before access control, which may take its time: mod_status shows the line. */
    ap_hook_post_perdir_config(chat_map_directory, NULL, NULL, APR_HOOK_FIRST);
    /* Before mod_mime and mod_negotiation look at the made-up file name. */
    ap_hook_type_checker(chat_map_type, NULL, NULL, APR_HOOK_FIRST);
    /* Before mod_log_config asks for the name. */
    ap_hook_log_transaction(chat_map_log, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(chat_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_realtime_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_exposition_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(chat_health_handler, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, chat_exposition_status, NULL, NULL,
                      APR_HOOK_MIDDLE);
    chat_park_register();
    chat_ssl_register();
    ap_hook_child_stopping(chat_realtime_stopping, NULL, NULL, APR_HOOK_MIDDLE);

    /* First of all output filters, so that nothing passes it by. */
    ap_register_output_filter(CHAT_BODY_GUARD, chat_body_guard, NULL,
                              AP_FTYPE_RESOURCE - 10);
}

AP_DECLARE_MODULE(chat) = {
    STANDARD20_MODULE_STUFF,  chat_config_dir_create,
    chat_config_dir_merge,    chat_config_server_create,
    chat_config_server_merge, chat_directives,
    register_hooks,           AP_MODULE_FLAG_ALWAYS_MERGE,
};
