/* SPDX-License-Identifier: Apache-2.0
 * address.h - addresses: of other servers that requests with secrets go to, and of
 * clients, as they are counted.
 */
#ifndef CHAT_BASE_ADDRESS_H
#define CHAT_BASE_ADDRESS_H

/* Whether URL is printable ASCII, https, or http to this machine itself; with a host,
 * without user, password or fragment. */
int chat_address_valid(const char *url);

/* Whether URL's host is localhost, 127.x.x.x or ::1. */
int chat_address_is_loopback(const char *url);

/* Long enough for every address and "/64". */
#define CHAT_ADDRESS_SIZE 52

/* A client's ADDRESS as it is counted: IPv4 whole, also when mapped into IPv6; IPv6 by
 * its /64, without a zone. Anything else stays as it is, cut to the size. */
void chat_address_counted(char out[CHAT_ADDRESS_SIZE], const char *address);
/* The /48 around the /64 COUNTED; 0 when it is not IPv6. */
int chat_address_network(char out[CHAT_ADDRESS_SIZE], const char *counted);

/* Both in one number, to be counted by: above CHAT_CLIENT_NETWORK_SHIFT the /48, 0 for
 * what is no IPv6. Few of different addresses are the same. */
#define CHAT_CLIENT_NETWORK_SHIFT 21
#define CHAT_CLIENT_KEY_BITS 42
#define CHAT_CLIENT_KEY_MASK ((1u << CHAT_CLIENT_NETWORK_SHIFT) - 1)

#endif
