/* SPDX-License-Identifier: MIT */
/*
 * attach.c: give a living VM a network interface on a bridge, and show what it
 * has then. usage: attach NAME-OR-ID BRIDGE
 */
#include <chaos/chaos.h>
#include <stdio.h>

static int attach(struct chaos_ctx *ctx, uint32_t domid, const char *bridge)
{
    struct chaos_config *cfg;
    char vifs[64];
    uint32_t id;
    int rc = chaos_config_create(ctx, &cfg);

    if (rc < 0)
        return rc;
    snprintf(vifs, sizeof(vifs), "[{\"bridge\": \"%s\"}]", bridge);
    rc = chaos_config_set(ctx, cfg, "vifs", vifs);
    if (rc == 0)
        rc = chaos_vif_attach(ctx, domid, cfg, &id);
    if (rc == 0)
        printf("vif %u\n", id);
    chaos_config_destroy(cfg);
    return rc;
}

static int show(struct chaos_ctx *ctx, uint32_t domid)
{
    struct chaos_vif_info *vifs;
    size_t i, count;
    int rc = chaos_vif_list(ctx, domid, &vifs, &count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++)
        printf("%u %s in %s: %s\n", vifs[i].id, vifs[i].ifname, vifs[i].bridge,
               chaos_device_state_name(vifs[i].back_state));
    chaos_vif_list_free(vifs, count);
    return 0;
}

int main(int argc, char **argv)
{
    struct chaos_ctx *ctx;
    uint32_t domid;
    int rc;

    if (argc != 3 || chaos_ctx_create(&ctx) < 0)
        return 2;
    rc = chaos_domain_lookup(ctx, argv[1], &domid);
    if (rc == 0)
        rc = attach(ctx, domid, argv[2]);
    if (rc == 0)
        rc = show(ctx, domid);
    if (rc < 0)
        fprintf(stderr, "attach: %s\n", chaos_ctx_error(ctx));
    chaos_ctx_destroy(ctx);
    return rc < 0;
}
