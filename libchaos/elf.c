/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * elf.c: read a 64-bit PV or PVH kernel: its segments and its ELF notes.
 *
 * Headers and notes are read into buffers of their own and checked there; the
 * segments' bytes go from the file straight into the guest's memory.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <noxs/elfnote.h>
#include <xen/elfnote.h>

#include "elf.h"
#include "internal.h"

#define PHDRS_MAX 64u
#define NOTES_SIZE_MAX 65536u
/* Nothing a guest starts with lies beyond. */
#define PHYS_MAX (1ull << 40)
/* A header, the program headers and the notes of a small kernel. */
#define HEAD_SIZE 1024u

struct elf_file {
    struct chaos_ctx *ctx;
    const char *path;
    int fd;
    uint64_t size;
    uint64_t paddr_offset;
    bool pvh; /* what it is to start as */
    bool has_virt_base, has_entry, has_pvh_entry, is_xen;
    size_t head_size; /* bytes of head that are valid */
    uint8_t head[HEAD_SIZE];
};

static int bad(const struct elf_file *file, const char *why)
{
    return chaos__fail(file->ctx, -ENOEXEC, "kernel %s: %s", file->path, why);
}

static int read_all(const struct elf_file *file, void *buf, size_t len,
                    uint64_t offset)
{
    uint8_t *p = buf;

    while (len > 0) {
        ssize_t r = pread(file->fd, p, len, (off_t)offset);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return chaos__fail(file->ctx, -errno, "kernel %s: cannot read it",
                               file->path);
        if (r == 0)
            return bad(file, "the file is truncated");
        p += r;
        len -= (size_t)r;
        offset += (uint64_t)r;
    }
    return 0;
}

/* Bytes of the file, from the head where that holds them. */
static int read_at(const struct elf_file *file, void *buf, size_t len,
                   uint64_t offset)
{
    if (offset > file->size || len > file->size - offset)
        return bad(file, "the file is truncated");
    if (offset + len > file->head_size)
        return read_all(file, buf, len, offset);
    memcpy(buf, file->head + offset, len);
    return 0;
}

static int open_file(struct elf_file *file)
{
    struct stat st;

    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0)
        return chaos__fail(file->ctx, -errno, "kernel %s", file->path);
    if (fstat(file->fd, &st) < 0)
        return chaos__fail(file->ctx, -errno, "kernel %s", file->path);
    if (S_ISDIR(st.st_mode))
        return chaos__fail(file->ctx, -EISDIR, "kernel %s: this is a directory",
                           file->path);
    if (!S_ISREG(st.st_mode))
        return bad(file, "this is no regular file");
    file->size = (uint64_t)st.st_size;
    file->head_size = file->size < HEAD_SIZE ? file->size : HEAD_SIZE;
    return read_all(file, file->head, file->head_size, 0);
}

/* Linux's boot protocol: what a distribution has as vmlinuz. */
static bool is_bzimage(const struct elf_file *file)
{
    static const char magic[] = "HdrS";
    const size_t at = 0x202, len = sizeof(magic) - 1;

    return file->head_size >= at + len &&
           memcmp(file->head + at, magic, len) == 0;
}

static int check_header(const struct elf_file *file, Elf64_Ehdr *ehdr)
{
    int rc;

    if (file->size < EI_NIDENT || memcmp(file->head, ELFMAG, SELFMAG) != 0)
        return bad(file, is_bzimage(file)
                             ? "this is a bzImage; unpack the ELF file in it, "
                               "or use GRUB (docs/config.md)"
                             : "this is no ELF file");
    if (file->head[EI_CLASS] != ELFCLASS64)
        return bad(file, "this is a 32-bit ELF file; chaos runs 64-bit "
                         "kernels");
    rc = read_at(file, ehdr, sizeof(*ehdr), 0);
    if (rc < 0)
        return rc;
    if (ehdr->e_ident[EI_DATA] != ELFDATA2LSB || ehdr->e_machine != EM_X86_64)
        return bad(file, "this kernel is not for x86-64");
    if (ehdr->e_type != ET_EXEC)
        return bad(file, "this ELF file is no executable (ET_EXEC)");
    if (ehdr->e_phentsize != sizeof(Elf64_Phdr) || ehdr->e_phnum == 0 ||
        ehdr->e_phnum > PHDRS_MAX)
        return bad(file, "its table of program headers makes no sense");
    return 0;
}

static uint64_t note_number(const Elf64_Nhdr *note, const uint8_t *desc)
{
    uint64_t value = 0;

    memcpy(&value, desc, note->n_descsz < 8 ? note->n_descsz : 8);
    return value;
}

static void xen_note(struct elf_file *file, struct elf_image *image,
                     const Elf64_Nhdr *note, const uint8_t *desc)
{
    uint64_t value = note_number(note, desc);

    switch (note->n_type) {
    case XEN_ELFNOTE_ENTRY:
        image->entry = value;
        file->has_entry = true;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        image->hypercall_page = value;
        image->has_hypercall_page = true;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        image->virt_base = value;
        file->has_virt_base = true;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        file->paddr_offset = value;
        break;
    case XEN_ELFNOTE_PHYS32_ENTRY:
        image->pvh_entry = value;
        file->has_pvh_entry = true;
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        file->is_xen = true;
        break;
    default:
        break;
    }
}

static uint32_t note_align(uint32_t size)
{
    return (size + 3) & ~3u;
}

static int parse_notes(struct elf_file *file, struct elf_image *image,
                       const uint8_t *notes, size_t size)
{
    Elf64_Nhdr note;

    while (size >= sizeof(note)) {
        const uint8_t *name = notes + sizeof(note);
        uint64_t total;

        memcpy(&note, notes, sizeof(note));
        if (note.n_namesz > size || note.n_descsz > size)
            return bad(file, "its ELF notes make no sense");
        total = sizeof(note) + (uint64_t)note_align(note.n_namesz) +
                note_align(note.n_descsz);
        if (total > size)
            return bad(file, "its ELF notes make no sense");
        if (note.n_namesz == 4 && memcmp(name, "Xen", 4) == 0)
            xen_note(file, image, &note, name + 4);
        else if (note.n_namesz == 5 &&
                 memcmp(name, NOXS_ELFNOTE_NAME, 5) == 0 &&
                 note.n_type == NOXS_ELFNOTE_BOOT)
            image->boot_flags = (uint32_t)note_number(&note, name + 8);
        notes += total;
        size -= total;
    }
    return 0;
}

static int read_notes(struct elf_file *file, struct elf_image *image,
                      const Elf64_Phdr *phdr)
{
    CLEANUP_FREE uint8_t *buf = NULL;
    int rc;

    if (phdr->p_filesz > NOTES_SIZE_MAX)
        return bad(file, "its ELF notes are too large");
    buf = malloc(phdr->p_filesz + 1);
    if (!buf)
        return chaos__fail(file->ctx, -ENOMEM, "kernel %s", file->path);
    rc = read_at(file, buf, phdr->p_filesz, phdr->p_offset);
    if (rc < 0)
        return rc;
    return parse_notes(file, image, buf, phdr->p_filesz);
}

static bool overlaps(const struct elf_image *image, uint64_t start,
                     uint64_t size)
{
    unsigned i;

    for (i = 0; i < image->segment_count; i++) {
        const struct elf_segment *seg = &image->segments[i];

        if (start < seg->page_offset + seg->memory_size &&
            seg->page_offset < start + size)
            return true;
    }
    return false;
}

static int add_segment(const struct elf_file *file, struct elf_image *image,
                       const Elf64_Phdr *phdr)
{
    struct elf_segment *seg = &image->segments[image->segment_count];
    uint64_t phys = phdr->p_paddr - file->paddr_offset;

    if (phdr->p_memsz == 0)
        return 0;
    if (image->segment_count == ELF_SEGMENTS_MAX)
        return bad(file, "it has too many segments");
    if (phdr->p_filesz > phdr->p_memsz || phdr->p_paddr < file->paddr_offset ||
        phys >= PHYS_MAX || phdr->p_memsz > PHYS_MAX - phys)
        return bad(file, "a segment makes no sense");
    if (overlaps(image, phys, phdr->p_memsz))
        return bad(file, "its segments overlap");
    if (phdr->p_offset > file->size ||
        phdr->p_filesz > file->size - phdr->p_offset)
        return bad(file, "the file is truncated");
    *seg = (struct elf_segment){
        .file_offset = phdr->p_offset,
        .file_size = phdr->p_filesz,
        .page_offset = phys,
        .memory_size = phdr->p_memsz,
    };
    if (image->segment_count == 0 || phys < image->start)
        image->start = phys;
    if (phys + phdr->p_memsz > image->end)
        image->end = phys + phdr->p_memsz;
    image->segment_count++;
    return 0;
}

static int for_each_phdr(struct elf_file *file, const Elf64_Ehdr *ehdr,
                         struct elf_image *image, bool notes)
{
    unsigned i;

    for (i = 0; i < ehdr->e_phnum; i++) {
        Elf64_Phdr phdr;
        int rc = read_at(file, &phdr, sizeof(phdr),
                         ehdr->e_phoff + (uint64_t)i * sizeof(phdr));

        if (rc == 0 && notes && phdr.p_type == PT_NOTE)
            rc = read_notes(file, image, &phdr);
        else if (rc == 0 && !notes && phdr.p_type == PT_LOAD)
            rc = add_segment(file, image, &phdr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* It is loaded where its segments' physical addresses say. */
static int check_pvh(const struct elf_file *file, const struct elf_image *image)
{
    if (!file->has_pvh_entry)
        return bad(file, "it has no ELF note PHYS32_ENTRY, so it is no PVH "
                         "kernel");
    if (image->pvh_entry < image->start || image->pvh_entry >= image->end)
        return bad(file, "its PVH entry point lies outside of it");
    return 0;
}

static int check_pv(const struct elf_file *file, struct elf_image *image,
                    const Elf64_Ehdr *ehdr)
{
    if (!file->is_xen || !file->has_virt_base)
        return bad(file, "it has no Xen ELF notes, so it is no PV kernel");
    if (image->virt_base & 0xfff || image->virt_base > UINT64_MAX - image->end)
        return bad(file, "its VIRT_BASE makes no sense");
    if (!file->has_entry)
        image->entry = ehdr->e_entry;
    if (image->entry < image->virt_base + image->start ||
        image->entry - image->virt_base >= image->end)
        return bad(file, "its entry point lies outside of it");
    if (image->has_hypercall_page &&
        (image->hypercall_page & 0xfff ||
         image->hypercall_page <
             image->virt_base + (image->start & ~0xfffull) ||
         image->hypercall_page - image->virt_base >= image->end))
        return bad(file, "its hypercall page lies outside of it");
    return 0;
}

static int read_image(struct elf_file *file, struct elf_image *image)
{
    Elf64_Ehdr ehdr;
    int rc = open_file(file);

    if (rc == 0)
        rc = check_header(file, &ehdr);
    /* The notes first: where a PV segment goes depends on PADDR_OFFSET. */
    if (rc == 0)
        rc = for_each_phdr(file, &ehdr, image, true);
    if (file->pvh)
        file->paddr_offset = 0;
    if (rc == 0)
        rc = for_each_phdr(file, &ehdr, image, false);
    if (rc == 0 && image->segment_count == 0)
        rc = bad(file, "it has nothing to load");
    if (rc < 0)
        return rc;
    return file->pvh ? check_pvh(file, image) : check_pv(file, image, &ehdr);
}

int elf_open(struct chaos_ctx *ctx, const char *path, bool pvh,
             struct elf_image *image_out)
{
    struct elf_file file = {.ctx = ctx, .path = path, .fd = -1, .pvh = pvh};
    struct elf_image image = {.fd = -1};
    int rc = read_image(&file, &image);

    if (rc < 0) {
        chaos__closep(&file.fd);
        return rc;
    }
    image.fd = file.fd;
    *image_out = image;
    return 0;
}

void elf_close(struct elf_image *image)
{
    chaos__closep(&image->fd);
    image->fd = -1;
}

int elf_load(struct chaos_ctx *ctx, const struct elf_image *image, void *memory,
             uint64_t base)
{
    struct elf_file file = {.ctx = ctx, .path = "image", .fd = image->fd};
    unsigned i;

    for (i = 0; i < image->segment_count; i++) {
        const struct elf_segment *seg = &image->segments[i];
        uint8_t *to = (uint8_t *)memory + (seg->page_offset - base);
        int rc = read_all(&file, to, seg->file_size, seg->file_offset);

        if (rc < 0)
            return rc;
        memset(to + seg->file_size, 0, seg->memory_size - seg->file_size);
    }
    return 0;
}
