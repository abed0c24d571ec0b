/* SPDX-License-Identifier: Apache-2.0
 * What a service manager does for socket activation, for tests:
 *     activate UMASK TYPE PATH [TYPE PATH...] -- PROGRAM [ARGUMENT...]
 * makes listening sockets (TYPE: stream or seqpacket) as descriptors 3, 4..., blocking
 * like systemd's, and runs PROGRAM with them; again and again, until it ends with 0.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void pass_on(int number)
{
    if (child > 0)
        kill(child, number);
}

static int listen_at(const char *type, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, !strcmp(type, "stream") ? SOCK_STREAM : SOCK_SEQPACKET, 0);
    size_t len = strlen(path);
    if (fd < 0 || len >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, path, len);
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 128) ? -1
                                                                                     : fd;
}

static int run(char **program)
{
    int status;
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(*program, program);
        _exit(127);
    }
    printf("pid %d\n", (int)child);
    fflush(stdout);
    while (waitpid(child, &status, 0) < 0)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    int i, want = 3;
    if (argc < 2)
        return 2;
    umask((mode_t)strtoul(argv[1], NULL, 8));
    for (i = 2; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (listen_at(argv[i], argv[i + 1]) != want++) {
            perror(argv[i + 1]);
            return 1;
        }
    }
    signal(SIGTERM, pass_on);
    signal(SIGHUP, pass_on);
    while (i + 1 < argc && run(argv + i + 1) != 0)
        sleep(1);
    return 0;
}
