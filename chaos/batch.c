/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.c: make VMs one after the other.
 *
 * A name that is taken fails one VM only, and the next is tried. Any other
 * failure (no memory, no privilege, no noxs, a bad configuration or kernel)
 * would befall all that follow: they are not tried. What was made is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

#define STEPS_AT_ONCE 16
#define ERROR_SIZE 1024

/* The step probe; a step without memory for its time goes unreported. */
static void take_step(void *arg, const char *step, const char *phase,
                      uint64_t duration_ns, int rc)
{
    struct vm *vm = arg;

    (void)rc;
    if (vm->step_count % STEPS_AT_ONCE == 0) {
        struct step_time *more = realloc(
            vm->steps, (vm->step_count + STEPS_AT_ONCE) * sizeof(*more));

        if (!more)
            return;
        vm->steps = more;
    }
    vm->steps[vm->step_count++] = (struct step_time){step, phase, duration_ns};
}

static int create_one(struct batch *b, struct vm *vm)
{
    struct chaos_ctx *ctx = b->cli->ctx;
    uint64_t start;
    int rc;

    if (!b->timing)
        return chaos_domain_create(ctx, b->cfg, &vm->domid);
    chaos_ctx_set_step_probe(ctx, take_step, vm);
    start = clock_ns();
    rc = chaos_domain_create(ctx, b->cfg, &vm->domid);
    vm->total_ns = clock_ns() - start;
    chaos_ctx_set_step_probe(ctx, NULL, NULL);
    return rc;
}

static int name_one(struct batch *b, struct vm *vm, unsigned number)
{
    vm->name = template_name(&b->name, number);
    if (!vm->name)
        return -ENOMEM;
    return chaos_config_set(b->cli->ctx, b->cfg, "name", vm->name);
}

static void failed(struct batch *b, struct vm *vm, int rc)
{
    const char *why = vm->name ? chaos_ctx_error(b->cli->ctx) : "its name";
    char text[ERROR_SIZE];

    error_text(text, sizeof(text), rc, why);
    vm->error = strdup(text);
    if (b->count > 1 && vm->name)
        (void)cli_error(b->cli, rc, "%s: %s", vm->name, why);
    else
        (void)cli_error(b->cli, rc, "%s", why);
}

int batch_run(struct batch *b)
{
    struct progress progress;
    int rc = 0;

    b->vms = calloc(b->count, sizeof(*b->vms));
    if (!b->vms)
        return cli_error(b->cli, -ENOMEM, "%u VMs", b->count);
    progress_start(&progress, b->cli, b->count);
    signals_hold();
    while (b->tried < b->count && (rc == 0 || rc == -EEXIST)) {
        struct vm *vm = &b->vms[b->tried];

        if (b->tried > 0 && signals_waiting())
            break;
        rc = name_one(b, vm, b->first + b->tried);
        if (rc == 0)
            rc = create_one(b, vm);
        b->tried++;
        if (rc == 0) {
            vm->made = true;
            b->made++;
        } else {
            progress_clear(&progress);
            failed(b, vm, rc);
        }
        progress_show(&progress, b->tried);
    }
    progress_clear(&progress);
    return b->made == b->count ? EXIT_OK : EXIT_FAILED;
}

int batch_wait_up(struct batch *b, unsigned seconds)
{
    int code = EXIT_OK;
    unsigned i;

    for (i = 0; i < b->tried; i++) {
        struct vm *vm = &b->vms[i];
        int rc;

        if (!vm->made)
            continue;
        rc = chaos_domain_wait_up(b->cli->ctx, vm->domid, seconds * 1000u);
        if (rc < 0)
            code = cli_error(b->cli, rc, "%s: %s", vm->name,
                             chaos_ctx_error(b->cli->ctx));
    }
    return code;
}

void batch_dispose(struct batch *b)
{
    unsigned i;

    for (i = 0; b->vms && i < b->tried; i++) {
        free(b->vms[i].name);
        free(b->vms[i].error);
        free(b->vms[i].steps);
    }
    free(b->vms);
    template_dispose(&b->name);
}
