// What the parts of the sandbox share; everything here runs in the child, where only system calls are allowed.
#ifndef CSANDBOX_INTERNAL_H
#define CSANDBOX_INTERNAL_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "csandbox.h"

#define CSB_MAX_FILTER 512

// Numbers of calls that older headers lack; they are the same on every architecture.
enum {
    NR_open_tree = 428,
    NR_move_mount = 429,
    NR_fsopen = 430,
    NR_fsconfig = 431,
    NR_fsmount = 432,
    NR_fspick = 433,
    NR_clone3 = 435,
    NR_close_range = 436,
    NR_openat2 = 437,
    NR_pidfd_getfd = 438,
    NR_mount_setattr = 442,
    NR_quotactl_fd = 443,
    NR_landlock_create_ruleset = 444,
    NR_landlock_restrict_self = 446,
    NR_open_tree_attr = 467,
    NR_last_known = 469,  // file_setattr, Linux 6.17
};

// The child's view of one start.
struct step {
    const struct csb_spec *spec;
    int sync;      // a byte arrives once the identity maps are written
    int errors;    // one struct csb_error goes here where something fails
    int lifeline;  // readable end
    int staging;   // the tmpfs everything is prepared on
    int root;      // the root to be
    const char *staged_root;      // paths on the host, made before the clone
    const char *staged_skeleton;
    const char *lower_option;     // lowerdir= for mount(2), or NULL where it does not fit
    struct sock_fprog filter;
    bool has_filter;
};

// Reports and ends the process.
_Noreturn void csb_fail(const struct step *step, const char *stage, const char *what, int code);

void csb_make_root(struct step *step);
void csb_make_mounts(struct step *step);
void csb_enter_root(struct step *step);
void csb_command(const struct step *step) __attribute__((noreturn));
void csb_init(struct step *step) __attribute__((noreturn));

// Opens a path inside the root as a place, without leaving the root by any link.
int csb_open_inside(int root, const char *path, int flags);
// Makes a folder and its parents inside a root; returns an open place or -1.
int csb_make_folder_inside(int root, const char *path, mode_t mode);

// The place to mount something on, made where nothing is; an open place or -1.
int csb_place_for(int root, const char *path, bool is_folder);
// Mounts a tree at a place in the root.
void csb_attach(struct step *step, int tree, const char *target, bool is_folder);
// A new file system that is not attached anywhere yet; `options` are name, value pairs ended by NULL.
int csb_new_file_system(const char *type, const char *const *options, unsigned attributes);
int csb_new_tmpfs(const char *mode, const char *size, unsigned attributes);
// A copy of the mounts at a path, or at `from` itself for an empty path.
int csb_copy_of_mount(int from, const char *path);
// Adds attributes to a tree of mounts, as in MOUNT_ATTR_RDONLY; NOSUID always.
int csb_restrict(int tree, uint64_t attributes);
// Mounts an empty folder or /dev/null over a path of the root; fails where something is there and stays visible.
void csb_mask(struct step *step, const char *path);

void csb_mount_proc(struct step *step);
void csb_mount_sys(struct step *step);
void csb_mount_dev(struct step *step);

// Fills `code` with the filter for the flags; returns the number of instructions.
size_t csb_filter(struct sock_filter *code, unsigned flags);

static inline long csb_clone(unsigned long flags) { return syscall(SYS_clone, flags, 0L, 0L, 0L, 0L); }

#endif
