// The root and what is mounted into it. Places inside the root are always opened by openat2 with RESOLVE_IN_ROOT and
// mounted over by descriptor, so that no link in an image leads a mount out of it.
#include "internal.h"

#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/sysmacros.h>

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

#define LOCKED_DOWN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

int csb_open_inside(int root, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(NR_openat2, root, path, &how, sizeof how);
}

// Opens the folder that holds `path`, making it where missing; `name` is set to the last component.
static int open_parent(int root, const char *path, const char **name, mode_t mode) {
    char copy[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length >= sizeof copy) { errno = ENAMETOOLONG; return -1; }
    memcpy(copy, path, length);
    copy[length] = 0;
    char *slash = strrchr(copy, '/');
    *name = path + (slash ? slash - copy + 1 : 0);
    if (!slash || slash == copy) return csb_open_inside(root, "/", O_PATH | O_DIRECTORY);
    *slash = 0;
    return csb_make_folder_inside(root, copy, mode);
}

int csb_make_folder_inside(int root, const char *path, mode_t mode) {
    int place = csb_open_inside(root, path, O_PATH | O_DIRECTORY);
    if (place >= 0 || errno != ENOENT) return place;
    const char *name;
    int parent = open_parent(root, path, &name, 0755);
    if (parent < 0) return -1;
    char last[NAME_MAX + 1];
    size_t length = strcspn(name, "/");
    if (length > NAME_MAX) { errno = ENAMETOOLONG; return -1; }
    memcpy(last, name, length);
    last[length] = 0;
    if (mkdirat(parent, last, mode) && errno != EEXIST) {
        int code = errno;
        close(parent);
        errno = code;
        return -1;
    }
    int made = openat(parent, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (made >= 0 && mode & 07000) {
        // mkdir leaves the sticky bit to chmod on some file systems.
        int file = openat(parent, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (file >= 0) { fchmod(file, mode); close(file); }
    }
    close(parent);
    return made;
}

static int make_file_inside(int root, const char *path, unsigned mode) {
    const char *name;
    int parent = open_parent(root, path, &name, 0755);
    if (parent < 0) return -1;
    int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    close(parent);
    return file;
}

// The place to mount something on, made where nothing is.
static int place_for(int root, const char *path, bool is_folder) {
    int place = csb_open_inside(root, path, is_folder ? O_PATH | O_DIRECTORY : O_PATH);
    if (place >= 0 || errno != ENOENT) return place;
    if (is_folder) return csb_make_folder_inside(root, path, 0755);
    int file = make_file_inside(root, path, 0644);
    if (file < 0) return -1;
    close(file);
    return csb_open_inside(root, path, O_PATH);
}

static void attach(struct step *step, int tree, const char *target, bool is_folder) {
    int place = place_for(step->root, target, is_folder);
    if (place < 0) csb_fail(step, "find a place to mount on", target, errno);
    if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mount", target, errno);
    }
    close(place);
}

// A new file system that is not attached anywhere yet; `options` are name, value pairs ended by NULL.
static int new_file_system(const char *type, const char *const *options, unsigned attributes) {
    int context = (int)syscall(NR_fsopen, type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int result = 0;
    for (size_t i = 0; options[i] && result == 0; i += 2) {
        result = (int)syscall(NR_fsconfig, context, FSCONFIG_SET_STRING, options[i], options[i + 1], 0);
    }
    if (result == 0) result = (int)syscall(NR_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    int tree = result ? -1 : (int)syscall(NR_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    int code = errno;
    close(context);
    errno = code;
    return tree;
}

static int new_tmpfs(const char *mode, const char *size, unsigned attributes) {
    const char *const options[] = {"mode", mode, "size", size, NULL};
    return new_file_system("tmpfs", options, attributes);
}

static int copy_of_mount(int from, const char *path) {
    return (int)syscall(NR_open_tree, from, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
                        | (*path ? 0 : AT_EMPTY_PATH));
}

static int make_read_only(int tree) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return (int)syscall(NR_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes);
}

// The root: a private tmpfs on `staging` holds the mount point and the skeleton.

static void make_skeleton(struct step *step) {
    const struct csb_spec *spec = step->spec;
    if (mkdirat(step->staging, "skeleton", 0755)) csb_fail(step, "prepare", "skeleton", errno);
    int bottom = openat(step->staging, "skeleton", O_PATH | O_DIRECTORY | O_CLOEXEC);
    static const char *const always[] = {"/dev", "/proc", "/sys", "/etc", NULL};
    for (size_t i = 0; always[i]; i++) {
        int place = csb_make_folder_inside(bottom, always[i], 0755);
        if (place < 0) csb_fail(step, "prepare", always[i], errno);
        close(place);
    }
    for (size_t i = 0; spec->folders[i]; i++) {
        bool shared = strcmp(spec->folders[i], "/tmp") == 0 || strcmp(spec->folders[i], "/var/tmp") == 0;
        int place = csb_make_folder_inside(bottom, spec->folders[i], shared ? 01777 : 0755);
        if (place < 0) csb_fail(step, "prepare", spec->folders[i], errno);
        close(place);
    }
    for (size_t i = 0; i < spec->tmpfs_count; i++) {
        int place = place_for(bottom, spec->tmpfs[i].target, true);
        if (place < 0) csb_fail(step, "prepare", spec->tmpfs[i].target, errno);
        close(place);
    }
    for (size_t i = 0; i < spec->bind_count; i++) {
        int place = place_for(bottom, spec->binds[i].target, spec->binds[i].is_folder);
        if (place < 0) csb_fail(step, "prepare", spec->binds[i].target, errno);
        close(place);
    }
    for (size_t i = 0; i < spec->file_count; i++) {
        int place = place_for(bottom, spec->files[i].target, false);
        if (place < 0) csb_fail(step, "prepare", spec->files[i].target, errno);
        close(place);
    }
    close(bottom);
}

static int set_string(int context, const char *name, const char *value) {
    return (int)syscall(NR_fsconfig, context, FSCONFIG_SET_STRING, name, value, 0);
}

// A folder as an overlay option: fsconfig takes 255 bytes, so longer paths go by descriptor.
static int set_folder(int context, const char *name, const char *path) {
    if (strlen(path) < 250) return set_string(context, name, path);
    int place = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return -1;
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    return set_string(context, name, link);
}

static int new_overlay(const struct step *step) {
    const struct csb_spec *spec = step->spec;
    int context = (int)syscall(NR_fsopen, "overlay", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int result = (int)syscall(NR_fsconfig, context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
    for (size_t i = 0; spec->lowers[i] && !result; i++) result = set_folder(context, "lowerdir+", spec->lowers[i]);
    if (!result) result = set_folder(context, "lowerdir+", step->staged_skeleton);
    if (spec->upper) {
        if (!result) result = set_folder(context, "upperdir", spec->upper);
        if (!result) result = set_folder(context, "workdir", spec->work);
        if (!result && spec->volatile_upper) {
            result = (int)syscall(NR_fsconfig, context, FSCONFIG_SET_FLAG, "volatile", NULL, 0);
        }
    }
    if (!result) result = (int)syscall(NR_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    int tree = result ? -1 : (int)syscall(NR_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int code = errno;
    close(context);
    errno = code;
    return tree;
}

// For kernels without lowerdir+ (before 6.5).
static int old_overlay(const struct step *step) {
    const struct csb_spec *spec = step->spec;
    char options[4096 + 2 * PATH_MAX];
    if (!step->lower_option) return -1;
    int length = snprintf(options, sizeof options, "userxattr,lowerdir=%s", step->lower_option);
    if (spec->upper) {
        length += snprintf(options + length, sizeof options - (size_t)length, ",upperdir=%s,workdir=%s%s", spec->upper,
                           spec->work, spec->volatile_upper ? ",volatile" : "");
    }
    if (length >= 4096) return -1;
    return mount("overlay", step->staged_root, "overlay", 0, options);
}

void csb_make_root(struct step *step) {
    const struct csb_spec *spec = step->spec;
    int place = open(spec->staging, O_PATH | O_DIRECTORY | O_CLOEXEC);
    step->staging = place < 0 ? -1 : new_tmpfs("700", "16m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (step->staging < 0) csb_fail(step, "make", "a file system in memory", errno);
    if (syscall(NR_move_mount, step->staging, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mount", spec->staging, errno);
    }
    close(place);
    if (mkdirat(step->staging, "root", 0755) || mkdirat(step->staging, "files", 0700)) {
        csb_fail(step, "prepare", "root", errno);
    }
    int tree;
    if (spec->root == CSB_ROOT_OVERLAY) {
        make_skeleton(step);
        tree = new_overlay(step);
        if (tree < 0) {
            int code = errno;
            if (old_overlay(step)) csb_fail(step, "mount overlay", spec->upper ? spec->upper : spec->lowers[0], code);
            step->root = open(step->staged_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
            return;
        }
    } else {
        tree = copy_of_mount(AT_FDCWD, spec->lowers[0]);
        if (tree < 0) csb_fail(step, "bind", spec->lowers[0], errno);
    }
    place = openat(step->staging, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mount", "the root", errno);
    }
    close(place);
    step->root = tree;
}

// Pseudo file systems.

static void protect_proc(struct step *step) {
    static const char *const masked[] = {"acpi", "asound", "kcore", "keys", "latency_stats", "timer_list",
                                         "timer_stats", "sched_debug", "scsi", "interrupts", NULL};
    static const char *const read_only[] = {"bus", "fs", "irq", "sys", "sysrq-trigger", NULL};
    char path[64];
    for (size_t i = 0; read_only[i]; i++) {
        snprintf(path, sizeof path, "/proc/%s", read_only[i]);
        int place = csb_open_inside(step->root, path, O_PATH);
        if (place < 0) continue;
        int tree = copy_of_mount(place, "");
        if (tree < 0 || make_read_only(tree)) csb_fail(step, "protect", path, errno);
        if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
            csb_fail(step, "protect", path, errno);
        }
        close(tree);
        close(place);
    }
    for (size_t i = 0; masked[i]; i++) {
        snprintf(path, sizeof path, "/proc/%s", masked[i]);
        struct stat status;
        int place = csb_open_inside(step->root, path, O_PATH);
        if (place < 0) continue;
        if (fstat(place, &status)) csb_fail(step, "mask", path, errno);
        int tree = S_ISDIR(status.st_mode) ? new_tmpfs("555", "4k", LOCKED_DOWN | MOUNT_ATTR_RDONLY)
                                           : copy_of_mount(AT_FDCWD, "/dev/null");
        if (tree < 0 || (!S_ISDIR(status.st_mode) && (fstat(tree, &status) || status.st_rdev != makedev(1, 3)))) {
            csb_fail(step, "mask", path, errno);
        }
        if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
            csb_fail(step, "mask", path, errno);
        }
        close(tree);
        close(place);
    }
}

static void mount_proc(struct step *step) {
    static const char *const none[] = {NULL};
    int tree = step->spec->proc == CSB_PROC_FRESH ? new_file_system("proc", none, LOCKED_DOWN)
                                                  : copy_of_mount(AT_FDCWD, "/proc");
    if (tree < 0) csb_fail(step, "mount proc", "/proc", errno);
    attach(step, tree, "/proc", true);
    close(tree);
    protect_proc(step);
}

// Best effort: few programs look at /sys, and not every place lets it be bound.
static void mount_sys(struct step *step) {
    int tree = copy_of_mount(AT_FDCWD, "/sys");
    if (tree < 0) return;
    if (make_read_only(tree) == 0) {
        attach(step, tree, "/sys", true);
        static const char *const masked[] = {"/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/selinux", NULL};
        for (size_t i = 0; masked[i]; i++) {
            int place = csb_open_inside(step->root, masked[i], O_PATH | O_DIRECTORY);
            if (place < 0) continue;
            int empty = new_tmpfs("555", "4k", LOCKED_DOWN | MOUNT_ATTR_RDONLY);
            syscall(NR_move_mount, empty, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
            close(empty);
            close(place);
        }
    }
    close(tree);
}

static void bind_node(struct step *step, int dev, const char *name, dev_t number) {
    char source[32] = "/dev/";
    struct stat status;
    memcpy(source + 5, name, strlen(name) + 1);
    int tree = copy_of_mount(AT_FDCWD, source);
    if (tree < 0) return;
    if (fstat(tree, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == number) {
        int file = openat(dev, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (file >= 0) close(file);
        int place = openat(dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (place < 0 || syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
            csb_fail(step, "bind", source, errno);
        }
        close(place);
    }
    close(tree);
}

static void mount_dev(struct step *step) {
    int dev = new_tmpfs("755", "1m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (dev < 0) csb_fail(step, "make", "/dev", errno);
    attach(step, dev, "/dev", true);
    bind_node(step, dev, "null", makedev(1, 3));
    bind_node(step, dev, "zero", makedev(1, 5));
    bind_node(step, dev, "full", makedev(1, 7));
    bind_node(step, dev, "random", makedev(1, 8));
    bind_node(step, dev, "urandom", makedev(1, 9));
    bind_node(step, dev, "tty", makedev(5, 0));
    static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
        {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (symlinkat(links[i][0], dev, links[i][1])) csb_fail(step, "make", links[i][1], errno);
    }
    if (mkdirat(dev, "pts", 0755) || mkdirat(dev, "shm", 01777)) csb_fail(step, "make", "/dev/pts", errno);
    const char *const with_group[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
    const char *const without_group[] = {"ptmxmode", "0666", "mode", "0620", NULL};
    int pts = new_file_system("devpts", with_group, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (pts < 0) pts = new_file_system("devpts", without_group, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (pts < 0) csb_fail(step, "mount", "/dev/pts", errno);
    attach(step, pts, "/dev/pts", true);
    close(pts);
    int shm = new_tmpfs("1777", "64m", LOCKED_DOWN);
    if (shm < 0) csb_fail(step, "make", "/dev/shm", errno);
    attach(step, shm, "/dev/shm", true);
    close(shm);
    close(dev);
}

// What the caller asked for.

static void mount_tmpfs(struct step *step, const struct csb_tmpfs *tmpfs) {
    char mode[8];
    snprintf(mode, sizeof mode, "%o", tmpfs->mode);
    const char *const options[] = {"mode", mode, NULL};
    int tree = new_file_system("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (tree < 0) csb_fail(step, "make", tmpfs->target, errno);
    attach(step, tree, tmpfs->target, true);
    close(tree);
}

static void mount_bind(struct step *step, const struct csb_bind *bind) {
    int tree = copy_of_mount(AT_FDCWD, bind->source);
    if (tree < 0) csb_fail(step, "bind", bind->source, errno);
    if (bind->read_only && make_read_only(tree)) csb_fail(step, "protect", bind->source, errno);
    attach(step, tree, bind->target, bind->is_folder);
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
    int tree = copy_of_mount(step->staging, name);
    if (tree < 0 || make_read_only(tree)) csb_fail(step, "bind", file->target, errno);
    attach(step, tree, file->target, false);
    close(tree);
}

static void keep_writable(struct step *step, const char *path) {
    int place = csb_make_folder_inside(step->root, path, 0755);
    int tree = place < 0 ? -1 : copy_of_mount(place, "");
    if (tree < 0) csb_fail(step, "keep writable", path, errno);
    attach(step, tree, path, true);
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
    mount_proc(step);
    mount_sys(step);
    mount_dev(step);
    int folder = csb_make_folder_inside(step->root, spec->working_directory, 0755);
    if (folder >= 0) close(folder);
    for (size_t i = 0; spec->read_only_root && spec->writable[i]; i++) keep_writable(step, spec->writable[i]);
    for (size_t i = 0; i < spec->tmpfs_count; i++) mount_tmpfs(step, &spec->tmpfs[i]);
    for (size_t i = 0; i < spec->bind_count; i++) mount_bind(step, &spec->binds[i]);
    for (size_t i = 0; i < spec->file_count; i++) mount_file(step, &spec->files[i], i);
    if (spec->read_only_root) seal_root(step);
}

void csb_enter_root(struct step *step) {
    const struct csb_spec *spec = step->spec;
    if (spec->root == CSB_ROOT_CHROOT) {
        if (chroot(spec->lowers[0]) || chdir("/")) csb_fail(step, "chroot", spec->lowers[0], errno);
        return;
    }
    if (fchdir(step->root)) csb_fail(step, "enter", "the root", errno);
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        if (umount2(".", 2 /* MNT_DETACH */)) csb_fail(step, "leave", "the old root", errno);
    } else if (mount(".", "/", NULL, 8192 /* MS_MOVE */, NULL) || chroot(".")) {
        csb_fail(step, "pivot", "the root", errno);
    }
    if (chdir("/")) csb_fail(step, "enter", "the root", errno);
}
