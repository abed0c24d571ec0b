/* SPDX-License-Identifier: Apache-2.0 */
#include "chatd/postman.h"

#include "chatd/rt/alloc.h"
#include "outbox/mail.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Seconds between two looks into the outbox. */
#define LOOK_SECONDS 2

struct chatd_postman_t {
    apr_pool_t *pool;
    const char *name;
    chat_mailer_t mailer;
    chat_store_t *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int stop;
    int failing; /* said once */
};

static void deliver(chatd_postman_t *p)
{
    int sent, more = 1;
    while (more && !p->stop) {
        apr_status_t rv =
            chat_mail_deliver(&sent, &more, &p->mailer, p->store, apr_time_now());
        if (rv != APR_SUCCESS && !p->failing)
            chat_log(&p->mailer.log, CHAT_LOG_WARNING, 713, rv,
                     "%s: the outbox cannot be read; mails wait", p->name);
        p->failing = rv != APR_SUCCESS;
        if (p->failing)
            return;
    }
}

/* Until the next look; 0 when it is time to stop. */
static int await(chatd_postman_t *p)
{
    struct timespec until;
    int go_on;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_SECONDS;
    pthread_mutex_lock(&p->mutex);
    while (!p->stop && pthread_cond_timedwait(&p->cond, &p->mutex, &until) == 0)
        ;
    go_on = !p->stop;
    pthread_mutex_unlock(&p->mutex);
    return go_on;
}

static void *work(void *data)
{
    chatd_postman_t *p = data;
    do
        deliver(p);
    while (await(p));
    return NULL;
}

static const char *const *command_of(const chat_wire_site_t *conf, apr_pool_t *pool)
{
    const char **words = apr_pcalloc(pool, (conf->mail->nelts + 1) * sizeof(*words));
    for (int i = 0; i < conf->mail->nelts; i++)
        words[i] = APR_ARRAY_IDX(conf->mail, i, const char *);
    return words;
}

static apr_status_t open_store(chatd_postman_t *p, const chatd_site_t *site,
                               const char **why)
{
    chat_source_t source;
    apr_status_t rv = chat_source_single(&source, &site->database, why, p->pool);
    if (rv == APR_SUCCESS) {
        *why = "its lock file cannot be used";
        rv = chat_store_create(&p->store, &site->database, &source, &p->mailer.log,
                               p->pool);
    }
    return rv;
}

chatd_postman_t *chatd_postman_create(chatd_site_t *site)
{
    const chat_wire_site_t *conf = site->conf;
    const char *why = "there is no thread for it";
    chatd_postman_t *p;
    apr_pool_t *pool;
    apr_status_t rv;
    if (!conf->mail->nelts)
        return NULL;
    /* not the site's: another thread uses it */
    apr_pool_create(&pool, NULL);
    p = apr_pcalloc(pool, sizeof(*p));
    p->pool = pool;
    p->name = conf->name;
    p->mailer.command = command_of(conf, pool);
    p->mailer.templates = conf->mail_templates;
    p->mailer.secret = site->site.secret;
    p->mailer.log = site->daemon->log;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->cond, NULL);
    rv = open_store(p, site, &why);
    if (rv == APR_SUCCESS)
        rv = pthread_create(&p->thread, NULL, work, p);
    if (rv == APR_SUCCESS)
        return p;
    chat_log(&site->daemon->log, CHAT_LOG_ERROR, 714, rv, "%s: no mail is sent: %s",
             conf->name, why);
    apr_pool_destroy(pool);
    return NULL;
}

void chatd_postman_destroy(chatd_postman_t *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->stop = 1;
    pthread_cond_signal(&p->cond);
    pthread_mutex_unlock(&p->mutex);
    pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->cond);
    apr_pool_destroy(p->pool);
}
