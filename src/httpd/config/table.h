/* SPDX-License-Identifier: Apache-2.0
 * table.h - every directive, a row each.
 *
 * A new directive is a row here, an entry in conf/chat.conf, a page in docs/directives
 * and a line in a test (test/t/config.t): four files, and the place that uses
 * conf->MEMBER. Struct, creation, merge, handler and default come from the row;
 * lint/directives compares default and range with conf/chat.conf and the page.
 *
 * D(name, setter, arguments, context, kind, member, MIN, MAX, words, default, chatd,
 * help)
 *
 * setter:  chat_set_SETTER in directives*.c; flag, choice, number, time and seen are for
 *          all rows alike and write to the member
 * kind:    type of the member and how it is merged, see config.h and config.c
 * words:   of a choice, in the order of its enumeration
 * default: arguments of the directive, given to the same setter; "" for none. Those of
 *          ChatAPI are the dialects' own, those of ChatRateLimit are in core/site.c
 * chatd:   the word of chatd.conf that carries it to the daemon, or ""
 */
#ifndef CHAT_HTTPD_CONFIG_TABLE_H
#define CHAT_HTTPD_CONFIG_TABLE_H

#include "base/bounds.h"
#include "store/store.h"

#define CHAT_TIME_MAX (100 * APR_INT64_C(366) * 86400)

/* clang-format off */

/* Per server: in the server's or a virtual host's configuration. */
#define CHAT_SERVER_DIRECTIVES(D) \
D("ChatEngine", flag, TAKE1, RSRC_CONF, flag, engine, 0, 1, NULL, "Off", "", \
  "On: this server or virtual host serves chat") \
D("ChatAPI", api, TAKE12, OR_FILEINFO, mounts, prefixes, 0, 0, NULL, "", "", \
  "a dialect and the URL path to mount it at, or off; in <Directory> and .htaccess the dialect alone") \
D("ChatSecretFile", secret_file, TAKE1, RSRC_CONF, text, secret_file, 0, 0, NULL, "", "secret", \
  "file with the site's secret, 64 hexadecimal digits") \
D("ChatAllowOrigin", origin, ITERATE, RSRC_CONF, list, origins, 0, 0, NULL, "", "origin", \
  "origins whose pages may call the API, as https://host[:port]") \
D("ChatRoomCreation", flag, TAKE1, RSRC_CONF, flag, room_creation, 0, 1, NULL, "On", "", \
  "whether clients may create chatrooms") \
D("ChatRetention", time, TAKE1, RSRC_CONF, number, retention, 60, CHAT_TIME_MAX, NULL, "off", "", \
  "time to keep messages, or off to keep them forever") \
D("ChatRevealPasswords", flag, TAKE1, RSRC_CONF, flag, reveal_passwords, 0, 1, NULL, "Off", "", \
  "On: without ChatMailCommand, return generated passwords in Kinglet's answers") \
D("ChatApprovedLists", flag, TAKE1, RSRC_CONF, flag, approved_lists, 0, 1, NULL, "Off", "", \
  "On: direct messages only from senders that the recipient approved") \
D("ChatPasswordEndsSessions", flag, TAKE1, RSRC_CONF, flag, password_ends_sessions, 0, 1, NULL, "Off", "", \
  "On: a new password ends Kinglet's sessions too") \
D("ChatAdmin", flag, TAKE1, RSRC_CONF, flag, admin, 0, 1, NULL, "Off", "", \
  "On: accounts of rank 2 may administer the site through the Button API") \
D("ChatSignOnKey", sign_on_key, TAKE12, RSRC_CONF, text, sign_on_key, 0, 0, NULL, "off", "", \
  "file with the keys of signed assertions, and the highest rank that one may give; or off") \
D("ChatGuests", guests, TAKE_ARGV, RSRC_CONF, list, guests, 0, 0, NULL, "Off", "", \
  "On and the public channels of guests, or Off") \
D("ChatMailCommand", mail_command, TAKE_ARGV, RSRC_CONF, list, mail_command, 0, 0, NULL, "off", "mail-command", \
  "sendmail-compatible program and its arguments, or off") \
D("ChatMailTemplates", mail_templates, TAKE1, RSRC_CONF, text, mail_templates, 0, 0, NULL, "", "mail-templates", \
  "directory with the mail templates activation.txt and password.txt") \
D("ChatRealtime", realtime, TAKE12, RSRC_CONF, flag, realtime, 0, 0, "auto|plain|proxy|handover|park|off", "auto /socket.io/", "path", \
  "how realtime clients reach chatd: auto, plain, proxy, handover, park or off; and the URL path of Socket.IO") \
D("ChatRealtimePing", ping, TAKE2, RSRC_CONF, number, ping_interval, 100, 3600000, NULL, "25s 20s", "ping-interval", \
  "interval and time-out of Engine.IO's heartbeat") \
D("ChatDaemon", daemon, TAKE12, RSRC_CONF, flag, daemon, 0, 0, "auto|external|off", "auto", "", \
  "who starts chatd: auto [PROGRAM], external DIRECTORY, or off") \
D("ChatDiscordWebhook", discord_webhook, TAKE1, RSRC_CONF, text, discord_webhook, 0, 0, NULL, "off", "discord-webhook", \
  "a webhook's URL, file:PATH of a file with it, channel:ID of a channel for the bot, or off") \
D("ChatDiscordBotTokenFile", discord_token, TAKE1, RSRC_CONF, text, discord_token, 0, 0, NULL, "off", "discord-token", \
  "file with the bot's token, or off") \
D("ChatDiscordAPI", discord_api, TAKE1, RSRC_CONF, text, discord_api, 0, 0, NULL, "https://discord.com/api/v10", "discord-api", \
  "URL of Discord's API") \
D("ChatDiscordInteractions", discord_key, TAKE1, RSRC_CONF, text, discord_key, 0, 0, NULL, "off", "", \
  "public key of the Discord application, which enables slash commands; or off") \
D("DBDriver", seen_driver, TAKE1, RSRC_CONF, text, driver, 0, 0, NULL, "", "driver", "see mod_dbd") \
D("DBDParams", seen, TAKE1, RSRC_CONF, text, params, 0, 0, NULL, "", "params", "see mod_dbd") \
D("DBDMin", seen_number, TAKE1, RSRC_CONF, number, dbd_min, 0, 0, NULL, "1", "", "see mod_dbd") \
D("DBDKeep", seen_number, TAKE1, RSRC_CONF, number, dbd_keep, 0, 0, NULL, "2", "", "see mod_dbd") \
D("DBDMax", seen_number, TAKE1, RSRC_CONF, number, dbd_max, 0, 0, NULL, "10", "", "see mod_dbd")

/* Further values of the rows above. X(kind, member) */
#define CHAT_SERVER_MORE(X) \
X(text, realtime_path)    /* ends with '/' */ \
X(flag, realtime_whole)   /* the path was named */ \
X(number, ping_timeout)   /* milliseconds, as ping_interval */ \
X(text, daemon_path)      /* program or directory, or "" */ \
X(number, sign_on_rank)   /* the highest, of ChatSignOnKey */ \
X(longest, longest_session) /* ChatSessionLifetime in a section */

/* Per directory too. From .htaccess a value is a cap: TIGHTER, after the other columns,
 * combines two values that are both set into one that keeps to both. */
#define CHAT_PLACE_DIRECTIVES(D) \
D("ChatRoom", number, TAKE1, RSRC_CONF | ACCESS_CONF, number, room, 1, CHAT_ROOM_MAX, NULL, "1", "room", \
  "number of the chatroom to serve", smaller) \
D("ChatMaxMessage", number, TAKE1, OR_FILEINFO, number, max_message, 1, CHAT_MESSAGE_MAX, NULL, "65536", "", \
  "maximum length of a message's text, in bytes", smaller) \
D("ChatRegistration", choice, TAKE1, OR_FILEINFO, number, registration, 0, 0, "open|invite|closed", "open", "", \
  "who may register: open, invite or closed", greater) \
D("ChatTrustRemoteUser", choice, TAKE1, RSRC_CONF | ACCESS_CONF, number, trust_remote_user, 0, 0, "Off|On", "Off", "", \
  "On: a user whom httpd has authenticated has an account here", smaller) \
D("ChatSessionLifetime", session_lifetime, TAKE1, OR_FILEINFO, number, session_lifetime, 60, CHAT_TIME_MAX, NULL, "off", "", \
  "how long a session lasts without use, or off for no limit", ends) \
D("ChatRateLimit", rate_limit, TAKE2, OR_FILEINFO, rules, limits, 0, 0, NULL, "", "", \
  "DIALECT[:requests|sends|registrations|logins|changes|kilobytes] and COUNT/SECONDS or off", rules_tighter)

/* clang-format on */

#endif
