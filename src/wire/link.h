/* SPDX-License-Identifier: Apache-2.0
 * link.h - the Unix sockets between httpd and chatd.
 */
#ifndef CHAT_WIRE_LINK_H
#define CHAT_WIRE_LINK_H

#include "wire/http_answer.h"

#include <apr_errno.h>
#include <sys/socket.h>
#include <sys/un.h>

/* APR_ENAMETOOLONG when PATH does not fit. */
apr_status_t chat_wire_address(struct sockaddr_un *out, const char *path);

/* A non-blocking socket of TYPE that listens at PATH and replaces a file there; the umask
 * decides which users may connect. -1 (errno). */
int chat_wire_listen(const char *path, int type);

/* A non-blocking stream to PATH. It is connected or refused immediately: *FD is the
 * caller's in any case, -1 without a socket. */
apr_status_t chat_wire_connect(int *fd, const char *path);

/* Writes BYTES to the non-blocking FD. Waits up to WAIT milliseconds in all while it
 * accepts none, then gives APR_TIMEUP. */
apr_status_t chat_wire_write(int fd, const char *bytes, apr_size_t len, int wait);

/* Reads one answer to its end from the non-blocking FD. Waits up to WAIT milliseconds in
 * all, then gives APR_TIMEUP; APR_EOF when FD ended before the answer; APR_EGENERAL when
 * it is not one. */
apr_status_t chat_wire_receive(chat_wire_answer_t *answer, int fd, int wait);

/* The status of the answer on FD, which is not consumed; 0 without an answer after WAIT
 * milliseconds. */
int chat_wire_peek(int fd, int wait);

#endif
