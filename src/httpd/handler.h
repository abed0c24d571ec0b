/*
 * handler.h - one request, from httpd's hook to the dialect and back.
 */
#ifndef CHAT_HTTPD_HANDLER_H
#define CHAT_HTTPD_HANDLER_H

#include <httpd.h>

/* Hook. */
int chat_handler(request_rec *r);

#endif
