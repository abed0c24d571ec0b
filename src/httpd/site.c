/* SPDX-License-Identifier: Apache-2.0 */
/* The user that requests are served as, and what it may do. */
#include "httpd/site.h"

#include <apr_user.h>
#include <errno.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unixd.h>

void chat_site_runner(chat_runner_t *out, apr_pool_t *pool)
{
    char *name = NULL;
    out->switched = geteuid() == 0;
    out->uid = out->switched ? ap_unixd_config.user_id : geteuid();
    out->gid = out->switched ? ap_unixd_config.group_id : getegid();
    out->name = apr_uid_name_get(&name, out->uid, pool) == APR_SUCCESS ? name : NULL;
}

/* Only the kernel knows what mode bits, groups and access lists allow in sum, so it is
 * asked in a process that is that user. */
int chat_runner_may(const chat_runner_t *runner, const char *path, int mode)
{
    int status = 1;
    pid_t pid;
    if (!runner->switched)
        return access(path, mode) == 0;
    pid = fork();
    if (pid == 0) {
        if ((runner->name ? initgroups(runner->name, runner->gid)
                          : setgroups(1, &runner->gid)) != 0 ||
            setgid(runner->gid) != 0 || setuid(runner->uid) != 0)
            _exit(2);
        _exit(access(path, mode) == 0 ? 0 : 1);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return 0;
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
