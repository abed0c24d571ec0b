/* SPDX-License-Identifier: Apache-2.0
 * bounds.h - what one address, one account and one process may take: the numbers of
 * docs/limits.md, which gives the reason for each. Rules that ChatRateLimit sets have
 * their defaults in core/site.c.
 */
#ifndef CHAT_BASE_BOUNDS_H
#define CHAT_BASE_BOUNDS_H

/* Failed logins of an address over all accounts, in the window of `logins`. */
#define CHAT_FAILURES_PER_ADDRESS 100
/* Answers that tell an address whether a name exists, in the window of `logins`. */
#define CHAT_PROBES_PER_ADDRESS 100
/* Checks of passwords, right or wrong: COUNT in SECONDS. */
#define CHAT_CHECKS_PER_ACCOUNT 120
#define CHAT_CHECKS_PER_ADDRESS 600
#define CHAT_CHECKS_SECONDS 60

/* An IPv6 /48 gets so many times the share of a /64 ... */
#define CHAT_WIDE 8
/* ... and of failures for one account so many times, which must stop a guesser. */
#define CHAT_WIDE_ACCOUNT 2
/* ... and of places in httpd, of which an address may have an eighth. */
#define CHAT_WIDE_PLACES 4
/* What all accounts of an address may write together, as a multiple of one's. */
#define CHAT_WRITERS_PER_ADDRESS 8

/* Bytes of a message's text that ChatMaxMessage may allow at most. */
#define CHAT_MESSAGE_MAX 1048576
/* Bytes that a row takes besides its text. */
#define CHAT_ROW_BYTES 512

/* The slowest slow mode of a channel; that of every channel in an emergency; and how
 * long an account is new: it may not write then, and hashes of its password wait for
 * those of all new accounts. */
#define CHAT_SLOW_SECONDS (6 * 3600)
#define CHAT_EMERGENCY_SLOW_SECONDS 10
#define CHAT_YOUNG_SECONDS (24 * 3600)
/* Longest ban that a moderator sets. */
#define CHAT_MODERATOR_BAN_SECONDS (24 * 3600)
/* Bytes of the reason of a report or an act. */
#define CHAT_REASON_BYTES 2000
/* Reports of one account that moderators have not closed. */
#define CHAT_REPORTS_OPEN 50

#define CHAT_CHANNELS_PER_CREATOR 500
#define CHAT_MEMBERSHIPS_PER_ACCOUNT 1000

/* Threads of one child that wait for a place to hash a password: one in PART, and of
 * those half for one address; as many for the hashes of new accounts. They wait at most
 * SECONDS. */
#define CHAT_HASH_WAITERS_PART 4
#define CHAT_HASH_WAIT_SECONDS 2
#define CHAT_HASH_NEW_WAIT_SECONDS 5
/* Where hashes of new accounts wait long for each other: after each, a pause of this many
 * times what it took. */
#define CHAT_HASH_REST 3

/* Log lines about refusals, for each kind and address: COUNT in SECONDS. */
#define CHAT_NOTES_PER_ADDRESS 10
#define CHAT_NOTES_SECONDS 60

/* A sign-up that was not activated holds its e-mail address for so long. */
#define CHAT_PENDING_SECONDS (24 * 3600)

/* Guests: of the rules for one account they have a tenth. A guest ends so long after its
 * last request, which is noted with the precision of TOUCH. */
#define CHAT_GUEST_PART 10
#define CHAT_GUEST_SECONDS (24 * 3600)
#define CHAT_GUEST_TOUCH_SECONDS 3600

/* Signed assertions: bytes of one, how long one may be valid, how much the clocks of the
 * two sides may differ, and the last second that has a time here (the year 9999). */
#define CHAT_ASSERTION_BYTES 8192
#define CHAT_ASSERTION_SECONDS 300
#define CHAT_ASSERTION_SKEW 30
#define CHAT_ASSERTION_LAST 253402300799

/* Bytes of a name in UTF-8: 64 characters. A longer text is not a name. */
#define CHAT_NAME_BYTES 256

/* Realtime. Sessions of one address before their login, and the time they have for it. */
#define CHAT_STRANGERS_PER_ADDRESS 256
#define CHAT_LOGIN_MS 20000
/* Logins that chatd reads from the database: COUNT in SECONDS. A wrong token counts as
 * WEIGHT of them, missed events that are sent again as one for each UNIT. */
#define CHAT_LOGINS_PER_SOCKET 10
#define CHAT_LOGINS_PER_ACCOUNT 600
#define CHAT_LOGINS_PER_ADDRESS 6000
#define CHAT_LOGINS_SECONDS 60
#define CHAT_WRONG_TOKEN_WEIGHT 49
#define CHAT_REPLAY_UNIT 50
#define CHAT_SOCKETS_PER_ACCOUNT 1000
/* A socket's "typing" that counts: one in SECONDS. With more MEMBERS online in a channel,
 * or more FRAMES to send, neither typing nor presence goes to it; the typing of a
 * chatroom has so many frames in a second: a tenth of what two messages cost that 5,000
 * sockets get. An account is offline when its last socket has
 * been closed for SECONDS: a page that is loaded again is not gone. */
#define CHAT_TYPING_SECONDS 3
#define CHAT_PRESENCE_FRAMES 1000
#define CHAT_PRESENCE_SECONDS 5
#define CHAT_PRESENCE_MEMBERS 200
/* "markread": bytes of one, how many of a socket wait at a time, and how many an account
 * has in SECONDS. */
#define CHAT_MARK_BYTES 4096
#define CHAT_MARKS_PER_SOCKET 8
#define CHAT_MARKS_PER_ACCOUNT 600
#define CHAT_MARKS_SECONDS 60
/* Sessions that may be resumed stand in sets of so many, of which an account has some. */
#define CHAT_RESUMES_IN_SET 8
#define CHAT_RESUMES_PER_ACCOUNT 2
/* Of chatd's descriptors one address has at most so many hundredths. */
#define CHAT_SOCKETS_PER_ADDRESS_PERCENT 75

/* A text of 300 characters names at most so many. */
#define CHAT_KINGLET_ADDRESSEES 150

/* Parts of a multipart body, fields of a form, parameters of a Socket.IO CONNECT: more
 * than any endpoint has. */
#define CHAT_FORM_FIELDS 64

#endif
