/* SPDX-License-Identifier: Apache-2.0
 * serve_page.h - the page that a private httpd serves.
 */
#ifndef CHAT_CHATCTL_SERVE_PAGE_H
#define CHAT_CHATCTL_SERVE_PAGE_H

#include "serve.h"

/* Copies the page (of the build, else of the installation; there may be none) into the
 * state directory's htdocs. Other files there stay. Returns NULL or what is wrong. */
const char *chatctl_serve_page(const chatctl_serve_t *s);

#endif
