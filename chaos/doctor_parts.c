/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_parts.c: modules, device nodes and daemons that guests need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ask.h"
#include "doctor.h"

static void find_nodes(struct doctor *dr)
{
    static const struct {
        const char *path, *module;
    } nodes[] = {
        {"/dev/xen/privcmd", "xen-privcmd"},
        {"/dev/xen/hypercall", "xen-privcmd"},
        {"/dev/xen/evtchn", "xen-evtchn"},
        {"/dev/xen/gntdev", "xen-gntdev"},
    };
    size_t i;

    for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
        if (doctor_exists(dr, nodes[i].path))
            continue;
        doctor_thing(dr, nodes[i].path, FINDING_BAD, "missing");
        finding_remedy(&dr->findings[dr->count - 1], "modprobe %s",
                       nodes[i].module);
    }
}

/*
 * noxs_back is asked by way of the list of its back ends, which it refuses to
 * those who are of another version.
 */
static void find_back(struct doctor *dr)
{
    bool needed = dr->shape.vifs > 0 || dr->shape.vbds > 0;
    char version[48] = "";
    struct chaos_traffic *traffic;
    size_t count;
    int rc;

    if (!doctor_exists(dr, "/sys/module/noxs_back")) {
        doctor_thing(dr, "noxs_back", needed ? FINDING_BAD : FINDING_NOTE,
                     "not loaded");
        finding_remedy(&dr->findings[dr->count - 1],
                       "modprobe noxs_back: guests have no vifs and no vbds");
        return;
    }
    rc = chaos_traffic_list(dr->cli->ctx, &traffic, &count);
    if (rc < 0) {
        doctor_thing(dr, "noxs_back", needed ? FINDING_BAD : FINDING_NOTE,
                     "does not answer");
        finding_remedy(&dr->findings[dr->count - 1], "%s",
                       chaos_ctx_error(dr->cli->ctx));
        return;
    }
    free(traffic);
    (void)doctor_text(dr, "/sys/module/noxs_back/version", version,
                      sizeof(version));
    doctor_thing(dr, "noxs_back", FINDING_OK, "loaded%s%s",
                 version[0] ? ", version " : "", version);
}

/*
 * The kernel may have it built in, or load it when it is wanted. A module's
 * name has underscores in sysfs.
 */
static void find_module(struct doctor *dr, const char *module)
{
    char path[64], *dash;

    (void)snprintf(path, sizeof(path), "/sys/module/%s", module);
    for (dash = path; (dash = strchr(dash, '-'));)
        *dash = '_';
    if (doctor_exists(dr, path))
        return;
    doctor_thing(dr, module, FINDING_NOTE, "not loaded");
    finding_remedy(&dr->findings[dr->count - 1],
                   "modprobe %s, unless the kernel does when it is wanted",
                   module);
}

/* Guests that have XenStore have Linux's own back ends. */
static void find_backs(struct doctor *dr)
{
    if (dr->noxs) {
        find_back(dr);
        return;
    }
    if (dr->shape.vifs > 0)
        find_module(dr, "xen-netback");
    if (dr->shape.vbds > 0)
        find_module(dr, "xen-blkback");
}

static void find_chaosd(struct doctor *dr)
{
    struct chaos_conn *conn;
    yajl_val info = NULL;
    const void *reply;
    size_t size;

    if (chaos_conn_open(dr->cli->ctx, &conn) < 0) {
        doctor_thing(dr, "chaosd", FINDING_NOTE, "not running");
        finding_remedy(&dr->findings[dr->count - 1],
                       "systemctl start chaosd: creates take a shell, "
                       "consoles are kept, policies are carried out");
        return;
    }
    if (chaos_conn_ask(conn, CHAOSD_INFO, NULL, 0, ASK_MS, &reply, &size) ==
        0) {
        char *text = strndup(reply, size);

        info = text ? yajl_tree_parse(text, NULL, 0) : NULL;
        free(text);
    }
    chaos_conn_close(conn);
    if (info) {
        dr->daemon_pid = (unsigned)ask_number(info, "pid");
        doctor_thing(dr, "chaosd", FINDING_OK, "version %s, process %u",
                     ask_text(info, "version"), dr->daemon_pid);
    } else {
        doctor_thing(dr, "chaosd", FINDING_NOTE, "does not answer");
    }
    yajl_tree_free(info);
}

/* Only that somebody listens: a question would wait for a busy one. */
static bool listens(const struct doctor *dr, const char *name)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd, r;

    if (doctor_path(dr, to.sun_path, sizeof(to.sun_path), name) < 0)
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    r = connect(fd, (const struct sockaddr *)&to, sizeof(to));
    (void)close(fd);
    return r == 0;
}

static void find_xenstored(struct doctor *dr)
{
    dr->xenstored = listens(dr, "/run/xenstored/socket") ||
                    listens(dr, "/var/run/xenstored/socket");
    if (dr->xenstored || dr->noxs) {
        doctor_thing(dr, "xenstored", FINDING_OK, "%s",
                     dr->xenstored ? "running" : "not running, not needed");
        return;
    }
    doctor_thing(dr, "xenstored", FINDING_BAD, "not running");
    finding_remedy(&dr->findings[dr->count - 1],
                   "systemctl start xen, or whatever starts xenstored and "
                   "xenconsoled here: without noxs guests need them");
}

void doctor_parts(struct doctor *dr)
{
    struct chaos_host_info host;

    dr->noxs = !dr->shape.xenstore &&
               chaos_host_info(dr->cli->ctx, &host) == 0 && host.noxs_version;
    find_xenstored(dr);
    find_nodes(dr);
    find_backs(dr);
    find_chaosd(dr);
    if (dr->shape.vifs > 0)
        find_module(dr, "bridge");
    if (dr->shape.vbds > 0)
        find_module(dr, "loop");
}
