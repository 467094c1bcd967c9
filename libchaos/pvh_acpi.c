/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pvh_acpi.c: a PVH guest's ACPI tables: which processors it has, and that
 * there is nothing else: no legacy devices, no power buttons, no timer.
 *
 * The layouts are those of the ACPI specification, 6.0. A kernel with one
 * processor could do without; one with more finds the others here alone.
 */
#include <string.h>

#include "hv.h"
#include "pvh.h"

#define LAPIC_ADDRESS 0xfee00000u
/* Xen's rule for the number of a vCPU's interrupt controller. */
#define LAPIC_ID(vcpu) (2 * (vcpu))
#define LAPIC_ENABLED 0x1u
/* FADT */
#define BOOT_NO_VGA 0x04u
#define BOOT_NO_CMOS_RTC 0x20u
#define FLAG_HW_REDUCED (1u << 20)

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum_all;
    uint8_t pad[3];
} __attribute__((packed));
_Static_assert(sizeof(struct rsdp) == 36, "RSDP");

struct xsdt {
    struct header head;
    uint64_t fadt, madt;
} __attribute__((packed));

/* What is skipped says where the registers of fixed hardware are. */
struct fadt {
    struct header head;
    uint32_t facs, dsdt;
    uint8_t skip0[65];
    uint16_t boot_flags;
    uint8_t pad;
    uint32_t flags;
    uint8_t skip1[15];
    uint8_t minor_revision;
    uint64_t x_facs, x_dsdt;
    uint8_t skip2[120];
    uint64_t hypervisor;
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, boot_flags) == 109, "FADT");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "FADT");
_Static_assert(sizeof(struct fadt) == 276, "FADT");

struct lapic {
    uint8_t type, length;
    uint8_t processor, id;
    uint32_t flags;
} __attribute__((packed));

struct madt {
    struct header head;
    uint32_t lapic_address, flags;
    struct lapic lapics[128];
} __attribute__((packed));

struct tables {
    struct rsdp rsdp;
    struct xsdt xsdt;
    struct fadt fadt;
    struct header dsdt; /* a definition of nothing */
    struct madt madt;
} __attribute__((packed));
_Static_assert(sizeof(struct tables) <= HV_PAGE_SIZE, "the tables are a page");

static uint8_t checksum(const void *data, size_t size)
{
    const uint8_t *p = data;
    uint8_t sum = 0;

    while (size-- > 0)
        sum = (uint8_t)(sum + *p++);
    return (uint8_t)-sum;
}

/* The table is filled but for this. */
static void finish(struct header *head, const char *signature, uint8_t revision,
                   size_t length)
{
    memcpy(head->signature, signature, sizeof(head->signature));
    head->length = (uint32_t)length;
    head->revision = revision;
    memcpy(head->oem, "chaos ", sizeof(head->oem));
    memcpy(head->oem_table, "PVH     ", sizeof(head->oem_table));
    head->oem_revision = 1;
    memcpy(head->creator, "chao", sizeof(head->creator));
    head->creator_revision = 1;
    head->checksum = checksum(head, length);
}

static void fill_madt(struct madt *madt, unsigned vcpus)
{
    unsigned i;

    madt->lapic_address = LAPIC_ADDRESS;
    for (i = 0; i < vcpus; i++)
        madt->lapics[i] = (struct lapic){
            .length = sizeof(struct lapic),
            .processor = (uint8_t)i,
            .id = (uint8_t)LAPIC_ID(i),
            .flags = LAPIC_ENABLED,
        };
    finish(&madt->head, "APIC", 3,
           offsetof(struct madt, lapics) + vcpus * sizeof(struct lapic));
}

static void fill_fadt(struct fadt *fadt, uint64_t dsdt)
{
    fadt->dsdt = (uint32_t)dsdt;
    fadt->x_dsdt = dsdt;
    fadt->boot_flags = BOOT_NO_VGA | BOOT_NO_CMOS_RTC;
    fadt->flags = FLAG_HW_REDUCED;
    finish(&fadt->head, "FACP", 6, sizeof(*fadt));
}

void pvh_acpi_fill(void *page, uint64_t base, unsigned vcpus)
{
    struct tables *t = page;
    struct rsdp *rsdp = &t->rsdp;

    memset(page, 0, HV_PAGE_SIZE);
    fill_madt(&t->madt, vcpus);
    finish(&t->dsdt, "DSDT", 2, sizeof(t->dsdt));
    fill_fadt(&t->fadt, base + offsetof(struct tables, dsdt));
    t->xsdt.fadt = base + offsetof(struct tables, fadt);
    t->xsdt.madt = base + offsetof(struct tables, madt);
    finish(&t->xsdt.head, "XSDT", 1, sizeof(t->xsdt));
    memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
    memcpy(rsdp->oem, "chaos ", sizeof(rsdp->oem));
    rsdp->revision = 2;
    rsdp->length = sizeof(*rsdp);
    rsdp->xsdt = base + offsetof(struct tables, xsdt);
    rsdp->checksum = checksum(rsdp, 20);
    rsdp->checksum_all = checksum(rsdp, sizeof(*rsdp));
}
