/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello: says who it is and what it has, then echoes line by line. "quit"
 * powers it off.
 */
#include <guest/console.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>

#define LINE_MAX 128

static const char *const type_names[] = {
    [NOXS_DEV_SYSCTL] = "sysctl",
    [NOXS_DEV_CONSOLE] = "console",
    [NOXS_DEV_VIF] = "vif",
    [NOXS_DEV_VBD] = "vbd",
};

static void print_uuid(const uint8_t *uuid)
{
    unsigned int i;

    for (i = 0; i < NOXS_UUID_SIZE; i++)
        printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
               uuid[i]);
}

static void print_device(const struct noxs_device *dev)
{
    const char *name =
        dev->type < ARRAY_SIZE(type_names) ? type_names[dev->type] : NULL;

    printf("device %s %u: back end in domain %u, port %u\n", name ? name : "?",
           dev->id, dev->backend, dev->evtchn);
}

static void greet(void)
{
    static struct noxs_device devs[NOXS_DEV_MAX];
    struct noxs_identity id;
    char name[NOXS_NAME_SIZE];
    int i, n;

    if (noxs_identity(&id)) {
        if (guest_name(name, sizeof(name)))
            printf("Hello! There is no noxs here.\n");
        else
            printf("Hello from %s, by XenStore\n", name);
        return;
    }
    printf("Hello from %.*s, domain %u, uuid ", NOXS_NAME_SIZE,
           id.name[0] ? id.name : "a guest without a name", noxs_page()->domid);
    print_uuid(id.uuid);
    printf("\n");
    n = noxs_list(devs, NOXS_DEV_MAX);
    for (i = 0; i < n && i < NOXS_DEV_MAX; i++)
        print_device(&devs[i]);
}

/* Bytes are echoed as they come: whoever types sees them. */
static void read_line(char *line)
{
    size_t len = 0;
    char c;

    while ((c = console_getc()) != '\r' && c != '\n') {
        console_write(&c, 1);
        if (len < LINE_MAX - 1)
            line[len++] = c;
    }
    line[len] = '\0';
    printf("\n");
}

int guest_main(const char *cmdline)
{
    char line[LINE_MAX];

    greet();
    printf("%u KB of memory, %u free; command line \"%s\"\n",
           (unsigned)guest_start_info->nr_pages * 4, (unsigned)page_left() * 4,
           cmdline);
    guest_up();
    for (;;) {
        read_line(line);
        if (!strcmp(line, "quit"))
            return 0;
        if (line[0])
            printf("You said: %s\n", line);
    }
}
