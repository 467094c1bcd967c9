/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.c: the device itself, VERSION, LIST, CLOSE and DESTROY.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "test.h"

#define WILD ((void *)0x1000)

/* What `open` says to a process that gave something up. */
static int open_as(void (*give_up)(void))
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        err(2, "fork");
    if (!pid) {
        give_up();
        _exit(open(NOXS_IOCTL_PATH, O_RDWR) < 0 ? errno : 0);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        errx(2, "a child crashed");
    return -WEXITSTATUS(status);
}

static void nothing(void)
{
}

static void user(void)
{
    if (setuid(65534))
        _exit(255);
}

static void capability(void)
{
    struct __user_cap_header_struct head = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &head, data))
        _exit(255);
    data[0].effective &= ~(1u << CAP_SYS_ADMIN);
    data[0].permitted &= ~(1u << CAP_SYS_ADMIN);
    if (syscall(SYS_capset, &head, data))
        _exit(255);
}

static void check_device(void)
{
    struct stat st;

    CHECK(!stat(NOXS_IOCTL_PATH, &st) && S_ISCHR(st.st_mode));
    EXPECT(st.st_mode & 07777, 0600);
    EXPECT(open_as(nothing), 0);
    EXPECT(open_as(user), -EACCES);
    EXPECT(open_as(capability), -EPERM);
}

static void check_version(void)
{
    struct noxs_ioctl_version version = {.pad = 1};

    EXPECT(call(NOXS_IOCTL_VERSION_GET, &version), 0);
    EXPECT(version.version, NOXS_IOCTL_VERSION);
    EXPECT(version.noxs_version, NOXS_VERSION);
    EXPECT(version.types, 1 << NOXS_DEV_VIF | 1 << NOXS_DEV_VBD);
    EXPECT(version.pad, 0);
}

/* Other numbers, other sizes, other directions: other calls. */
static void check_unknown(void)
{
    static const unsigned long cmds[] = {
        0,
        ~0u,
        _IO('x', 0x40),
        _IO('x', 0x3f),
        _IOWR('x', 0x46, struct noxs_ioctl_list),
        _IOWR('x', 0x47, struct noxs_ioctl_vif_set),
        _IOWR('x', 0x40, struct noxs_ioctl_version),
        _IOWR('x', 0x41, struct noxs_ioctl_vbd),
        _IOWR('x', 0x42, struct noxs_ioctl_vif),
        _IOW('x', 0x43, struct noxs_ioctl_version) + (8u << 16),
        _IOW('y', 0x44, struct noxs_ioctl_device),
        _IOR('x', 0x45, struct noxs_ioctl_list),
    };
    char room[256] = {0};

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
        EXPECT(call(cmds[i], room), -ENOTTY);
}

static void check_addresses(void)
{
    static const unsigned long cmds[] = {
        NOXS_IOCTL_VERSION_GET, NOXS_IOCTL_VIF_CREATE, NOXS_IOCTL_VBD_CREATE,
        NOXS_IOCTL_CLOSE,       NOXS_IOCTL_DESTROY,    NOXS_IOCTL_LIST,
        NOXS_IOCTL_VIF_SET};

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        EXPECT(call(cmds[i], NULL), -EFAULT);
        EXPECT(call(cmds[i], WILD), -EFAULT);
        EXPECT(call(cmds[i], (void *)~0ul), -EFAULT);
    }
}

static void check_list(uint16_t domid)
{
    struct noxs_back_info infos[4] = {0};
    struct noxs_ioctl_list list = {.domid = domid, .count = 4};

    list.infos = (uintptr_t)infos;
    EXPECT(call(NOXS_IOCTL_LIST, &list), 0);
    EXPECT(list.count, 2);
    EXPECT(list.total, 2);
    EXPECT(infos[0].domid, domid);
    EXPECT(infos[0].id + infos[1].id, 1 + 2);
    EXPECT(infos[0].type, NOXS_DEV_VIF);
    EXPECT(infos[0].back_state, NOXS_BACK_READY);
    list.count = 1;
    EXPECT(call(NOXS_IOCTL_LIST, &list), 0);
    EXPECT(list.count, 1);
    EXPECT(list.total, 2);
    list.count = UINT32_MAX;
    EXPECT(call(NOXS_IOCTL_LIST, &list), 0);
    EXPECT(list.count, 2);
    list.count = 2;
    list.infos = (uintptr_t)WILD;
    EXPECT(call(NOXS_IOCTL_LIST, &list), -EFAULT);
    list = (struct noxs_ioctl_list){.domid = domid, .pad = 1};
    EXPECT(call(NOXS_IOCTL_LIST, &list), -EINVAL);
    list = (struct noxs_ioctl_list){.domid = domid, .pad1 = 1};
    EXPECT(call(NOXS_IOCTL_LIST, &list), -EINVAL);
    EXPECT(call_count(HOST_NOBODY), 0);
    EXPECT(call_count(NOXS_DOMID_SELF), 2);
}

static int call_close_device(struct noxs_ioctl_device which)
{
    return call(NOXS_IOCTL_CLOSE, &which);
}

static void check_close(uint16_t domid)
{
    struct noxs_ioctl_device which = {
        .domid = domid, .type = NOXS_DEV_VIF, .id = 1};

    which.pad = 1;
    EXPECT(call_close_device(which), -EINVAL);
    which.pad = 0;
    which.timeout_ms = UINT32_MAX;
    EXPECT(call_close_device(which), -EINVAL);
    which.timeout_ms = 0;
    which.id = 3;
    EXPECT(call_close_device(which), -ENOENT);
    which.type = NOXS_DEV_NONE;
    EXPECT(call_close_device(which), -EINVAL);
    which.type = NOXS_DEV_VBD;
    which.id = 1;
    EXPECT(call_close_device(which), -ENOENT);
    which.type = NOXS_DEV_CONSOLE;
    EXPECT(call_close_device(which), -ENOENT);
    which.type = NOXS_DEV_VIF;
    which.domid = HOST_NOBODY;
    EXPECT(call_close_device(which), -ENOENT);
    /* Nobody took it up. */
    which.domid = domid;
    EXPECT(call_close_device(which), 0);
    which.timeout_ms = 10;
    EXPECT(call_close_device(which), 0);
}

static void check_destroy(uint16_t domid)
{
    struct noxs_ioctl_device which = {
        .domid = domid, .type = NOXS_DEV_VIF, .id = 1};

    which.pad = 1;
    EXPECT(call(NOXS_IOCTL_DESTROY, &which), -EINVAL);
    which.pad = 0;
    which.timeout_ms = 1;
    EXPECT(call(NOXS_IOCTL_DESTROY, &which), -EINVAL);
    EXPECT(call_destroy(domid, NOXS_DEV_NONE, 1), -EINVAL);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 3), -ENOENT);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 1), -ENOENT);
    EXPECT(call_destroy(domid, 77, 1), -ENOENT);
    EXPECT(call_destroy(HOST_NOBODY, NOXS_DEV_VIF, 1), -ENOENT);
    EXPECT(call_destroy(HOST_NOBODY, NOXS_DEV_NONE, 0), 0);
    EXPECT(call_count(domid), 2);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 1), 0);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 1), -ENOENT);
    EXPECT(call_count(domid), 1);
    EXPECT(call_destroy(domid, NOXS_DEV_NONE, 0), 0);
    EXPECT(call_destroy(domid, NOXS_DEV_NONE, 0), 0);
    EXPECT(call_count(domid), 0);
}

void test_calls(void)
{
    uint16_t domid = host_domain();
    struct noxs_ioctl_vif one = call_vif(domid, 1, host_port(domid));
    struct noxs_ioctl_vif two = call_vif(domid, 2, host_port(domid));

    check_device();
    check_version();
    check_unknown();
    check_addresses();
    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &one), 0);
    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &two), 0);
    check_list(domid);
    check_close(domid);
    check_destroy(domid);
    host_domain_end(domid);
}
