/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.c: small valid kernels for tests, and ways to spoil them.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <noxs/elfnote.h>
#include <xen/elfnote.h>

#include "kernel.h"
#include "unit.h"

Elf64_Ehdr *kernel_ehdr(struct kernel *k)
{
    return (void *)k->bytes;
}

Elf64_Phdr *kernel_phdr(struct kernel *k, unsigned i)
{
    return (Elf64_Phdr *)(void *)(k->bytes + sizeof(Elf64_Ehdr)) + i;
}

static uint32_t note_align(uint32_t size)
{
    return (size + 3) & ~3u;
}

Elf64_Nhdr *kernel_note(struct kernel *k, uint32_t type)
{
    size_t at = 0;

    while (at < k->notes_size) {
        Elf64_Nhdr *note = (void *)(k->bytes + KERNEL_NOTES_OFFSET + at);

        if (note->n_type == type && note->n_namesz == 4)
            return note;
        at += sizeof(*note) + note_align(note->n_namesz) +
              note_align(note->n_descsz);
    }
    return NULL;
}

void kernel_note_add(struct kernel *k, const char *name, uint32_t type,
                     const void *desc, uint32_t size)
{
    uint8_t *at = k->bytes + KERNEL_NOTES_OFFSET + k->notes_size;
    Elf64_Nhdr note = {(uint32_t)strlen(name) + 1, size, type};

    memcpy(at, &note, sizeof(note));
    memcpy(at + sizeof(note), name, note.n_namesz);
    memcpy(at + sizeof(note) + note_align(note.n_namesz), desc, size);
    k->notes_size +=
        sizeof(note) + note_align(note.n_namesz) + note_align(size);
    kernel_phdr(k, 2)->p_filesz = k->notes_size;
    assert_true(KERNEL_NOTES_OFFSET + k->notes_size <= KERNEL_TEXT_OFFSET);
}

static void note_number(struct kernel *k, uint32_t type, uint64_t value)
{
    kernel_note_add(k, "Xen", type, &value, sizeof(value));
}

uint8_t kernel_byte(uint64_t address)
{
    return (uint8_t)(address * 7 + (address >> 8) * 13 + 1);
}

static void load_header(struct kernel *k, unsigned i, uint64_t offset,
                        uint64_t size, uint64_t bss)
{
    *kernel_phdr(k, i) = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_W | PF_X,
        .p_offset = offset,
        .p_paddr = offset - KERNEL_TEXT_OFFSET,
        .p_filesz = size,
        .p_memsz = size + bss,
        .p_align = 0x1000,
    };
}

void kernel_make(struct kernel *k, uint64_t virt_base, uint32_t flags)
{
    size_t i;

    memset(k, 0, sizeof(*k));
    *kernel_ehdr(k) = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                    EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = virt_base + KERNEL_ENTRY,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = KERNEL_PHDRS,
    };
    load_header(k, 0, KERNEL_TEXT_OFFSET, KERNEL_TEXT_SIZE, 0);
    load_header(k, 1, KERNEL_DATA_OFFSET, KERNEL_DATA_SIZE, KERNEL_BSS_SIZE);
    *kernel_phdr(k, 2) = (Elf64_Phdr){
        .p_type = PT_NOTE,
        .p_offset = KERNEL_NOTES_OFFSET,
    };
    kernel_note_add(k, "Xen", XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
    note_number(k, XEN_ELFNOTE_VIRT_BASE, virt_base);
    note_number(k, XEN_ELFNOTE_ENTRY, virt_base + KERNEL_ENTRY);
    note_number(k, XEN_ELFNOTE_HYPERCALL_PAGE,
                virt_base + KERNEL_HYPERCALL_PAGE);
    if (flags)
        kernel_note_add(k, NOXS_ELFNOTE_NAME, NOXS_ELFNOTE_BOOT, &flags,
                        sizeof(flags));
    for (i = KERNEL_TEXT_OFFSET; i < KERNEL_SIZE; i++)
        k->bytes[i] = kernel_byte(i - KERNEL_TEXT_OFFSET);
}

void kernel_make_pvh(struct kernel *k, uint64_t start)
{
    uint32_t entry = (uint32_t)(start + KERNEL_ENTRY);

    kernel_make(k, 0, 0);
    kernel_phdr(k, 0)->p_paddr += start;
    kernel_phdr(k, 1)->p_paddr += start;
    kernel_note_add(k, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &entry, sizeof(entry));
}

void kernel_write(const struct kernel *k, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, k->bytes, sizeof(k->bytes)), sizeof(k->bytes));
    close(fd);
}
