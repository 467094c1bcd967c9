/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model_tree.h: the nodes of the model's XenStore.
 */
#ifndef STORE_MODEL_TREE_H
#define STORE_MODEL_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct node {
    char *path, *value; /* owned */
    char perms[32];
};

/* In no order; a node's parent is always there, the root included. */
struct tree {
    struct node *nodes; /* owned */
    size_t count;
};

/* NULL: there is none. */
struct node *tree_find(const struct tree *t, const char *path);
/* `path` is `top` or below it. */
bool tree_is_below(const char *path, const char *top);
struct node *tree_add(struct tree *t, const char *path, const char *perms);
/* With its parents, as the daemon does: permissions are the parent's. */
struct node *tree_make(struct tree *t, const char *path);
void tree_set(struct tree *t, const char *path, const char *value);
bool tree_remove(struct tree *t, const char *path);
void tree_free(struct tree *t);
/* As model_store_text(). */
char *tree_text(const struct tree *t);
void tree_copy(struct tree *to, const struct tree *from);

#endif /* STORE_MODEL_TREE_H */
