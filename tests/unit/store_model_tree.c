/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model_tree.c: the nodes of the model's XenStore.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "oom.h"
#include "store_model_tree.h"

struct node *tree_find(const struct tree *t, const char *path)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        if (strcmp(t->nodes[i].path, path) == 0)
            return &t->nodes[i];
    }
    return NULL;
}

/* `path` is `top` or below it. */
bool tree_is_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (strcmp(top, "/") == 0)
        return path[0] == '/';
    return strncmp(path, top, len) == 0 &&
           (path[len] == '\0' || path[len] == '/');
}

struct node *tree_add(struct tree *t, const char *path, const char *perms)
{
    struct node *n;

    t->nodes = oom_never_realloc(t->nodes, (t->count + 1) * sizeof(*t->nodes));
    n = &t->nodes[t->count++];
    memset(n, 0, sizeof(*n));
    n->path = oom_never_strdup(path);
    n->value = oom_never_strdup("");
    snprintf(n->perms, sizeof(n->perms), "%s", perms);
    return n;
}

/* With its parents, as the daemon does: permissions are the parent's. */
struct node *tree_make(struct tree *t, const char *path)
{
    struct node *n = tree_find(t, path);
    char parent[STORE_PATH_SIZE], perms[32];
    char *slash;

    if (n)
        return n;
    snprintf(parent, sizeof(parent), "%s", path);
    slash = strrchr(parent, '/');
    slash[slash == parent] = '\0';
    n = tree_make(t, parent);
    memcpy(perms, n->perms, sizeof(perms));
    return tree_add(t, path, perms);
}

static void node_free(struct node *n)
{
    free(n->path);
    free(n->value);
}

bool tree_remove(struct tree *t, const char *path)
{
    size_t i, kept = 0;
    bool found = false;

    for (i = 0; i < t->count; i++) {
        if (tree_is_below(t->nodes[i].path, path)) {
            node_free(&t->nodes[i]);
            found = true;
        } else {
            t->nodes[kept++] = t->nodes[i];
        }
    }
    t->count = kept;
    return found;
}

void tree_free(struct tree *t)
{
    size_t i;

    for (i = 0; i < t->count; i++)
        node_free(&t->nodes[i]);
    free(t->nodes);
    *t = (struct tree){0};
}

void tree_copy(struct tree *to, const struct tree *from)
{
    size_t i;

    for (i = 0; i < from->count; i++) {
        struct node *n =
            tree_add(to, from->nodes[i].path, from->nodes[i].perms);

        free(n->value);
        n->value = oom_never_strdup(from->nodes[i].value);
    }
}

void tree_set(struct tree *t, const char *path, const char *value)
{
    struct node *n = tree_make(t, path);

    free(n->value);
    n->value = oom_never_strdup(value);
}

static int by_path(const void *a, const void *b)
{
    const struct node *left = a, *right = b;

    return strcmp(left->path, right->path);
}

char *tree_text(const struct tree *t)
{
    struct tree sorted = {0};
    char *text = NULL;
    size_t i, size;
    FILE *f = open_memstream(&text, &size);

    tree_copy(&sorted, t);
    qsort(sorted.nodes, sorted.count, sizeof(struct node), by_path);
    for (i = 0; i < sorted.count; i++)
        fprintf(f, "%s = %s (%s)\n", sorted.nodes[i].path,
                sorted.nodes[i].value, sorted.nodes[i].perms);
    fclose(f);
    tree_free(&sorted);
    return text;
}
