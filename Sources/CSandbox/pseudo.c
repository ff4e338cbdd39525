// /proc, /sys and /dev.
#include "internal.h"

#include <linux/mount.h>
#include <sys/sysmacros.h>

#define LOCKED_DOWN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

void csb_mask(struct step *step, const char *path) {
    struct stat status;
    int place = csb_open_inside(step->root, path, O_PATH);
    // What this process, with all rights over the root, cannot reach is not there for the program either.
    if (place < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return;
    if (place < 0 || fstat(place, &status)) csb_fail(step, "mask", path, errno);
    bool is_folder = S_ISDIR(status.st_mode);
    int tree = is_folder ? csb_new_tmpfs("555", "4k", LOCKED_DOWN | MOUNT_ATTR_RDONLY)
                         : csb_copy_of_mount(AT_FDCWD, "/dev/null");
    if (tree < 0 || (!is_folder && (fstat(tree, &status) || status.st_rdev != makedev(1, 3)))) {
        csb_fail(step, "mask", path, errno);
    }
    if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mask", path, errno);
    }
    close(tree);
    close(place);
}

static void protect_proc(struct step *step) {
    static const char *const masked[] = {"acpi", "asound", "kcore", "keys", "latency_stats", "timer_list",
                                         "timer_stats", "sched_debug", "scsi", "interrupts", NULL};
    static const char *const read_only[] = {"bus", "fs", "irq", "sys", "sysrq-trigger", NULL};
    char path[64];
    for (size_t i = 0; read_only[i]; i++) {
        snprintf(path, sizeof path, "/proc/%s", read_only[i]);
        int place = csb_open_inside(step->root, path, O_PATH);
        if (place < 0) continue;
        int tree = csb_copy_of_mount(place, "");
        if (tree < 0 || csb_restrict(tree, MOUNT_ATTR_RDONLY)) csb_fail(step, "protect", path, errno);
        if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
            csb_fail(step, "protect", path, errno);
        }
        close(tree);
        close(place);
    }
    for (size_t i = 0; masked[i]; i++) {
        snprintf(path, sizeof path, "/proc/%s", masked[i]);
        csb_mask(step, path);
    }
}

void csb_mount_proc(struct step *step) {
    static const char *const none[] = {NULL};
    int tree = step->spec->proc == CSB_PROC_FRESH ? csb_new_file_system("proc", none, LOCKED_DOWN)
                                                  : csb_copy_of_mount(AT_FDCWD, "/proc");
    if (tree < 0) csb_fail(step, "mount proc", "/proc", errno);
    csb_attach(step, tree, "/proc", true);
    close(tree);
    protect_proc(step);
}

// Best effort: few programs look at /sys, and not every place lets it be bound.
void csb_mount_sys(struct step *step) {
    int tree = csb_copy_of_mount(AT_FDCWD, "/sys");
    if (tree < 0) return;
    if (csb_restrict(tree, MOUNT_ATTR_RDONLY) == 0) {
        csb_attach(step, tree, "/sys", true);
        static const char *const masked[] = {
            "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/selinux", "/sys/fs/bpf", "/sys/fs/pstore",
            "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security", NULL};
        for (size_t i = 0; masked[i]; i++) csb_mask(step, masked[i]);
    }
    close(tree);
}

static void bind_node(struct step *step, int dev, const char *name, dev_t number) {
    char source[32] = "/dev/";
    struct stat status;
    memcpy(source + 5, name, strlen(name) + 1);
    int tree = csb_copy_of_mount(AT_FDCWD, source);
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

void csb_mount_dev(struct step *step) {
    int dev = csb_new_tmpfs("755", "1m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (dev < 0) csb_fail(step, "make", "/dev", errno);
    csb_attach(step, dev, "/dev", true);
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
    int pts = csb_new_file_system("devpts", with_group, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (pts < 0) pts = csb_new_file_system("devpts", without_group, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (pts < 0) csb_fail(step, "mount", "/dev/pts", errno);
    csb_attach(step, pts, "/dev/pts", true);
    close(pts);
    int shm = csb_new_tmpfs("1777", "64m", LOCKED_DOWN);
    if (shm < 0) csb_fail(step, "make", "/dev/shm", errno);
    csb_attach(step, shm, "/dev/shm", true);
    close(shm);
    close(dev);
}
