/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_shape.c: pool.shapes[]: what VMs to have shells for. A shape is that of
 * a VM's configuration, a file or an object here; libchaos reads it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include <chaos/shell.h>

#include "conf_internal.h"

#define SHAPE_LOW 2
#define SHAPE_HIGH 16
#define COUNT_MAX 4096
#define PATH_SIZE 4096

/* The values of the keys of one shape; NULL where there is none. */
struct parts {
    yajl_val name, low, high, image, vm, file;
};

/* --- a VM's configuration ---------------------------------------------------
 */

/* yajl_gen refuses what is nested too deeply, and so ends the recursion. */
static yajl_gen_status generate(yajl_gen gen, yajl_val v)
{
    yajl_gen_status status = yajl_gen_status_ok;
    size_t i;

    if (YAJL_IS_STRING(v))
        return yajl_gen_string(gen, (const unsigned char *)v->u.string,
                               strlen(v->u.string));
    if (YAJL_IS_NUMBER(v))
        return yajl_gen_number(gen, v->u.number.r, strlen(v->u.number.r));
    if (YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v))
        return yajl_gen_bool(gen, YAJL_IS_TRUE(v));
    if (YAJL_IS_NULL(v))
        return yajl_gen_null(gen);
    if (YAJL_IS_ARRAY(v)) {
        status = yajl_gen_array_open(gen);
        for (i = 0; i < v->u.array.len && status == yajl_gen_status_ok; i++)
            status = generate(gen, v->u.array.values[i]);
        return status == yajl_gen_status_ok ? yajl_gen_array_close(gen)
                                            : status;
    }
    status = yajl_gen_map_open(gen);
    for (i = 0; i < v->u.object.len && status == yajl_gen_status_ok; i++) {
        const char *key = v->u.object.keys[i];

        status = yajl_gen_string(gen, (const unsigned char *)key, strlen(key));
        if (status == yajl_gen_status_ok)
            status = generate(gen, v->u.object.values[i]);
    }
    return status == yajl_gen_status_ok ? yajl_gen_map_close(gen) : status;
}

static int parse_vm(struct chaos_ctx *ctx, struct chaos_config *cfg,
                    const struct conf_reader *r, const char *place,
                    yajl_val object)
{
    char name[CONF_PLACE_SIZE + 128];
    const unsigned char *text;
    yajl_gen gen = yajl_gen_alloc(NULL);
    size_t size;
    int rc;

    if (!gen)
        return conf_fault(r, -ENOMEM, place, "cannot be kept");
    snprintf(name, sizeof(name), "%.120s: %s", r->source, place);
    if (generate(gen, object) != yajl_gen_status_ok ||
        yajl_gen_get_buf(gen, &text, &size) != yajl_gen_status_ok) {
        rc = conf_fault(r, -EINVAL, place, "is nested too deeply");
    } else {
        rc = chaos_config_parse(ctx, cfg, name, (const char *)text, size);
        if (rc < 0)
            snprintf(r->text, r->text_size, "%s", chaos_ctx_error(ctx));
    }
    yajl_gen_free(gen);
    return rc;
}

static int load_vm(struct chaos_ctx *ctx, struct chaos_config *cfg,
                   const struct conf_reader *r, const char *place,
                   const char *file)
{
    char path[PATH_SIZE];
    int rc, n = snprintf(path, sizeof(path), "%s%s",
                         file[0] == '/' ? "" : r->dir, file);

    if (n < 0 || (size_t)n >= sizeof(path))
        return conf_fault(r, -ENAMETOOLONG, place, "is too long a path");
    rc = chaos_config_load(ctx, cfg, path);
    return rc < 0 ? conf_fault(r, rc, place, chaos_ctx_error(ctx)) : 0;
}

/* The shape itself, of what `parts` has of a VM. */
static int read_shape(const struct conf_reader *r, const char *place,
                      const struct parts *parts, struct chaosd_shape *shape_out)
{
    struct chaos_config *cfg = NULL;
    struct chaos_ctx *ctx = NULL;
    char at[CONF_PLACE_SIZE];
    int rc;

    conf_place(at, place, parts->vm ? "vm" : "file");
    rc = chaos_ctx_create(&ctx);
    if (rc == 0)
        rc = chaos_config_create(ctx, &cfg);
    if (rc < 0)
        rc = conf_fault(r, rc, at, "cannot be kept");
    else if (parts->vm)
        rc = parse_vm(ctx, cfg, r, at, parts->vm);
    else
        rc = load_vm(ctx, cfg, r, at, YAJL_GET_STRING(parts->file));
    if (rc == 0) {
        rc = chaos_shape_of(ctx, cfg, shape_out);
        if (rc < 0)
            conf_fault(r, rc, at, chaos_ctx_error(ctx));
    }
    chaos_config_destroy(cfg);
    chaos_ctx_destroy(ctx);
    return rc;
}

/* --- a shape ----------------------------------------------------------------
 */

static int find_parts(const struct conf_reader *r, const char *place,
                      yajl_val object, struct parts *parts)
{
    const struct {
        const char *name;
        yajl_val *value;
    } keys[] = {{"name", &parts->name}, {"low", &parts->low},
                {"high", &parts->high}, {"image", &parts->image},
                {"vm", &parts->vm},     {"file", &parts->file}};
    char at[CONF_PLACE_SIZE];
    size_t i, k;

    for (i = 0; i < object->u.object.len; i++) {
        for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            if (strcmp(object->u.object.keys[i], keys[k].name) == 0)
                break;
        if (k == sizeof(keys) / sizeof(keys[0])) {
            conf_place(at, place, object->u.object.keys[i]);
            return conf_fault(r, -EINVAL, at,
                              "unknown key: expected name, low, high, image "
                              "and vm or file");
        }
        *keys[k].value = object->u.object.values[i];
    }
    return 0;
}

static int check_parts(const struct conf_reader *r, const char *place,
                       const struct parts *p)
{
    char at[CONF_PLACE_SIZE];

    conf_place(at, place, "name");
    if (p->name && (!YAJL_IS_STRING(p->name) ||
                    !conf_is_shape_name(YAJL_GET_STRING(p->name))))
        return conf_refuse(r, at, p->name,
                           "at most 63 letters, digits, '_', '.' and '-'");
    conf_place(at, place, "image");
    if (p->image && !YAJL_IS_TRUE(p->image) && !YAJL_IS_FALSE(p->image))
        return conf_refuse(r, at, p->image, "true or false");
    conf_place(at, place, "vm");
    if (p->vm && !YAJL_IS_OBJECT(p->vm))
        return conf_refuse(r, at, p->vm, "{...}, a VM's configuration");
    conf_place(at, place, "file");
    if (p->file && !YAJL_IS_STRING(p->file))
        return conf_refuse(r, at, p->file, "the path of a VM's configuration");
    if (!p->vm == !p->file)
        return conf_fault(r, -EINVAL, place, "expected either vm or file");
    return 0;
}

/* "low" and "high"; what is not given goes with what is. */
static int read_marks(const struct conf_reader *r, const char *place,
                      const struct parts *p, struct conf_shape *shape)
{
    char at[CONF_PLACE_SIZE];
    int rc = 0;

    shape->low = SHAPE_LOW;
    shape->high = SHAPE_HIGH;
    conf_place(at, place, "low");
    if (p->low)
        rc = conf_count(r, at, p->low, COUNT_MAX, &shape->low);
    conf_place(at, place, "high");
    if (rc == 0 && p->high)
        rc = conf_count(r, at, p->high, COUNT_MAX, &shape->high);
    if (rc < 0)
        return rc;
    if (!p->high && shape->high < shape->low)
        shape->high = shape->low;
    if (!p->low && shape->low > shape->high)
        shape->low = shape->high;
    if (shape->low > shape->high)
        return conf_refuse(r, at, p->high, "no less than low");
    return 0;
}

int conf_shape(const struct conf_reader *r, const char *place, yajl_val object,
               struct conf_shape *shape_out)
{
    struct conf_shape shape = {0};
    struct parts parts = {0};
    int rc;

    if (!YAJL_IS_OBJECT(object))
        return conf_refuse(r, place, object, "{...}, a shape");
    rc = conf_check_unique(r, place, object);
    if (rc == 0)
        rc = find_parts(r, place, object, &parts);
    if (rc == 0)
        rc = check_parts(r, place, &parts);
    if (rc == 0)
        rc = read_marks(r, place, &parts, &shape);
    if (rc == 0)
        rc = read_shape(r, place, &parts, &shape.shape);
    if (rc < 0)
        return rc;
    if (parts.name)
        snprintf(shape.name, sizeof(shape.name), "%s",
                 YAJL_GET_STRING(parts.name));
    if (parts.image && YAJL_IS_FALSE(parts.image)) {
        memset(&shape.shape.kernel, 0, sizeof(shape.shape.kernel));
        memset(&shape.shape.ramdisk, 0, sizeof(shape.shape.ramdisk));
    }
    *shape_out = shape;
    return 0;
}

static bool is_named_twice(const struct conf *conf, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (conf->shapes[n].name[0] &&
            strcmp(conf->shapes[i].name, conf->shapes[n].name) == 0)
            return true;
    return false;
}

int conf_shapes(const struct conf_reader *r, const char *place, yajl_val list,
                struct conf *conf)
{
    char at[CONF_PLACE_SIZE];
    size_t i;
    int rc;

    if (!YAJL_IS_ARRAY(list) || list->u.array.len > CONF_SHAPES_MAX)
        return conf_refuse(r, place, list,
                           "[...], a list of at most 256 shapes");
    conf->shapes = calloc(list->u.array.len + 1, sizeof(*conf->shapes));
    if (!conf->shapes)
        return conf_fault(r, -ENOMEM, place, "cannot be kept");
    for (i = 0; i < list->u.array.len; i++) {
        snprintf(at, sizeof(at), "%s[%zu]", place, i);
        rc = conf_shape(r, at, list->u.array.values[i], &conf->shapes[i]);
        if (rc < 0)
            return rc;
        if (is_named_twice(conf, i))
            return conf_fault(r, -EINVAL, at,
                              "its name is that of another one");
    }
    conf->shape_count = list->u.array.len;
    return 0;
}
