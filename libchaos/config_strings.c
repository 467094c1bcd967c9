/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_strings.c: types of configuration values that own a string: names,
 * paths, the command line, addresses that are passed on as text.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

/* start_info.cmd_line has 1,024 bytes with its zero. */
#define CMDLINE_MAX 1023

static char **field(const struct config_key *key, void *obj)
{
    return (char **)((char *)obj + key->offset);
}

/* string: owned from here on; NULL unsets. */
static void replace(const struct config_key *key, void *obj, char *string)
{
    char **at = field(key, obj);

    free(*at);
    *at = string;
}

static int replace_copy(const struct config_key *key, void *obj,
                        const struct config_value *value)
{
    char *copy = strndup(value->text, value->len);

    if (!copy)
        return -ENOMEM;
    replace(key, obj, copy);
    return 0;
}

static void string_format(const struct config_key *key, const void *obj,
                          struct config_value *value_out, char *buf)
{
    char *const *at = (char *const *)((const char *)obj + key->offset);

    (void)buf;
    if (!*at)
        return;
    value_out->kind = CONFIG_STRING;
    value_out->text = *at;
    value_out->len = strlen(*at);
}

static int name_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    int rc = chaos__parse_name(value->text, value->len);

    return rc < 0 ? rc : replace_copy(key, obj, value);
}

const struct config_type chaos__config_name_type = {
    .parse = name_parse, .format = string_format, .owned = true};

/* An empty text unsets: that is how a command line drops a file's. */
static int cmdline_parse(const struct config_key *key,
                         const struct config_value *value, void *obj)
{
    if (value->len > CMDLINE_MAX)
        return -ERANGE;
    if (value->len)
        return replace_copy(key, obj, value);
    replace(key, obj, NULL);
    return 0;
}

const struct config_type chaos__config_cmdline_type = {
    .parse = cmdline_parse, .format = string_format, .owned = true};

/* Append to a path of *used bytes in buf. */
static int path_add(char buf[PATH_MAX], size_t *used, const char *text,
                    size_t len)
{
    if (len >= PATH_MAX - *used)
        return -ERANGE;
    memcpy(buf + *used, text, len);
    *used += len;
    buf[*used] = '\0';
    return 0;
}

/*
 * Make a path absolute, so that it means the same to whoever reads the
 * configuration later. Symbolic links and ".." stay as they are.
 */
static int path_absolute(const struct config_value *value, char buf[PATH_MAX],
                         size_t *len_out)
{
    bool absolute = value->text[0] == '/';
    int rc = 0;

    *len_out = 0;
    if (!absolute && (value->dir_len == 0 || value->dir[0] != '/')) {
        if (!getcwd(buf, PATH_MAX))
            return errno == ERANGE ? -ERANGE : -errno;
        *len_out = strlen(buf);
        if (*len_out > 1)
            rc = path_add(buf, len_out, "/", 1);
    }
    if (rc == 0 && !absolute)
        rc = path_add(buf, len_out, value->dir, value->dir_len);
    return rc < 0 ? rc : path_add(buf, len_out, value->text, value->len);
}

static int path_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    char buf[PATH_MAX];
    struct config_value path = {.text = buf};
    int rc;

    if (value->len == 0 && !key->required) {
        replace(key, obj, NULL);
        return 0;
    }
    if (value->len == 0)
        return -EINVAL;
    rc = path_absolute(value, buf, &path.len);
    if (rc < 0)
        return rc;
    /* The directory came from outside and has to fit into JSON, too. */
    if (!chaos__is_text(path.text, path.len))
        return -EINVAL;
    return replace_copy(key, obj, &path);
}

const struct config_type chaos__config_path_type = {
    .parse = path_parse, .format = string_format, .owned = true};

static int checked(const struct config_key *key,
                   const struct config_value *value, void *obj,
                   int (*check)(const char *text, size_t len))
{
    int rc = check(value->text, value->len);

    return rc < 0 ? rc : replace_copy(key, obj, value);
}

static int ip_parse(const struct config_key *key,
                    const struct config_value *value, void *obj)
{
    return checked(key, value, obj, chaos__check_ip);
}

const struct config_type chaos__config_ip_type = {
    .parse = ip_parse, .format = string_format, .owned = true};

static int host_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    return checked(key, value, obj, chaos__check_host);
}

const struct config_type chaos__config_host_type = {
    .parse = host_parse, .format = string_format, .owned = true};

static int ifname_parse(const struct config_key *key,
                        const struct config_value *value, void *obj)
{
    return checked(key, value, obj, chaos__check_new_ifname);
}

const struct config_type chaos__config_ifname_type = {
    .parse = ifname_parse, .format = string_format, .owned = true};

static int bridge_parse(const struct config_key *key,
                        const struct config_value *value, void *obj)
{
    return checked(key, value, obj, chaos__check_ifname);
}

const struct config_type chaos__config_bridge_type = {
    .parse = bridge_parse, .format = string_format, .owned = true};

static int vdev_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    return checked(key, value, obj, chaos__check_vdev);
}

const struct config_type chaos__config_vdev_type = {
    .parse = vdev_parse, .format = string_format, .owned = true};
