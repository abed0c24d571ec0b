/*
 * filters.h - small things about a connection's filters.
 */
#ifndef CHAT_HTTPD_FILTERS_H
#define CHAT_HTTPD_FILTERS_H

#include <httpd.h>
#include <util_filter.h>

/* Writes what earlier answers on the connection have left. */
void chat_filters_flush(request_rec *r);

#endif
