/* SPDX-License-Identifier: Apache-2.0 */
/* The programs, modules and users that `chatctl serve` needs; its certificate. */
#include "serve_find.h"

#include "serve_conf.h"
#include "serve_names.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The path that apxs reported at build time; other places are searched too. */
#ifndef CHATCTL_HTTPD
#define CHATCTL_HTTPD "/usr/sbin/httpd"
#endif
#ifndef CHATCTL_MODULES
#define CHATCTL_MODULES "/usr/lib/httpd/modules"
#endif

static const char *const programs[] = {CHATCTL_HTTPD,     "/usr/sbin/apache2",
                                       "/usr/sbin/httpd", "/usr/local/apache2/bin/httpd",
                                       "/usr/bin/httpd",  NULL};
static const char *const module_dirs[] = {
    CHATCTL_MODULES,          "/usr/lib/apache2/modules",   "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules", "/usr/local/apache2/modules", NULL};
static const char *const web_users[] = {"www-data", "apache", "http", "nobody", NULL};

static const char *first_of(const char *const *paths)
{
    for (; *paths; paths++)
        if (!access(*paths, X_OK))
            return *paths;
    return NULL;
}

const char *chatctl_beside(const char *name, apr_pool_t *pool)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    slash = strrchr(self, '/');
    return apr_psprintf(pool, "%.*s/%s", (int)(slash - self), self, name);
}

/* As root: who the children are. */
static const char *choose_user(chatctl_serve_t *s)
{
    if (geteuid() != 0)
        return NULL;
    for (const char *const *name = web_users; *name; name++) {
        const struct passwd *pw = getpwnam(*name);
        if (!pw)
            continue;
        s->user = *name;
        s->uid = pw->pw_uid;
        s->gid = pw->pw_gid;
        return NULL;
    }
    return "there is no user www-data, apache, http or nobody to serve as";
}

/* Of a user who was become, nothing is left of root. */
static int drop_root(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    return uid == getuid() ||
           (!seteuid(0) && !setresgid(gid, gid, gid) && !setresuid(uid, uid, uid));
}

int chatctl_run(const char *const *argv, int output)
{
    sigset_t mask;
    int status = 0, in, out;
    pid_t pid = fork();
    if (pid < 0)
        return 127;
    if (pid == 0) {
        in = open("/dev/null", O_RDONLY | O_CLOEXEC);
        out = output >= 0 ? output : open("/dev/null", O_WRONLY | O_CLOEXEC);
        sigemptyset(&mask);
        sigprocmask(SIG_SETMASK, &mask, NULL);
        dup2(in, 0);
        dup2(out, 1);
        dup2(out, 2);
        if (drop_root())
            execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const char *chatctl_httpd(void)
{
    return first_of(programs);
}

const char *chatctl_serve_find(chatctl_serve_t *s)
{
    const char *near = chatctl_beside("mod_chat.so", s->pool);
    const char *why;
    s->httpd = chatctl_httpd();
    if (!s->httpd)
        return "Apache httpd is not installed";
    s->modules = first_of(module_dirs);
    if (!s->modules)
        return "the directory of httpd's modules cannot be found";
    s->module = near && !access(near, R_OK)
                    ? near
                    : apr_psprintf(s->pool, "%s/mod_chat.so", s->modules);
    if (access(s->module, R_OK))
        return apr_psprintf(s->pool, "mod_chat.so is neither beside chatctl nor in %s",
                            s->modules);
    if ((why = chatctl_conf_refuse(s->module)))
        return apr_psprintf(s->pool, "the name %s %s", s->module, why);
    return choose_user(s);
}

/* Every name that the server answers to, in openssl's form. */
static const char *certificate_names(const chatctl_serve_t *s)
{
    char *name = apr_pstrdup(s->pool, chatctl_serve_names(s)), *rest;
    const char *all = "subjectAltName=";
    unsigned char binary[16];
    for (; (name = apr_strtok(name, " ", &rest)); name = NULL) {
        int number = inet_pton(AF_INET, name, binary) == 1 ||
                     inet_pton(AF_INET6, name, binary) == 1;
        all = apr_pstrcat(s->pool, all, all[15] ? "," : "", number ? "IP:" : "DNS:", name,
                          NULL);
    }
    return all;
}

const char *chatctl_serve_certificate(const chatctl_serve_t *s)
{
    const char *key = apr_pstrcat(s->pool, s->state, "/tls.key", NULL);
    const char *cert = apr_pstrcat(s->pool, s->state, "/tls.crt", NULL);
    const char *names = certificate_names(s);
    /* clang-format off */
    const char *const argv[] = {
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "3650", "-subj", "/CN=localhost",
        "-addext", "basicConstraints=critical,CA:FALSE", "-addext", names,
        "-keyout", key, "-out", cert, NULL};
    /* clang-format on */
    mode_t mask;
    int rc;
    if (!access(key, F_OK) && !access(cert, F_OK))
        return NULL;
    mask = umask(077);
    rc = chatctl_run(argv, -1);
    umask(mask);
    if (rc == 0)
        return NULL;
    unlink(key);
    unlink(cert);
    return rc == 127 ? "--tls-port needs the program openssl, which is not installed"
                     : "openssl created no certificate";
}
