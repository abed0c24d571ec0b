/* SPDX-License-Identifier: Apache-2.0 */
/* What every use of a site's database needs. */
#include "chatd/chatd.h"

#include <string.h>

void chatd_site_call(chat_call_t *out, chatd_site_t *site)
{
    memset(out, 0, sizeof(*out));
    out->pool = site->daemon->scratch;
    out->site = &site->site;
    out->settings = &site->settings;
    out->dialect = CHAT_BUTTON;
    out->room = site->settings.room;
    out->address = "";
    out->now = apr_time_now();
}

int chatd_site_away(chatd_site_t *site, apr_status_t rv)
{
    int failed = rv != APR_SUCCESS && rv != CHAT_REFUSED && rv != CHAT_NOTFOUND;
    if (failed && !site->failing)
        chat_log(&site->daemon->log, CHAT_LOG_ERROR, 703, rv,
                 "%s: the database does not answer; events wait, new clients get 503",
                 site->conf->name);
    if (!failed && site->failing)
        chat_log(&site->daemon->log, CHAT_LOG_NOTICE, 704, APR_SUCCESS,
                 "%s: the database answers again", site->conf->name);
    site->failing = failed;
    return failed;
}

chatd_site_t *chatd_site_sharing(const chatd_site_t *site, unsigned *i)
{
    const chatd_t *d = site->daemon;
    while (*i < d->site_count && d->sites[*i]) {
        chatd_site_t *other = d->sites[(*i)++];
        if (chat_database_same(&other->database, &site->database))
            return other;
    }
    return NULL;
}
