/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configurations as texts and files: what is no JSON, where the error is, what
 * is no file, and where relative paths start.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chaos/chaos.h>

#include "config.h"
#include "oom.h"
#include "unit.h"

#define LIMIT (1024 * 1024)

struct fixture {
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
    char dir[64]; /* made for the test, and its working directory */
};

static int setup(void **state)
{
    static struct fixture f;

    strcpy(f.dir, "/tmp/chaos-test-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    assert_int_equal(chdir(f.dir), 0);
    assert_int_equal(chaos_ctx_create(&f.ctx), 0);
    assert_int_equal(chaos_config_create(f.ctx, &f.cfg), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    chaos_config_destroy(f->cfg);
    chaos_ctx_destroy(f->ctx);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(chdir("/"), 0);
    return system(command);
}

static void refuse_text(struct fixture *f, const char *text, size_t len,
                        const char *error)
{
    /* Without a terminator, so that ASan sees a byte too many read. */
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    assert_int_equal(chaos_config_parse(f->ctx, f->cfg, "web.json", copy, len),
                     -EINVAL);
    assert_string_equal(chaos_ctx_error(f->ctx), error);
    assert_int_equal(f->cfg->memory_kb, 4096);
    free(copy);
}

static void write_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void refuse_file(struct fixture *f, const char *path, int rc,
                        const char *error)
{
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, path), rc);
    assert_string_equal(chaos_ctx_error(f->ctx), error);
}

static void test_not_json(void **state)
{
#define OBJECT "expected a JSON object: {\"kernel\": ..., ...}"
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "web.json:1: not JSON: parse error: premature EOF"},
        {" \n\n", "web.json:3: not JSON: parse error: premature EOF"},
        {"{\"memory\": 8", "web.json:1: not JSON: parse error: premature EOF"},
        {"{\"memory\": 8,\n",
         "web.json:2: not JSON: parse error: premature EOF"},
        {"{\"kernel\": \"/x",
         "web.json:1: not JSON: parse error: premature EOF"},
        {"{\n\"memory\": 8,\n}",
         "web.json:3: not JSON: parse error: invalid object key (must be a "
         "string)"},
        {"{\n\"memory\" 8}",
         "web.json:2: not JSON: parse error: object key and value must be "
         "separated by a colon (':')"},
        {"{\"memory\": 8}\n{}",
         "web.json:2: not JSON: parse error: trailing garbage"},
        {"{\"memory\": 8}\n]",
         "web.json:2: not JSON: parse error: trailing garbage"},
        {"{\n'memory': 8}",
         "web.json:2: not JSON: lexical error: invalid char in json text"},
        {"{\"vcpus\": 1 8}",
         "web.json:1: not JSON: parse error: after key and value, inside map, "
         "I expect ',' or '}'"},
        {"{\"memory\": 8 // MiB\n}",
         "web.json:1: not JSON: lexical error: probable comment found in "
         "input text, comments are not enabled"},
        {"{\"name\": \"a\nb\"}",
         "web.json:1: not JSON: lexical error: invalid character inside "
         "string"},
        {"{\"name\": \"\xff\"}",
         "web.json:1: not JSON: lexical error: invalid bytes in UTF8 string"},
        {"{\n\"name\": \"\\ud800\"}",
         "web.json:2: not JSON: half a surrogate pair in a \\u escape"},
        {"[]", "web.json:1: " OBJECT},
        {"\n8 ", "web.json:2: " OBJECT},
        {"8", "web.json:1: " OBJECT},
        {"\"a\"", "web.json:1: " OBJECT},
        {"null", "web.json:1: " OBJECT},
    };
    struct fixture *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refuse_text(f, cases[i].text, strlen(cases[i].text), cases[i].error);
    refuse_text(f, "{}\0", 3,
                "web.json:1: not JSON: parse error: trailing garbage");
    /* An error after good keys leaves those unset, too. */
    refuse_text(f, "{\"memory\": 8, \"vcpus\": 0}", 25,
                "web.json:1: vcpus: 0: expected a number from 1 to 128");
}

static void test_deep(void **state)
{
    struct fixture *f = *state;
    char text[4096];

    memset(text, '[', sizeof(text));
    memcpy(text, "{\"vifs\":", 8);
    refuse_text(f, text, sizeof(text),
                "web.json:1: vifs[0]: [...]: expected a list of "
                "{\"ip\": ..., \"mac\": ..., \"bridge\": ...}");
}

/* Strings that libyajl has to decode, across the sizes of its buffer. */
static void test_escapes(void **state)
{
    static const size_t lengths[] = {1,    2046, 2047,   2048,
                                     2049, 4096, 100000, LIMIT - 30};
    struct fixture *f = *state;
    char *text = malloc(LIMIT);
    size_t i;

    assert_non_null(text);
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t len = (size_t)sprintf(text, "{\"cmdline\": \"\\n");

        memset(text + len, 'x', lengths[i]);
        len += lengths[i];
        /* Cut off: the whole token goes into yajl's other buffer. */
        assert_int_equal(chaos_config_parse(f->ctx, f->cfg, "t", text, len),
                         -EINVAL);
        assert_string_equal(chaos_ctx_error(f->ctx),
                            "t:1: not JSON: parse error: premature EOF");
        len += (size_t)sprintf(text + len, "\"}");
        assert_int_equal(chaos_config_parse(f->ctx, f->cfg, "t", text, len),
                         lengths[i] < 1023 ? 0 : -EINVAL);
        assert_int_equal(f->cfg->cmdline[0], '\n');
        assert_int_equal(strlen(f->cfg->cmdline), 2);
    }
    free(text);
}

static void test_no_file(void **state)
{
    struct fixture *f = *state;
    char *big = malloc(LIMIT + 1);

    assert_non_null(big);
    refuse_file(f, "none.json", -ENOENT, "none.json: cannot be opened");
    refuse_file(f, "none\n\033[2J.json", -ENOENT,
                "none\\x0a\\x1b[2J.json: cannot be opened");
    assert_int_equal(mkdir("dir", 0755), 0);
    refuse_file(f, "dir", -EISDIR, "dir: expected a JSON file");
    assert_int_equal(mkfifo("fifo", 0644), 0);
    refuse_file(f, "fifo", -EINVAL,
                "fifo: not a plain file; for a pipe use \"-\", which reads "
                "standard input");
    refuse_file(f, "/dev/zero", -EINVAL,
                "/dev/zero: not a plain file; for a pipe use \"-\", which "
                "reads standard input");
    write_file("empty", "", 0);
    refuse_file(f, "empty", -EINVAL,
                "empty:1: not JSON: parse error: premature EOF");
    /* Exactly as large as allowed, then one byte more. */
    memset(big, ' ', LIMIT + 1);
    memcpy(big, "{\"memory\": 8}", 13);
    write_file("big", big, LIMIT);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "big"), 0);
    assert_int_equal(f->cfg->memory_kb, 8192);
    write_file("big", big, LIMIT + 1);
    refuse_file(f, "big", -EFBIG,
                "big: expected a configuration of at most 1 MiB");
    assert_int_equal(chaos_config_parse(f->ctx, f->cfg, "t", big, LIMIT + 1),
                     -EINVAL);
    assert_string_equal(chaos_ctx_error(f->ctx),
                        "t: expected a configuration of at most 1 MiB");
    free(big);
}

static void test_file_sizes(void **state)
{
    static const size_t sizes[] = {13, 4094, 4095, 4096, 4097, 70000};
    struct fixture *f = *state;
    char text[70000];
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(text, ' ', sizeof(text));
        memcpy(text, "{\"memory\": ", 11);
        text[sizes[i] - 2] = (char)('1' + i);
        text[sizes[i] - 1] = '}';
        write_file("vm.json", text, sizes[i]);
        assert_int_equal(chaos_config_load(f->ctx, f->cfg, "vm.json"), 0);
        assert_int_equal(f->cfg->memory_kb, 1024 * (1 + i));
    }
}

/* The lowest free descriptor: the same later, if none was left open. */
static int next_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void test_descriptors(void **state)
{
    static const char *const paths[] = {"good", "bad",  "big",
                                        "dir",  "none", "/dev/zero"};
    struct fixture *f = *state;
    int before = next_fd();
    char big[5000];
    size_t i;

    memset(big, ' ', sizeof(big));
    memcpy(big, "{}", 2);
    write_file("good", "{}", 2);
    write_file("bad", "{", 1);
    write_file("big", big, sizeof(big));
    assert_int_equal(mkdir("dir", 0755), 0);
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int rc = chaos_config_load(f->ctx, f->cfg, paths[i]);

        assert_int_equal(rc == 0, i == 0 || i == 2);
        assert_int_equal(next_fd(), before);
    }
    oom_arm(0);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "big"), -ENOMEM);
    assert_true(oom_disarm());
    assert_string_equal(chaos_ctx_error(f->ctx), "big: cannot be read");
    assert_int_equal(next_fd(), before);
}

static void test_stdin(void **state)
{
    static const char text[] = "{\"memory\": 8, \"kernel\": \"k\"}";
    static const char bad[] = "{\n\"memory\": -8}";
    struct fixture *f = *state;
    int saved = dup(STDIN_FILENO);
    char expected[128];
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
    close(fds[1]);
    assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    close(fds[0]);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "-"), 0);
    assert_int_equal(f->cfg->memory_kb, 8192);
    (void)snprintf(expected, sizeof(expected), "%s/k", f->dir);
    assert_string_equal(f->cfg->kernel, expected);

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], bad, strlen(bad)), strlen(bad));
    close(fds[1]);
    assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    close(fds[0]);
    refuse_file(f, "-", -EINVAL,
                "<stdin>:2: memory: -8: expected a number of MiB or a size "
                "such as \"3600K\"");
    /* It is not ours to close. */
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    /* Where there is none, a file may get its number. */
    close(STDIN_FILENO);
    assert_int_equal(mkdir("sub", 0755), 0);
    write_file("sub/vm.json", text, strlen(text));
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "sub/vm.json"), 0);
    (void)snprintf(expected, sizeof(expected), "%s/sub/k", f->dir);
    assert_string_equal(f->cfg->kernel, expected);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

/* Endless, or nothing that can be read. */
static void test_bad_stdin(void **state)
{
    struct fixture *f = *state;
    int saved = dup(STDIN_FILENO);
    int fd = open("/dev/zero", O_RDONLY);

    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    refuse_file(f, "-", -EFBIG,
                "<stdin>: expected a configuration of at most 1 MiB");
    fd = open(f->dir, O_RDONLY | O_DIRECTORY);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    refuse_file(f, "-", -EISDIR, "<stdin>: cannot be read");
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

static void test_relative(void **state)
{
    static const char text[] =
        "{\"kernel\": \"../k\", \"ramdisk\": \"/r\", \"vbds\": "
        "[{\"target\": \"d.img\", \"type\": \"file\", \"vdev\": \"xvda\"}]}";
    struct fixture *f = *state;
    char path[128], expected[128];

    assert_int_equal(mkdir("sub", 0755), 0);
    write_file("sub/vm.json", text, strlen(text));
    (void)snprintf(path, sizeof(path), "%s/sub/vm.json", f->dir);
    (void)snprintf(expected, sizeof(expected), "%s/sub/../k", f->dir);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, path), 0);
    assert_string_equal(f->cfg->kernel, expected);
    assert_string_equal(f->cfg->ramdisk, "/r");
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "sub/vm.json"), 0);
    assert_string_equal(f->cfg->kernel, expected);
    (void)snprintf(expected, sizeof(expected), "%s/sub/d.img", f->dir);
    assert_string_equal(f->cfg->vbds[0].target, expected);
    assert_int_equal(chdir("sub"), 0);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "vm.json"), 0);
    (void)snprintf(expected, sizeof(expected), "%s/sub/../k", f->dir);
    assert_string_equal(f->cfg->kernel, expected);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(chaos_config_set(f->ctx, f->cfg, "kernel", "k"), 0);
    assert_string_equal(f->cfg->kernel, "/k");
}

static void test_no_directory(void **state)
{
    static const char text[] = "{\"kernel\": \"k\"}";
    struct fixture *f = *state;

    assert_int_equal(mkdir("gone", 0755), 0);
    assert_int_equal(chdir("gone"), 0);
    assert_int_equal(rmdir("../gone"), 0);
    assert_int_equal(
        chaos_config_parse(f->ctx, f->cfg, "t", text, strlen(text)), -ENOENT);
    assert_string_equal(chaos_ctx_error(f->ctx),
                        "t:1: kernel: \"k\": expected an absolute path, as "
                        "there is no working directory");
}

/* A path JSON cannot hold, though the text itself is fine. */
static void test_strange_directory(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir("d\xff", 0755), 0);
    write_file("d\xff/vm.json", "{\"kernel\": \"k\"}", 15);
    refuse_file(f, "d\xff/vm.json", -EINVAL,
                "d\\xff/vm.json:1: kernel: \"k\": expected the path of a "
                "kernel image");
    write_file("d\xff/vm.json", "{\"kernel\": \"/k\"}", 16);
    assert_int_equal(chaos_config_load(f->ctx, f->cfg, "d\xff/vm.json"), 0);
}

/* A source's name, key and value at their longest leave room for the rest. */
static void test_long_error(void **state)
{
    struct fixture *f = *state;
    char name[300], text[400];

    memset(name, 'd', sizeof(name));
    strcpy(name + 290, "/web.json");
    (void)snprintf(text, sizeof(text), "{\"name\": \"%0300d\"}", 0);
    assert_int_equal(
        chaos_config_parse(f->ctx, f->cfg, name, text, strlen(text)), -EINVAL);
    assert_memory_equal(chaos_ctx_error(f->ctx), "...ddddd", 8);
    assert_non_null(strstr(chaos_ctx_error(f->ctx), "d/web.json:1: name: \"0"));
    assert_non_null(strstr(chaos_ctx_error(f->ctx), "starting with '-'"));
    /* Not cut within a character. */
    (void)snprintf(name, sizeof(name), "%0100d\xc3\xbc%079d", 0, 0);
    assert_int_equal(
        chaos_config_parse(f->ctx, f->cfg, name, text, strlen(text)), -EINVAL);
    assert_memory_equal(chaos_ctx_error(f->ctx), "...000", 6);
    (void)snprintf(text, sizeof(text), "{\"%0300d\": 1}", 0);
    assert_int_equal(
        chaos_config_parse(f->ctx, f->cfg, name, text, strlen(text)), -EINVAL);
    assert_non_null(strstr(chaos_ctx_error(f->ctx), "000...: unknown key"));
    assert_non_null(strstr(chaos_ctx_error(f->ctx), "vifs, vbds, xen"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_not_json),
        CASE(test_deep),
        CASE(test_escapes),
        CASE(test_no_file),
        CASE(test_file_sizes),
        CASE(test_descriptors),
        CASE(test_stdin),
        CASE(test_bad_stdin),
        CASE(test_strange_directory),
        CASE(test_relative),
        CASE(test_no_directory),
        CASE(test_long_error),
    };

    return cmocka_run_group_tests_name("config text", tests, NULL, NULL);
}
