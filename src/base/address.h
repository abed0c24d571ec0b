/* SPDX-License-Identifier: Apache-2.0
 * address.h - addresses of other servers that requests with secrets go to.
 */
#ifndef CHAT_BASE_ADDRESS_H
#define CHAT_BASE_ADDRESS_H

/* Whether URL is printable ASCII, https, or http to this machine itself; with a host,
 * without user, password or fragment. */
int chat_address_valid(const char *url);

/* Whether URL's host is localhost, 127.x.x.x or ::1. */
int chat_address_is_loopback(const char *url);

#endif
