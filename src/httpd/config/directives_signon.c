/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of the directives about users of the site and guests. */
#include "httpd/config/directives_signon.h"

#include "base/name.h"
#include "base/text.h"
#include "httpd/config/config.h"
#include "store/account.h"

#include <apr_strings.h>

const char *chat_set_sign_on_key(cmd_parms *cmd, void *dir, const char *file,
                                 const char *rank)
{
    chat_server_conf_t *conf = chat_config_server(cmd->server);
    apr_int64_t n = CHAT_RANK_MEMBER;
    (void)dir;
    conf->sign_on_key = "";
    if (strcasecmp(file, "off"))
        conf->sign_on_key = *file ? ap_server_root_relative(cmd->pool, file) : NULL;
    if (!conf->sign_on_key)
        return "ChatSignOnKey: must be the path of a file, or `off`";
    if (rank &&
        (!chat_text_int64(&n, rank) || n < CHAT_RANK_MEMBER || n > CHAT_RANK_ADMIN))
        return apr_psprintf(
            cmd->pool, "ChatSignOnKey %s %s: the highest rank is 0, 1 or 2", file, rank);
    conf->sign_on_rank = n;
    return NULL;
}

const char *chat_set_guests(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    apr_array_header_t *names = apr_array_make(cmd->pool, 4, sizeof(const char *));
    const char *key;
    (void)dir;
    if (argc < 1 ||
        (strcasecmp(argv[0], "on") && (strcasecmp(argv[0], "off") || argc > 1)))
        return "ChatGuests: must be `Off`, or `On` and the names of public channels";
    for (int i = 1; i < argc; i++) {
        if (chat_name_channel(&key, argv[i], cmd->pool) != CHAT_NAME_OK)
            return apr_psprintf(cmd->pool, "ChatGuests: %s is not a channel's name",
                                argv[i]);
        APR_ARRAY_PUSH(names, const char *) = argv[i];
    }
    if (argc == 1 && !strcasecmp(argv[0], "on"))
        APR_ARRAY_PUSH(names, const char *) = "default";
    chat_config_server(cmd->server)->guests = names;
    return NULL;
}
