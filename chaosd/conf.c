/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf.c: the daemon's configuration: its defaults, and the file as a whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_internal.h"

#define METRICS "unix:/run/chaos/metrics.sock"

static int conf_create(struct conf **conf_out)
{
    struct conf *conf = calloc(1, sizeof(*conf));

    if (!conf)
        return -ENOMEM;
    *conf = (struct conf){
        .socket = strdup(CHAOSD_SOCKET),
        .metrics = strdup(METRICS),
        .clients = 1024,
        .workers = 2,
        .on_stop = CONF_STOP_KEEP,
        .pool_memory_kb = 256u << 10,
        .pool_reserve_kb = 64u << 10,
        .pool_learn = true,
        .pool_learn_max = 16,
        .pool_low = 2,
        .pool_high = 16,
        .pool_preload = true,
        .restarts = 5,
        .restart_seconds = 60,
        .ring_bytes = 16u << 10,
        .log_seconds = 3600,
        .log_bytes = 16u << 20,
        .log_guest_bytes = 8u << 10,
    };
    if (!conf->socket || !conf->metrics) {
        conf_free(conf);
        return -ENOMEM;
    }
    *conf_out = conf;
    return 0;
}

void conf_free(struct conf *conf)
{
    if (!conf)
        return;
    free(conf->socket);
    free(conf->group);
    free(conf->metrics);
    free(conf->shapes);
    free(conf);
}

/* --- keys -------------------------------------------------------------------
 */

static const struct conf_key *find_key(const struct conf_key *keys,
                                       const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

static int read_object(const struct conf_reader *r, const char *place,
                       yajl_val object, const struct conf_key *keys,
                       struct conf *conf);

static int read_value(const struct conf_reader *r, const char *place,
                      const struct conf_key *key, yajl_val value,
                      struct conf *conf)
{
    if (key->type == CONF_SECTION)
        return read_object(r, place, value, key->keys, conf);
    if (key->type == CONF_SHAPES)
        return conf_shapes(r, place, value, conf);
    return conf_assign(r, place, key, value, conf);
}

/* Only the tables nest, and they do so once. */
static int read_object(const struct conf_reader *r, const char *place,
                       yajl_val object, const struct conf_key *keys,
                       struct conf *conf)
{
    char at[CONF_PLACE_SIZE];
    size_t i;
    int rc;

    if (!YAJL_IS_OBJECT(object))
        return conf_refuse(r, place, object, "{...}");
    rc = conf_check_unique(r, place, object);
    for (i = 0; i < object->u.object.len && rc == 0; i++) {
        const char *name = object->u.object.keys[i];
        const struct conf_key *key = find_key(keys, name);

        conf_place(at, place, name);
        if (key)
            rc = read_value(r, at, key, object->u.object.values[i], conf);
        else
            rc = conf_fault(r, -EINVAL, at, "unknown key (docs/chaosd.md)");
    }
    return rc;
}

/* What only the whole can tell. */
static int check_whole(const struct conf_reader *r, const struct conf *conf)
{
    if (conf->pool_low > conf->pool_high)
        return conf_fault(r, -EINVAL, "pool.low",
                          "is more than pool.high: expected no more");
    return 0;
}

/* --- texts ------------------------------------------------------------------
 */

/* text ends with a zero byte that does not count. */
static int parse_text(const struct conf_reader *r, const char *text,
                      size_t size, yajl_val *value_out)
{
    char error[256] = "";
    yajl_val value;

    if (memchr(text, 0, size))
        return conf_fault(r, -EINVAL, "", "expected JSON, found a zero byte");
    value = yajl_tree_parse(text, error, sizeof(error));
    if (!value) {
        char sentence[320];

        error[strcspn(error, "\n")] = '\0';
        snprintf(sentence, sizeof(sentence), "expected JSON: %s",
                 error[0] ? error : "there is none");
        return conf_fault(r, -EINVAL, "", sentence);
    }
    *value_out = value;
    return 0;
}

static int parse_conf(const struct conf_reader *r, const char *text,
                      size_t size, struct conf *conf)
{
    yajl_val value;
    int rc = parse_text(r, text, size, &value);

    if (rc < 0)
        return rc;
    rc = read_object(r, "", value, conf_root, conf);
    yajl_tree_free(value);
    return rc < 0 ? rc : check_whole(r, conf);
}

int conf_parse_shape(const char *json, size_t size,
                     struct conf_shape *shape_out, char *text, size_t text_size)
{
    const struct conf_reader r = {
        .source = "shape", .dir = "", .text = text, .text_size = text_size};
    char *copy = strndup(json, size);
    yajl_val value;
    int rc;

    if (!copy)
        return conf_fault(&r, -ENOMEM, "", "cannot be kept");
    rc = parse_text(&r, copy, strlen(copy) == size ? size : size + 1, &value);
    free(copy);
    if (rc < 0)
        return rc;
    rc = conf_shape(&r, "", value, shape_out);
    yajl_tree_free(value);
    return rc;
}

/* --- files ------------------------------------------------------------------
 */

static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t n = read(fd, text + have, size - have);

        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

static int read_fd(const struct conf_reader *r, int fd, struct conf *conf)
{
    struct stat st;
    ssize_t size;
    char *text;
    int rc;

    if (fstat(fd, &st) < 0)
        return conf_fault(r, -errno, "", "cannot be read");
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)CONF_SIZE_MAX)
        return conf_fault(r, -EINVAL, "",
                          "expected a plain file of at most 256 KiB");
    text = malloc(CONF_SIZE_MAX + 1);
    if (!text)
        return conf_fault(r, -ENOMEM, "", "cannot be kept");
    size = read_all(fd, text, CONF_SIZE_MAX);
    if (size < 0) {
        rc = conf_fault(r, (int)size, "", "cannot be read");
    } else {
        text[size] = '\0';
        rc = parse_conf(r, text, (size_t)size, conf);
    }
    free(text);
    return rc;
}

static int read_file(const char *path, bool may_lack, struct conf *conf,
                     char *text, size_t text_size)
{
    const char *slash = strrchr(path, '/');
    char *dir = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
    struct conf_reader r = {
        .source = path, .dir = dir, .text = text, .text_size = text_size};
    int fd, rc;

    if (!dir)
        return conf_fault(&r, -ENOMEM, "", "cannot be kept");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        rc = may_lack && errno == ENOENT ? 0 : -errno;
        if (rc < 0)
            conf_fault(&r, rc, "", strerror(-rc));
    } else {
        rc = read_fd(&r, fd, conf);
        close(fd);
    }
    free(dir);
    return rc;
}

int conf_load(const char *path, struct conf **conf_out, char *text,
              size_t text_size)
{
    struct conf *conf;
    int rc = conf_create(&conf);

    if (rc < 0) {
        snprintf(text, text_size, "the configuration cannot be kept");
        return rc;
    }
    if (path)
        rc = read_file(path, strcmp(path, CONF_PATH) == 0, conf, text,
                       text_size);
    if (rc < 0) {
        conf_free(conf);
        return rc;
    }
    *conf_out = conf;
    return 0;
}
