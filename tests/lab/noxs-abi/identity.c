/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identities: fields, names and who has them.
 */
#include <errno.h>
#include <string.h>

#include "test.h"

static long set(uint16_t domid, uint32_t fields,
                const struct noxs_identity *identity)
{
    struct noxs_op_identity op = {
        .domid = domid, .fields = fields, .identity = *identity};

    return CALL(NOXS_OP_IDENTITY_SET, &op);
}

static long set_name(uint16_t domid, const char *name)
{
    struct noxs_identity identity = {.generation = 0};

    memcpy(identity.name, name, strlen(name) + 1);
    return set(domid, NOXS_ID_NAME, &identity);
}

static long get(uint16_t domid, struct noxs_identity *identity)
{
    struct noxs_op_identity op = {.domid = domid};
    long rc = CALL(NOXS_OP_IDENTITY_GET, &op);

    if (!rc)
        EXPECT(op.fields, NOXS_ID_ALL);
    *identity = op.identity;
    return rc;
}

/* The domain of a name, or -errno. */
static long lookup(const char *name)
{
    struct noxs_op_lookup op = {.domid = 0};
    long rc;

    memcpy(op.name, name, strlen(name) + 1);
    rc = CALL(NOXS_OP_LOOKUP, &op);
    return rc ? rc : op.domid;
}

static void test_fields(uint16_t guest)
{
    struct noxs_identity all = {
        .uuid = {1, 2, 3}, .generation = 42, .seed = {4, 5}, .name = "fields"};
    struct noxs_identity other = {
        .uuid = {9}, .generation = 43, .seed = {8}, .name = "other"};
    struct noxs_identity now;

    EXPECT(get(guest, &now), 0);
    CHECK(!memcmp(&now, &(struct noxs_identity){.generation = 0}, sizeof(now)));
    EXPECT(set(guest, NOXS_ID_ALL, &all), 0);
    EXPECT(get(guest, &now), 0);
    CHECK(!memcmp(&now, &all, sizeof(now)));
    EXPECT(set(guest, NOXS_ID_GENERATION | NOXS_ID_SEED, &other), 0);
    all.generation = other.generation;
    memcpy(all.seed, other.seed, sizeof(all.seed));
    EXPECT(get(guest, &now), 0);
    CHECK(!memcmp(&now, &all, sizeof(now)));
    EXPECT(set(guest, 0, &other), 0);
    EXPECT(get(guest, &now), 0);
    CHECK(!memcmp(&now, &all, sizeof(now)));
    EXPECT(lookup("fields"), guest);
    EXPECT(lookup("other"), -ENOENT);
}

static void test_errors(uint16_t guest)
{
    struct noxs_op_identity op = {.domid = guest, .fields = NOXS_ID_ALL + 1};
    struct noxs_op_lookup find = {.name = "fields"};

    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), -EINVAL);
    op = (struct noxs_op_identity){.domid = guest, .pad = 1};
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), -EINVAL);
    EXPECT(CALL(NOXS_OP_IDENTITY_GET, &op), -EINVAL);
    op = (struct noxs_op_identity){.domid = guest, .identity.pad = {1}};
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), -EINVAL);
    op = (struct noxs_op_identity){.domid = guest, .fields = NOXS_ID_NAME};
    EXPECT(CALL(NOXS_OP_IDENTITY_GET, &op), -EINVAL);
    op = (struct noxs_op_identity){.domid = 0x7000};
    EXPECT(CALL(NOXS_OP_IDENTITY_GET, &op), -ESRCH);
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), -ESRCH);
    EXPECT(call_raw(NOXS_OP_IDENTITY_SET, WILD, 0), -EFAULT);
    EXPECT(call_raw(NOXS_OP_IDENTITY_GET, WILD, 0), -EFAULT);
    op = (struct noxs_op_identity){.domid = guest};
    EXPECT(call_raw(NOXS_OP_IDENTITY_GET, call_read_only(&op, sizeof(op)), 0),
           -EFAULT);
    find.pad[5] = 1;
    EXPECT(CALL(NOXS_OP_LOOKUP, &find), -EINVAL);
    EXPECT(call_raw(NOXS_OP_LOOKUP, WILD, 0), -EFAULT);
}

static void test_names(uint16_t guest)
{
    struct noxs_identity identity = {.name = "a\0b"};
    char longest[NOXS_NAME_SIZE];

    EXPECT(set_name(guest, "has space"), -EINVAL);
    EXPECT(set_name(guest, "tab\t"), -EINVAL);
    EXPECT(set_name(guest, "delete\177"), -EINVAL);
    EXPECT(set(guest, NOXS_ID_NAME, &identity), -EINVAL);
    memset(identity.name, 'x', sizeof(identity.name));
    EXPECT(set(guest, NOXS_ID_NAME, &identity), -EINVAL);
    EXPECT(lookup("has space"), -EINVAL);
    EXPECT(lookup("fields"), guest); /* refusals change nothing */
    EXPECT(set_name(guest, "gr\303\274n"), 0);
    EXPECT(lookup("gr\303\274n"), guest);
    EXPECT(lookup("fields"), -ENOENT);
    memset(longest, '~', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    EXPECT(set_name(guest, longest), 0);
    EXPECT(lookup(longest), guest);
    EXPECT(set_name(guest, longest), 0); /* its own again */
    EXPECT(set_name(guest, ""), 0);
    EXPECT(lookup(longest), -ENOENT);
    EXPECT(lookup(""), -ENOENT);
}

static void test_unique(uint16_t guest)
{
    uint16_t second = host_create();
    struct noxs_identity now, taken = {.generation = 5, .name = "taken"};

    EXPECT(set_name(guest, "taken"), 0);
    EXPECT(set_name(second, "free"), 0);
    EXPECT(set(second, NOXS_ID_ALL, &taken), -EEXIST);
    EXPECT(get(second, &now), 0);
    CHECK(!strcmp(now.name, "free") && now.generation == 0);
    EXPECT(lookup("taken"), guest);
    EXPECT(set_name(guest, "given-up"), 0);
    EXPECT(set_name(second, "taken"), 0);
    EXPECT(lookup("taken"), second);
    EXPECT(set_name(0, "taken"), -EEXIST);
    EXPECT(set_name(NOXS_DOMID_SELF, "taken"), -EEXIST);
    host_destroy(second);
    EXPECT(lookup("taken"), -ENOENT);
    EXPECT(set_name(second, "taken"), -ESRCH);
    EXPECT(set_name(NOXS_DOMID_SELF, "taken"), 0);
    EXPECT(lookup("taken"), 0);
    EXPECT(set_name(0, ""), 0);
}

void test_identity(void)
{
    uint16_t guest = host_create();

    test_fields(guest);
    test_errors(guest);
    test_names(guest);
    test_unique(guest);
    host_destroy(guest);
}
