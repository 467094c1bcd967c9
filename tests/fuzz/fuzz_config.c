/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_config.c: any bytes as a configuration, and as key=value of a command
 * line. Besides not crashing and not leaking: what is taken means the same
 * after a way through JSON, what is refused changes nothing, and what is said
 * of it is one line that does a terminal no harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/chaos.h>
#include <noxs/net.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static char *to_json(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    char *json;

    must(chaos_config_json(ctx, cfg, &json) == 0);
    return json;
}

/* Of key=value only: a disk that still lacks a key, which no file may. */
static int is_incomplete(const struct chaos_config *cfg)
{
    unsigned i;

    for (i = 0; i < cfg->vbd_count; i++)
        if (!cfg->vbds[i].target || !cfg->vbds[i].vdev)
            return 1;
    return 0;
}

/* What is told to others of the devices, whatever the whole is like. */
static void use_devices(const struct chaos_config *cfg)
{
    struct noxs_net_address address;
    uint32_t number;
    unsigned i;

    for (i = 0; i < cfg->vif_count; i++) {
        config_vif_address(&cfg->vifs[i], &address);
        must((address.family != NOXS_NET_NO_ADDRESS) ==
             (cfg->vifs[i].ip != NULL));
        must(address.prefix <= 128);
    }
    for (i = 0; i < cfg->vbd_count; i++)
        must(!cfg->vbds[i].vdev ||
             config_vdev_number(cfg->vbds[i].vdev, &number) == 0);
}

static void check_taken(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    struct chaos_config *again;
    char *first = to_json(ctx, cfg);
    char *second;

    use_devices(cfg);
    if (is_incomplete(cfg)) {
        must(chaos_config_check(ctx, cfg) < 0);
        free(first);
        return;
    }
    must(chaos_config_create(ctx, &again) == 0);
    must(chaos_config_parse(ctx, again, "again", first, strlen(first)) == 0);
    second = to_json(ctx, again);
    must(!strcmp(first, second));
    must(chaos_config_check(ctx, cfg) == chaos_config_check(ctx, again));
    free(first);
    free(second);
    chaos_config_destroy(again);
}

static void check_refused(struct chaos_ctx *ctx, int rc,
                          const struct chaos_config *cfg, const char *before)
{
    const char *error = chaos_ctx_error(ctx);
    char *after;

    must(rc == -EINVAL || rc == -EFBIG);
    must(error[0] != '\0' && strlen(error) < 512);
    for (; *error; error++)
        must((unsigned char)*error >= ' ' && *error != 0x7f);
    after = to_json(ctx, cfg);
    must(!strcmp(before, after));
    free(after);
}

static void check(struct chaos_ctx *ctx, int rc, struct chaos_config *cfg,
                  const char *before)
{
    if (rc == 0)
        check_taken(ctx, cfg);
    else
        check_refused(ctx, rc, cfg, before);
}

/* One key=value on each line, each on what those before left. */
static void fuzz_set(struct chaos_ctx *ctx, struct chaos_config *cfg,
                     const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *rest = text;
    char *key;

    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    while ((key = strsep(&rest, "\n")) != NULL) {
        char *value = strchr(key, '=');
        char *before;

        if (!value)
            continue;
        before = to_json(ctx, cfg);
        *value++ = '\0';
        check(ctx, chaos_config_set(ctx, cfg, key, value), cfg, before);
        free(before);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
    char *before;

    must(chaos_ctx_create(&ctx) == 0);
    must(chaos_config_create(ctx, &cfg) == 0);
    before = to_json(ctx, cfg);
    check(ctx, chaos_config_parse(ctx, cfg, "fuzz", (const char *)data, size),
          cfg, before);
    fuzz_set(ctx, cfg, data, size);
    free(before);
    chaos_config_destroy(cfg);
    chaos_ctx_destroy(ctx);
    return 0;
}
