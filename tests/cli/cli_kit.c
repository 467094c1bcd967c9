/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_kit.c: run the chaos command in the test's own process, on the model.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli_kit.h"
#include "unit.h"

#define WORDS_MAX 32

char cli_out[1 << 20], cli_err[1 << 16];
static const struct kit *the_kit;
static const char *input;
static int input_fd = -1;

int chaos_main(int argc, char **argv);
int __real_chaos_ctx_create(struct chaos_ctx **ctx_out);
int __wrap_chaos_ctx_create(struct chaos_ctx **ctx_out);

/* The command has no option for the run directory; it needs none. */
int __wrap_chaos_ctx_create(struct chaos_ctx **ctx_out)
{
    int rc = __real_chaos_ctx_create(ctx_out);

    if (rc == 0 && the_kit)
        rc = chaos_ctx_set_run_dir(*ctx_out, the_kit->run);
    return rc;
}

static const char *root = "";
const char *__wrap_doctor_root(void);

const char *__wrap_doctor_root(void)
{
    return root;
}

void cli_set_root(const char *path)
{
    root = path;
}

int cli_setup(void **state)
{
    int rc = kit_setup(state);

    the_kit = *state;
    input = NULL;
    input_fd = -1;
    return rc;
}

int cli_teardown(void **state)
{
    the_kit = NULL;
    model_set_guest(NULL, NULL);
    model_set_hook(NULL, NULL);
    return kit_teardown(state);
}

void cli_set_input(const char *text)
{
    input = text;
}

void cli_set_input_fd(int fd)
{
    input_fd = fd;
}

static int input_file(void)
{
    int fd = input_fd < 0 ? memfd_create("input", MFD_CLOEXEC)
                          : fcntl(input_fd, F_DUPFD_CLOEXEC, 10);

    assert_true(fd >= 0);
    if (input_fd >= 0)
        return fd;
    if (input) {
        assert_int_equal(write(fd, input, strlen(input)), strlen(input));
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    }
    return fd;
}

static void read_back(int fd, char *buf, size_t size)
{
    ssize_t n = pread(fd, buf, size - 1, 0);

    assert_in_range(n, 0, size - 1);
    buf[n] = '\0';
    close(fd);
}

int cli_run(const char *word, ...)
{
    char *argv[WORDS_MAX + 2] = {strdup("chaos")};
    int fds[3], saved[3], argc = 1, i, rc;
    va_list ap;

    va_start(ap, word);
    for (; word && argc <= WORDS_MAX; word = va_arg(ap, const char *))
        argv[argc++] = strdup(word);
    va_end(ap);
    fds[0] = input_file();
    fds[1] = memfd_create("out", MFD_CLOEXEC);
    fds[2] = memfd_create("err", MFD_CLOEXEC);
    for (i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        assert_true(saved[i] >= 0 && dup2(fds[i], i) == i);
    }
    rc = chaos_main(argc, argv);
    for (i = 0; i < 3; i++) {
        assert_int_equal(dup2(saved[i], i), i);
        close(saved[i]);
    }
    close(fds[0]);
    read_back(fds[1], cli_out, sizeof(cli_out));
    read_back(fds[2], cli_err, sizeof(cli_err));
    /* getopt has sorted them; which is where does not matter here. */
    for (i = 0; i < argc; i++)
        free(argv[i]);
    return rc;
}

void cli_assert_error(const char *text)
{
    const char *newline = strchr(cli_err, '\n');

    if (!strstr(cli_err, text))
        fail_msg("'%s' does not say '%s'", cli_err, text);
    assert_int_equal(strncmp(cli_err, "chaos: ", 7), 0);
    assert_true(newline && newline[1] == '\0');
}

const char *cli_config(struct kit *kit, const char *more)
{
    static char path[128];
    char text[512];

    (void)snprintf(path, sizeof(path), "%s/web.json", kit->dir);
    (void)snprintf(text, sizeof(text), "{\"kernel\": \"%s\"%s%s}", kit->kernel,
                   more[0] ? ", " : "", more);
    kit_write_file(path, text, strlen(text));
    return path;
}
