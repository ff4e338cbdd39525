// Runs one program in a root of its own: the calls that enter Linux namespaces, in process.
//
// Mechanism only; what is mounted, seen and allowed is decided by the caller. Every function is safe in a program with
// many threads: between clone and execve the child makes system calls and nothing else.
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where the root comes from.
enum csb_root {
    CSB_ROOT_OVERLAY,  // layers, with or without an upper folder
    CSB_ROOT_FOLDER,   // one folder, bound
    CSB_ROOT_CHROOT,   // one folder, chroot(2), no mounts at all
};

// What /proc shows.
enum csb_proc {
    CSB_PROC_FRESH,  // the program's own processes
    CSB_PROC_OUTER,  // the caller's /proc, without a pid namespace
};

enum {
    CSB_SECCOMP_DENY = 1,        // refuse what a build never needs and an escape does
    CSB_SECCOMP_FAKE_OWNER = 2,  // pretend that changes of owner, group and identity worked
    CSB_SECCOMP_NO_CHROOT = 4,   // refuse chroot(2), the way out of a root that is only a chroot
};

// A host file or folder that appears at `target`.
struct csb_bind {
    const char *source;
    const char *target;
    bool is_folder;
    bool read_only;
};

// A file in memory that appears at `target`.
struct csb_file {
    const char *target;
    const void *bytes;
    size_t size;
    unsigned mode;
};

// An empty folder in memory.
struct csb_tmpfs {
    const char *target;
    unsigned mode;
};

// Everything about one program; paths inside are absolute and have no link in a parent that leaves the root.
struct csb_spec {
    const char *const *arguments;    // ended by NULL
    const char *const *environment;  // ended by NULL: exactly what the program gets
    const char *working_directory;   // made where missing

    enum csb_root root;
    const char *const *lowers;  // ended by NULL, topmost first; the one folder for the other kinds of root
    const char *upper;          // or NULL
    const char *work;           // or NULL; empty and on the same file system as `upper`
    const char *staging;        // an existing empty folder: mounts are prepared on it, seen by the child only
    bool volatile_upper;        // never sync

    bool new_user;  // with the maps below
    const char *uid_map;
    const char *gid_map;
    bool deny_setgroups;
    enum csb_proc proc;
    bool new_network;

    uint32_t uid;
    uint32_t gid;
    bool nested_user;  // reach uid and gid by a second, inner map of one identity
    bool read_only_root;
    unsigned seccomp;
    bool interactive;  // keep the terminal

    int input;
    int output;
    int error;

    const struct csb_bind *binds;
    size_t bind_count;
    const struct csb_file *files;
    size_t file_count;
    const struct csb_tmpfs *tmpfs;
    size_t tmpfs_count;
    const char *const *folders;  // ended by NULL: folders that exist at the bottom, unless a layer has them
    const char *const *writable;  // ended by NULL: folders that stay writable under `read_only_root`
};

// What went wrong before the program ran.
struct csb_error {
    int code;          // an errno
    char stage[32];    // what was tried
    char what[256];    // on what
};

// A program that runs.
struct csb_process {
    int pid;       // its init, a child of the caller
    int lifeline;  // closing it, in whatever way, ends everything
};

// Starts the program; returns 0 once it was executed, or -1 with `error` filled and nothing left behind.
int csb_start(const struct csb_spec *spec, struct csb_process *process, struct csb_error *error);

// Waits for the program and for all it started; returns its status, or 128 plus the signal that ended it.
int csb_wait(const struct csb_process *process);

// The version of Landlock that the kernel has, 0 for none; from 6 on programs are kept from abstract sockets and from
// signalling what is outside.
int csb_landlock_version(void);

// Writes everything that the file system of a folder has not written yet to the disk; 0, or -1 with errno.
int csb_sync_file_system(const char *folder);

// Makes a pipe that children do not inherit.
int csb_pipe(int ends[2]);

// Passes SIGTERM, SIGINT, SIGHUP and SIGQUIT of the caller on to the program, until `csb_forward_end`. One at a time.
void csb_forward_begin(const struct csb_process *process);
void csb_forward_end(void);

#endif
