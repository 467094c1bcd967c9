/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * netlink.c: ask the kernel about links and change them, over one routing
 * socket.
 *
 * The only file that includes libnl. Its core alone is used: an object cache
 * would ask for every link of the host where one is wanted.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "host_linux.h"
#include "internal.h"

/* More than any answer about one link. */
#define ANSWER_SIZE 32768
#define QUESTION_SIZE 256

struct netlink {
    struct nl_sock *sock;
};

int netlink_open(struct netlink **nl_out)
{
    struct netlink *nl = calloc(1, sizeof(*nl));

    if (!nl)
        return -ENOMEM;
    nl->sock = nl_socket_alloc();
    if (!nl->sock) {
        netlink_close(nl);
        return -ENOMEM;
    }
    /* Its errors are numbers of its own; only the kernel's matter later. */
    if (nl_connect(nl->sock, NETLINK_ROUTE) < 0) {
        netlink_close(nl);
        return -EIO;
    }
    nl_socket_disable_auto_ack(nl->sock);
    (void)nl_socket_set_msg_buf_size(nl->sock, ANSWER_SIZE);
    *nl_out = nl;
    return 0;
}

void netlink_close(struct netlink *nl)
{
    if (!nl)
        return;
    if (nl->sock)
        nl_socket_free(nl->sock);
    free(nl);
}

static struct nl_msg *message(int type, int flags, const struct ifinfomsg *link)
{
    struct nl_msg *msg = nlmsg_alloc_size(QUESTION_SIZE);
    struct ifinfomsg *body;

    if (!msg)
        return NULL;
    if (nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags)) {
        body = nlmsg_reserve(msg, sizeof(*body), NLMSG_ALIGNTO);
        if (body) {
            *body = *link;
            return msg;
        }
    }
    nlmsg_free(msg);
    return NULL;
}

/* What a link's message says of it. */
static int link_read(struct nlmsghdr *hdr, struct netlink_link *link_out)
{
    struct nlattr *attrs[IFLA_MAX + 1], *kind = NULL;
    struct netlink_link link = {0};
    const struct ifinfomsg *body = nlmsg_data(hdr);

    if (nlmsg_parse(hdr, sizeof(*body), attrs, IFLA_MAX, NULL) < 0 ||
        !attrs[IFLA_IFNAME] || !attrs[IFLA_MTU])
        return -EPROTO;
    link.ifindex = (uint32_t)body->ifi_index;
    link.mtu = nla_get_u32(attrs[IFLA_MTU]);
    if (attrs[IFLA_MASTER])
        link.master = nla_get_u32(attrs[IFLA_MASTER]);
    (void)nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof(link.name));
    if (attrs[IFLA_LINKINFO])
        kind = nla_find(nla_data(attrs[IFLA_LINKINFO]),
                        nla_len(attrs[IFLA_LINKINFO]), IFLA_INFO_KIND);
    link.is_bridge = kind && nla_strcmp(kind, "bridge") == 0;
    *link_out = link;
    return 0;
}

/*
 * One message of an answer: 1 when it is not of this question, else 0 or
 * -errno. An error of 0 acknowledges.
 */
static int answer_read(struct nlmsghdr *hdr, uint32_t seq, void *link_out)
{
    const struct nlmsgerr *err = nlmsg_data(hdr);

    if (hdr->nlmsg_seq != seq)
        return 1;
    if (hdr->nlmsg_type == NLMSG_ERROR)
        return nlmsg_datalen(hdr) < (int)sizeof(*err) ? -EPROTO : err->error;
    if (hdr->nlmsg_type != RTM_NEWLINK || !link_out)
        return 1;
    return link_read(hdr, link_out);
}

typedef int (*read_fn)(struct nlmsghdr *hdr, uint32_t seq, void *arg);

static int receive(struct netlink *nl, uint32_t seq, read_fn read, void *arg)
{
    struct sockaddr_nl from;
    int rc = 1;

    while (rc == 1) {
        CLEANUP_FREE unsigned char *buf = NULL;
        struct nlmsghdr *hdr;
        int len = nl_recv(nl->sock, &from, &buf, NULL);

        if (len <= 0)
            return -EIO;
        hdr = (struct nlmsghdr *)(void *)buf;
        for (; rc == 1 && nlmsg_ok(hdr, len); hdr = nlmsg_next(hdr, &len))
            rc = read(hdr, seq, arg);
    }
    return rc;
}

/* Send a message, which is freed, and wait for its answer. */
static int transact(struct netlink *nl, struct nl_msg *msg, read_fn read,
                    void *arg)
{
    int r = nl_send_auto(nl->sock, msg);
    uint32_t seq = nlmsg_hdr(msg)->nlmsg_seq;

    nlmsg_free(msg);
    return r < 0 ? -EIO : receive(nl, seq, read, arg);
}

int netlink_find(struct netlink *nl, const char *name, uint32_t ifindex,
                 struct netlink_link *link_out)
{
    struct ifinfomsg body = {.ifi_index = (int)ifindex};
    struct nl_msg *msg = message(RTM_GETLINK, NLM_F_REQUEST, &body);

    if (!msg)
        return -ENOMEM;
    if (nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
        (name && nla_put_string(msg, IFLA_IFNAME, name) < 0)) {
        nlmsg_free(msg);
        return -ENOMEM;
    }
    return transact(nl, msg, answer_read, link_out);
}

/* --- counters ----------------------------------------------------------------
 */

struct counting {
    void (*each)(void *arg, const struct netlink_counters *link);
    void *arg;
};

static const char *text_of(const struct nlattr *attr)
{
    return attr ? nla_get_string(attr) : "";
}

/* One that does not say enough is left out. */
static void count_link(struct nlmsghdr *hdr, const struct counting *counting)
{
    static const struct nla_policy policy[IFLA_MAX + 1] = {
        [IFLA_STATS64] = {.minlen =
                              offsetof(struct rtnl_link_stats64, multicast)},
        [IFLA_PARENT_DEV_NAME] = {.type = NLA_NUL_STRING},
        [IFLA_PARENT_DEV_BUS_NAME] = {.type = NLA_NUL_STRING},
    };
    struct nlattr *attrs[IFLA_MAX + 1];
    struct netlink_counters link = {0};
    struct rtnl_link_stats64 stats = {0};

    if (nlmsg_parse(hdr, sizeof(struct ifinfomsg), attrs, IFLA_MAX, policy) <
            0 ||
        !attrs[IFLA_IFNAME] || !attrs[IFLA_STATS64])
        return;
    (void)nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof(link.name));
    link.bus = text_of(attrs[IFLA_PARENT_DEV_BUS_NAME]);
    link.device = text_of(attrs[IFLA_PARENT_DEV_NAME]);
    (void)nla_memcpy(&stats, attrs[IFLA_STATS64], sizeof(stats));
    link.rx_packets = stats.rx_packets;
    link.rx_bytes = stats.rx_bytes;
    link.tx_packets = stats.tx_packets;
    link.tx_bytes = stats.tx_bytes;
    link.tx_dropped = stats.tx_dropped;
    counting->each(counting->arg, &link);
}

/* One message of many: as answer_read. */
static int count_read(struct nlmsghdr *hdr, uint32_t seq, void *counting)
{
    if (hdr->nlmsg_seq == seq && hdr->nlmsg_type == NLMSG_DONE)
        return 0;
    if (hdr->nlmsg_seq == seq && hdr->nlmsg_type == RTM_NEWLINK)
        count_link(hdr, counting);
    return answer_read(hdr, seq, NULL);
}

int netlink_count(struct netlink *nl,
                  void (*each)(void *arg, const struct netlink_counters *link),
                  void *arg)
{
    struct counting counting = {each, arg};
    struct ifinfomsg body = {0};
    struct nl_msg *msg =
        message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &body);

    return msg ? transact(nl, msg, count_read, &counting) : -ENOMEM;
}

/* --- changes -----------------------------------------------------------------
 */

/* What is to become of a link, by one message. */
struct change {
    bool has_flags, is_up;
    bool has_master;
    uint32_t master;  /* 0: none */
    uint32_t mtu;     /* 0: as it is */
    const char *name; /* NULL: as it is */
};

static int change_link(struct netlink *nl, uint32_t ifindex,
                       const struct change *change)
{
    struct ifinfomsg body = {
        .ifi_index = (int)ifindex,
        .ifi_flags = change->is_up ? IFF_UP : 0,
        .ifi_change = change->has_flags ? IFF_UP : 0,
    };
    struct nl_msg *msg = message(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, &body);

    if (!msg)
        return -ENOMEM;
    if ((change->has_master &&
         nla_put_u32(msg, IFLA_MASTER, change->master) < 0) ||
        (change->mtu && nla_put_u32(msg, IFLA_MTU, change->mtu) < 0) ||
        (change->name && nla_put_string(msg, IFLA_IFNAME, change->name) < 0)) {
        nlmsg_free(msg);
        return -ENOMEM;
    }
    return transact(nl, msg, answer_read, NULL);
}

/* Both in one message: the kernel joins the bridge before the link comes up. */
int netlink_up(struct netlink *nl, uint32_t ifindex, uint32_t master)
{
    const struct change change = {
        .has_flags = true,
        .is_up = true,
        .has_master = master != 0,
        .master = master,
    };

    return change_link(nl, ifindex, &change);
}

/* The kernel sets MTU and name before it brings the link up. */
int netlink_change(struct netlink *nl, const struct host_link *link)
{
    const struct change change = {
        .has_flags = link->up,
        .is_up = link->up,
        .has_master = link->bridge != 0,
        .master = link->bridge,
        .mtu = link->mtu,
        .name = link->ifname,
    };

    return change_link(nl, link->ifindex, &change);
}

int netlink_move(struct netlink *nl, uint32_t ifindex, uint32_t master)
{
    const struct change change = {.has_master = true, .master = master};

    return change_link(nl, ifindex, &change);
}

/*
 * The kernel renames no link that is up. A port stays one while it is down. The
 * second message gives the name before it brings the link up.
 */
int netlink_rename(struct netlink *nl, uint32_t ifindex, const char *name)
{
    const struct change down = {.has_flags = true};
    const struct change renamed = {
        .has_flags = true,
        .is_up = true,
        .name = name,
    };
    int rc = change_link(nl, ifindex, &down);

    if (rc < 0)
        return rc;
    rc = change_link(nl, ifindex, &renamed);
    if (rc < 0)
        (void)netlink_up(nl, ifindex, 0);
    return rc;
}
