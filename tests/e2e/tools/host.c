/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.c: host: what there is in dom0 and Xen that a VM may leave something in.
 *
 * The first line is Xen's free memory in KiB; all others must not change: the
 * domains, what is written down of them, network interfaces, loop devices in
 * use, dom0's event channels, and processes called chaos.
 */
/* Else xen.h names event channel calls of 2005. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>

#include <xen/xen.h>

#include <xen/event_channel.h>

#include <chaos/chaos.h>

static int print_memory(struct chaos_ctx *ctx)
{
    struct chaos_host_info info;
    int rc = chaos_host_info(ctx, &info);

    if (rc == 0)
        printf("%llu\n", (unsigned long long)info.free_kb);
    return rc;
}

static int print_domains(struct chaos_ctx *ctx)
{
    struct chaos_domain_info *infos;
    size_t count, i;
    int rc = chaos_domain_list(ctx, &infos, &count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++)
        printf("domain %u '%s'%s\n", infos[i].domid, infos[i].name,
               infos[i].dying ? " dying" : "");
    free(infos);
    return 0;
}

static int is_record(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void print_entries(const char *what, const char *path)
{
    struct dirent **names;
    int i, n = scandir(path, &names, is_record, alphasort);

    for (i = 0; i < n; i++) {
        printf("%s %s\n", what, names[i]->d_name);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static void print_loops(void)
{
    glob_t found;
    size_t i;

    if (glob("/sys/block/loop*/loop/backing_file", 0, NULL, &found) != 0)
        return;
    for (i = 0; i < found.gl_pathc; i++)
        printf("%s\n", found.gl_pathv[i]);
    globfree(&found);
}

/* Ports in use: all below the first that Xen does not know, but closed ones. */
static int print_channels(void)
{
    xencall_handle *call = xencall_open(NULL, 0);
    struct evtchn_status *status = NULL;
    unsigned port = 1, used = 0; /* there is no port 0 */

    if (call)
        status = xencall_alloc_buffer(call, sizeof(*status));
    if (!status)
        return -1;
    for (;; port++) {
        *status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
        if (xencall2(call, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
                     (unsigned long)status) != 0)
            break;
        used += status->status != EVTCHNSTAT_closed;
    }
    printf("event channels %u\n", used);
    xencall_free_buffer(call, status);
    (void)xencall_close(call);
    return used ? 0 : -1; /* dom0 always has some */
}

static bool is_chaos(const char *pid)
{
    char path[300], name[16] = "";
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    f = fopen(path, "r");
    if (f && fscanf(f, "%15s", name) != 1)
        name[0] = '\0';
    if (f)
        (void)fclose(f);
    return strcmp(name, "chaos") == 0;
}

static void print_processes(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    unsigned n = 0;

    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
             is_chaos(entry->d_name);
    if (dir)
        (void)closedir(dir);
    printf("processes %u\n", n);
}

int main(void)
{
    struct chaos_ctx *ctx;
    int rc = chaos_ctx_create(&ctx);

    if (rc < 0)
        return 1;
    rc = print_memory(ctx);
    if (rc == 0)
        rc = print_domains(ctx);
    if (rc < 0)
        fprintf(stderr, "host: %s\n", chaos_ctx_error(ctx));
    chaos_ctx_destroy(ctx);
    print_entries("record", "/run/chaos/domains");
    print_entries("shell", "/run/chaos/shells");
    print_entries("console", "/run/chaos/console");
    print_entries("interface", "/sys/class/net");
    print_loops();
    print_processes();
    return rc < 0 || print_channels() < 0;
}
