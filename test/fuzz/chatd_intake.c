/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of an httpd child to chatd. Each: a byte of flags, the number of bytes behind
 * the head (two), the head, the bytes. Flags: 3 bits what comes along, 1 whether the head
 * is taken as it stands or gets its magic and length. */
#include "fuzz_chatd.h"
#include "wire/intake.h"

#include <fcntl.h>
#include <sys/un.h>

#define AS_IT_STANDS 8
#define MOST 16 /* messages */

typedef struct sender_t {
    chatd_t *d;
    int link, log;
    int open[2 * MOST], count; /* ours, to be closed */
} sender_t;

static struct sockaddr_un address_of(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    apr_cpystrn(address.sun_path, fuzz_file("intake"), sizeof(address.sun_path));
    return address;
}

static void open_intake(chatd_t *d)
{
    struct sockaddr_un address = address_of();
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    insist(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    insist(listen(fd, 8) == 0);
    d->intake = chatd_intake_create(d, fd);
    insist(d->intake != NULL);
}

/* WHAT: nothing, a socket, a socket and a pipe, a pipe, a file, a closed socket, two
 * sockets, three. */
static int choose(sender_t *s, int fds[3], unsigned what)
{
    static const int counts[] = {0, 1, 2, 1, 1, 1, 2, 3};
    for (int i = 0; i < counts[what]; i++) {
        int pair[2];
        if (what == 4) {
            fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
            continue;
        }
        if (what == 3 || (what == 2 && i == 1))
            insist(pipe2(pair, O_CLOEXEC | O_NONBLOCK) == 0);
        else
            insist(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        fds[i] = pair[1];
        if (what == 5 || s->count == 2 * MOST)
            close(pair[0]);
        else
            s->open[s->count++] = pair[0];
    }
    return counts[what];
}

static void send_one(sender_t *s, unsigned flags, chat_intake_t *head,
                     const uint8_t *text, size_t len)
{
    struct iovec parts[2] = {{head, sizeof(*head)}, {(void *)text, len}};
    union {
        char bytes[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = {0}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    int fds[3], n = choose(s, fds, flags & 7);
    if (!(flags & AS_IT_STANDS)) {
        head->magic = CHAT_INTAKE_MAGIC;
        head->len = (uint32_t)len;
    }
    if (n) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
        CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, (size_t)n * sizeof(int));
    }
    sendmsg(s->link, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    for (int i = 0; i < n; i++)
        close(fds[i]);
    rt_loop_step(s->d->loop, 0);
    rt_loop_step(s->d->loop, 0);
    /* a message may have moved the log */
    dup2(s->log, STDERR_FILENO);
}

static void send_all(sender_t *s, const uint8_t *data, size_t size)
{
    for (int i = 0; i < MOST && size >= 3; i++) {
        chat_intake_t head = {0};
        unsigned flags = data[0];
        size_t len = data[1] + 256u * data[2], n;
        data += 3;
        size -= 3;
        n = size < sizeof(head) ? size : sizeof(head);
        memcpy(&head, data, n);
        data += n;
        size -= n;
        len = len < size ? len : size;
        send_one(s, flags, &head, data, len);
        data += len;
        size -= len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_un address;
    sender_t s = {.d = fuzz_chatd()};
    int before;
    if (!s.d->intake)
        open_intake(s.d);
    before = fuzz_files_open();
    address = address_of();
    s.log = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    s.link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    insist(connect(s.link, (struct sockaddr *)&address, sizeof(address)) == 0);
    rt_loop_step(s.d->loop, 0);
    send_all(&s, data, size);
    close(s.link);
    close(s.log);
    while (s.count)
        close(s.open[--s.count]);
    fuzz_chatd_settle(s.d);
    insist(fuzz_files_open() == before);
    return 0;
}
