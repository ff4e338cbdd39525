// What the caller asked for: folders in memory, binds, files, writable folders.
#include "internal.h"

#include <linux/mount.h>

static void mount_tmpfs(struct step *step, const struct csb_tmpfs *tmpfs) {
    char mode[8];
    snprintf(mode, sizeof mode, "%o", tmpfs->mode);
    const char *const options[] = {"mode", mode, NULL};
    int tree = csb_new_file_system("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (tree < 0) csb_fail(step, "make", tmpfs->target, errno);
    csb_attach(step, tree, tmpfs->target, true);
    close(tree);
}

static void mount_bind(struct step *step, const struct csb_bind *bind) {
    int tree = csb_copy_of_mount(AT_FDCWD, bind->source);
    if (tree < 0) csb_fail(step, "bind", bind->source, errno);
    if (csb_restrict(tree, bind->read_only ? MOUNT_ATTR_RDONLY : 0)) csb_fail(step, "protect", bind->source, errno);
    csb_attach(step, tree, bind->target, bind->is_folder);
    close(tree);
}

// A file on the staging tmpfs, which nothing else shows; the bind keeps it alive.
static void mount_file(struct step *step, const struct csb_file *file, size_t number) {
    char name[32];
    snprintf(name, sizeof name, "files/%zu", number);
    int made = openat(step->staging, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) csb_fail(step, "make", file->target, errno);
    const char *next = file->bytes;
    for (size_t left = file->size; left > 0;) {
        ssize_t count = write(made, next, left);
        if (count < 0) csb_fail(step, "make", file->target, errno);
        next += count;
        left -= (size_t)count;
    }
    fchmod(made, file->mode);
    close(made);
    int tree = csb_copy_of_mount(step->staging, name);
    if (tree < 0 || csb_restrict(tree, MOUNT_ATTR_RDONLY)) csb_fail(step, "bind", file->target, errno);
    csb_attach(step, tree, file->target, false);
    close(tree);
}

static void keep_writable(struct step *step, const char *path) {
    int place = csb_make_folder_inside(step->root, path, 0755);
    int tree = place < 0 ? -1 : csb_copy_of_mount(place, "");
    if (tree < 0) csb_fail(step, "keep writable", path, errno);
    csb_attach(step, tree, path, true);
    close(tree);
    close(place);
}

static void seal_root(struct step *step) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(NR_mount_setattr, step->root, "", AT_EMPTY_PATH, &attributes, sizeof attributes)) {
        csb_fail(step, "make read-only", "the root", errno);
    }
}

void csb_make_mounts(struct step *step) {
    const struct csb_spec *spec = step->spec;
    csb_mount_proc(step);
    csb_mount_sys(step);
    csb_mount_dev(step);
    int folder = csb_make_folder_inside(step->root, spec->working_directory, 0755);
    if (folder >= 0) close(folder);
    for (size_t i = 0; spec->read_only_root && spec->writable[i]; i++) keep_writable(step, spec->writable[i]);
    for (size_t i = 0; i < spec->tmpfs_count; i++) mount_tmpfs(step, &spec->tmpfs[i]);
    for (size_t i = 0; i < spec->bind_count; i++) mount_bind(step, &spec->binds[i]);
    for (size_t i = 0; i < spec->file_count; i++) mount_file(step, &spec->files[i], i);
    if (spec->read_only_root) seal_root(step);
}
