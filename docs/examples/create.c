/* SPDX-License-Identifier: MIT */
/*
 * create.c: create a VM from a configuration file, wait until it is up, end it.
 */
#include <chaos/chaos.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct chaos_ctx *ctx;
    struct chaos_config *cfg = NULL;
    uint32_t domid = CHAOS_DOMID_NONE;
    int rc;

    if (argc != 2 || chaos_ctx_create(&ctx) < 0)
        return 2;
    rc = chaos_config_create(ctx, &cfg);
    if (rc == 0)
        rc = chaos_config_load(ctx, cfg, argv[1]);
    if (rc == 0)
        rc = chaos_domain_create(ctx, cfg, &domid);
    if (rc == 0)
        rc = chaos_domain_wait_up(ctx, domid, 10000);
    if (rc < 0)
        fprintf(stderr, "create: %s\n", chaos_ctx_error(ctx));
    else
        printf("domain %u is up\n", domid);
    if (domid != CHAOS_DOMID_NONE && chaos_domain_destroy(ctx, domid) < 0)
        fprintf(stderr, "create: %s\n", chaos_ctx_error(ctx));
    chaos_config_destroy(cfg);
    chaos_ctx_destroy(ctx);
    return rc < 0;
}
