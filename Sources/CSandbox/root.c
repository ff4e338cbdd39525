// The root to be: an overlay with a skeleton of mount points at its bottom, or one folder; and the way into it.
#include "internal.h"

#include <linux/mount.h>

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

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
        int place = csb_place_for(bottom, spec->tmpfs[i].target, true);
        if (place < 0) csb_fail(step, "prepare", spec->tmpfs[i].target, errno);
        close(place);
    }
    for (size_t i = 0; i < spec->bind_count; i++) {
        int place = csb_place_for(bottom, spec->binds[i].target, spec->binds[i].is_folder);
        if (place < 0) csb_fail(step, "prepare", spec->binds[i].target, errno);
        close(place);
    }
    for (size_t i = 0; i < spec->file_count; i++) {
        int place = csb_place_for(bottom, spec->files[i].target, false);
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
    int tree = result ? -1 : (int)syscall(NR_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
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
    return mount("overlay", step->staged_root, "overlay", 2 /* MS_NOSUID */, options);
}

void csb_make_root(struct step *step) {
    const struct csb_spec *spec = step->spec;
    int place = open(spec->staging, O_PATH | O_DIRECTORY | O_CLOEXEC);
    step->staging = place < 0 ? -1 : csb_new_tmpfs("700", "16m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
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
        tree = csb_copy_of_mount(AT_FDCWD, spec->lowers[0]);
        if (tree < 0 || csb_restrict(tree, 0)) csb_fail(step, "bind", spec->lowers[0], errno);
    }
    place = openat(step->staging, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mount", "the root", errno);
    }
    close(place);
    step->root = tree;
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
