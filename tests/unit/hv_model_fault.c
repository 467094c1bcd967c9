/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_fault.c: the model's operations, counted, made to fail, and told of.
 */
#include "hv_model_internal.h"

void model_fail(unsigned n, int error)
{
    model.operations = 0;
    model.fail_at = n;
    model.fail_error = error;
    model.failed = false;
    model.failed_name = "";
}

void model_fail_end(void)
{
    model.fail_at = 0;
}

bool model_failed(void)
{
    return model.failed;
}

const char *model_failed_name(void)
{
    return model.failed_name;
}

unsigned model_operations(void)
{
    return model.operations;
}

const char *model_why(void)
{
    return model.why ? model.why : "";
}

void model_set_hook(model_hook_fn *fn, void *arg)
{
    model.hook = fn;
    model.hook_arg = arg;
}

int model_enter(const char *name)
{
    if (++model.operations != model.fail_at)
        return 0;
    model.failed = true;
    model.failed_name = name;
    return -model.fail_error;
}

int model_leave(const char *name, int rc)
{
    if (model.hook)
        model.hook(model.hook_arg, name);
    return rc;
}

int model_refuse(int rc, const char *why)
{
    model.why = why;
    return rc;
}
