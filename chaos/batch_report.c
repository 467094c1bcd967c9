/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch_report.c: what became of the VMs that were to be made.
 */
#include <stdlib.h>

#include "batch.h"
#include "json.h"

void batch_print(struct batch *b)
{
    struct out *out = &b->cli->out;
    unsigned i;

    for (i = 0; i < b->tried; i++) {
        const struct vm *vm = &b->vms[i];

        if (!vm->made)
            continue;
        out_safe(out, vm->name ? vm->name : "-");
        out_printf(out, " %u\n", vm->domid);
    }
}

static void put_steps(struct json *json, const struct vm *vm)
{
    size_t i;

    json_array(json, "steps");
    for (i = 0; i < vm->step_count; i++) {
        json_map(json, NULL);
        json_text(json, "step", vm->steps[i].step);
        json_text(json, "phase", vm->steps[i].phase);
        json_number(json, "ns", vm->steps[i].ns);
        json_map_end(json);
    }
    json_array_end(json);
    json_number(json, "total_ns", vm->total_ns);
}

static void put_vm(struct json *json, const struct vm *vm)
{
    json_map(json, NULL);
    if (vm->name)
        json_text(json, "name", vm->name);
    else
        json_null(json, "name");
    if (vm->made)
        json_number(json, "domid", vm->domid);
    else
        json_text(json, "error", vm->error ? vm->error : "no memory");
    put_steps(json, vm);
    json_map_end(json);
}

/* Those that were not tried get their names and the reason, too. */
static void put_untried(struct batch *b, struct json *json)
{
    unsigned i;

    for (i = b->tried; i < b->count; i++) {
        char *name = template_name(&b->name, b->first + i);

        json_map(json, NULL);
        json_text(json, "name", name ? name : "");
        json_text(json, "error", "not tried");
        json_map_end(json);
        free(name);
    }
}

int batch_json(struct batch *b)
{
    struct json json;
    unsigned i;
    int rc = json_open(&json, &b->cli->out);

    if (rc == 0) {
        json_array(&json, NULL);
        for (i = 0; i < b->tried; i++)
            put_vm(&json, &b->vms[i]);
        put_untried(b, &json);
        json_array_end(&json);
        rc = json_close(&json);
    }
    return rc < 0 ? cli_error(b->cli, rc, "JSON") : EXIT_OK;
}

void batch_summary(struct batch *b)
{
    unsigned wrong = b->tried - b->made, untried = b->count - b->tried;
    char *from, *to;

    if (b->count == 1 || b->made == b->count)
        return;
    if (untried == 0) {
        (void)cli_error(b->cli, 0, "made and kept %u of %u VMs, %u failed",
                        b->made, b->count, wrong);
        return;
    }
    from = template_name(&b->name, b->first + b->tried);
    to = template_name(&b->name, b->first + b->count - 1);
    (void)cli_error(b->cli, 0,
                    "made and kept %u of %u VMs, %u failed, %u not tried "
                    "(%s to %s)",
                    b->made, b->count, wrong, untried, from ? from : "?",
                    to ? to : "?");
    free(from);
    free(to);
}
