#include "httpd/sizing.h"

#include <ap_mpm.h>

static int query(int what, int otherwise)
{
    int value;

    return ap_mpm_query(what, &value) == APR_SUCCESS && value > 0 ? value : otherwise;
}

void chat_sizing(chat_world_t *world, apr_pool_t *ptemp)
{
    chat_realtime_t *realtime = world->realtime;
    int all;

    (void)ptemp;
    realtime->threads = query(AP_MPMQ_MAX_THREADS, 1);
    all = realtime->threads * query(AP_MPMQ_MAX_DAEMONS, 1);
    realtime->places = all / 2 > CHAT_PLACES_MAX ? CHAT_PLACES_MAX
                       : all > 1                 ? all / 2
                                                 : 1;
}
