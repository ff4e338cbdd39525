// Places inside a root, and trees of mounts to put on them. Places are always opened by openat2 with RESOLVE_IN_ROOT
// and mounted over by descriptor, so that no link in an image leads a mount out of it.
#include "internal.h"

#include <linux/mount.h>
#include <linux/openat2.h>

int csb_open_inside(int root, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(NR_openat2, root, path, &how, sizeof how);
}

// Makes one folder in an open one, where nothing is; an open place or -1.
static int make_one(int parent, const char *name, mode_t mode) {
    if (mkdirat(parent, name, mode) && errno != EEXIST) return -1;
    int made = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (made >= 0 && mode & 07000) {
        // mkdir leaves the sticky bit to chmod on some file systems.
        int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (file >= 0) { fchmod(file, mode); close(file); }
    }
    return made;
}

int csb_make_folder_inside(int root, const char *path, mode_t mode) {
    char prefix[PATH_MAX];
    if (strlen(path) >= sizeof prefix) { errno = ENAMETOOLONG; return -1; }
    int place = csb_open_inside(root, "/", O_PATH | O_DIRECTORY);
    for (size_t at = 0; place >= 0;) {
        at += strspn(path + at, "/");
        size_t size = strcspn(path + at, "/");
        if (!size) return place;
        memcpy(prefix, path, at + size);
        prefix[at + size] = 0;
        bool is_last = !path[at + size + strspn(path + at + size, "/")];
        int next = csb_open_inside(root, prefix, O_PATH | O_DIRECTORY);
        if (next < 0 && errno == ENOENT) next = make_one(place, prefix + at, is_last ? mode : 0755);
        int code = errno;
        close(place);
        errno = code;
        place = next;
        at += size;
    }
    return -1;
}

// Opens the folder that holds `path`, making it where missing; `name` is set to the last component.
static int open_parent(int root, const char *path, const char **name) {
    char copy[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length >= sizeof copy) { errno = ENAMETOOLONG; return -1; }
    memcpy(copy, path, length);
    copy[length] = 0;
    char *slash = strrchr(copy, '/');
    *name = path + (slash ? slash - copy + 1 : 0);
    if (slash) *slash = 0;
    return csb_make_folder_inside(root, slash ? copy : "", 0755);
}

static int make_file_inside(int root, const char *path, unsigned mode) {
    const char *name;
    int parent = open_parent(root, path, &name);
    if (parent < 0) return -1;
    int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    close(parent);
    return file;
}

// The place to mount something on, made where nothing is.
int csb_place_for(int root, const char *path, bool is_folder) {
    int place = csb_open_inside(root, path, is_folder ? O_PATH | O_DIRECTORY : O_PATH);
    if (place >= 0 || errno != ENOENT) return place;
    if (is_folder) return csb_make_folder_inside(root, path, 0755);
    int file = make_file_inside(root, path, 0644);
    if (file < 0) return -1;
    close(file);
    return csb_open_inside(root, path, O_PATH);
}

void csb_attach(struct step *step, int tree, const char *target, bool is_folder) {
    int place = csb_place_for(step->root, target, is_folder);
    if (place < 0) csb_fail(step, "find a place to mount on", target, errno);
    if (syscall(NR_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        csb_fail(step, "mount", target, errno);
    }
    close(place);
}

// A new file system that is not attached anywhere yet; `options` are name, value pairs ended by NULL.
int csb_new_file_system(const char *type, const char *const *options, unsigned attributes) {
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

int csb_new_tmpfs(const char *mode, const char *size, unsigned attributes) {
    const char *const options[] = {"mode", mode, "size", size, NULL};
    return csb_new_file_system("tmpfs", options, attributes);
}

int csb_copy_of_mount(int from, const char *path) {
    return (int)syscall(NR_open_tree, from, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
                        | (*path ? 0 : AT_EMPTY_PATH));
}

int csb_restrict(int tree, uint64_t attributes) {
    struct mount_attr change = {.attr_set = MOUNT_ATTR_NOSUID | attributes};
    return (int)syscall(NR_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change);
}
