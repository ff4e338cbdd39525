// The filters of system calls, as programs of the kernel's packet filter language.
#include "internal.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>

#if defined(__x86_64__)
#define CSB_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CSB_ARCH AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows x86_64 and aarch64"
#endif

#define ALLOW SECCOMP_RET_ALLOW
#define FAIL(code) (SECCOMP_RET_ERRNO | ((code) & SECCOMP_RET_DATA))
#define NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x80)

struct program {
    struct sock_filter *code;
    size_t count;
};

static void add(struct program *p, uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
    p->code[p->count++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *p, size_t offset) { add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset); }

static void answer(struct program *p, uint32_t result) { add(p, BPF_RET | BPF_K, 0, 0, result); }

// Answers one call, whatever its arguments.
static void on_call(struct program *p, long number, uint32_t result) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
    answer(p, result);
}

static size_t low_word(int argument) { return offsetof(struct seccomp_data, args) + (size_t)argument * 8; }

// Answers a call where any bit of `mask` is set in an argument.
static void on_bits(struct program *p, long number, int argument, uint32_t mask, uint32_t result) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)number);
    load(p, low_word(argument));
    add(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, mask);
    answer(p, result);
    answer(p, ALLOW);
}

// Answers a call where an argument, masked, has one of two values.
static void on_values(struct program *p, long number, int argument, uint32_t mask, uint32_t one, uint32_t other,
                      uint32_t result) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 6, (uint32_t)number);
    load(p, low_word(argument));
    add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, one);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, other);
    answer(p, result);
    answer(p, ALLOW);
}

static void deny(struct program *p) {
    static const long never[] = {
        SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load,
        SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_open_by_handle_at, SYS_mount,
        SYS_umount2, SYS_pivot_root, NR_open_tree, NR_move_mount, NR_fsopen, NR_fsconfig, NR_fsmount, NR_fspick,
        NR_mount_setattr, NR_open_tree_attr, SYS_setns, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl,
        NR_quotactl_fd, SYS_settimeofday, SYS_clock_settime, SYS_syslog, SYS_vhangup, SYS_io_uring_setup,
        SYS_io_uring_enter, SYS_io_uring_register, SYS_clock_adjtime, SYS_process_vm_readv,
        SYS_process_vm_writev, SYS_kcmp, NR_pidfd_getfd, SYS_fanotify_init, SYS_lookup_dcookie, SYS_nfsservctl,
#if defined(__x86_64__)
        SYS_iopl, SYS_ioperm, SYS__sysctl, SYS_create_module, SYS_uselib, SYS_ustat, SYS_sysfs,
#endif
    };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) on_call(p, never[i], FAIL(EPERM));
    on_call(p, NR_clone3, FAIL(ENOSYS));  // its flags lie in memory, where a filter cannot look; libc then uses clone
    on_bits(p, SYS_clone, 0, NAMESPACES & ~0x80u, FAIL(EPERM));
    on_bits(p, SYS_unshare, 0, NAMESPACES, FAIL(EPERM));
    on_values(p, SYS_ioctl, 1, 0xffffffff, 0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */, FAIL(EPERM));
    on_values(p, SYS_socket, 0, 0xffffffff, 38 /* AF_ALG */, 40 /* AF_VSOCK */, FAIL(EAFNOSUPPORT));
}

static void fake_owner(struct program *p) {
    static const long pretended[] = {
        SYS_fchown, SYS_fchownat, SYS_setgroups, SYS_setresuid, SYS_setresgid, SYS_setuid, SYS_setgid, SYS_setreuid,
        SYS_setregid, SYS_setfsuid, SYS_setfsgid, SYS_capset,
#if defined(__x86_64__)
        SYS_chown, SYS_lchown,
#endif
    };
    for (size_t i = 0; i < sizeof pretended / sizeof *pretended; i++) on_call(p, pretended[i], FAIL(0));
    on_values(p, SYS_mknodat, 2, S_IFMT, S_IFCHR, S_IFBLK, FAIL(0));
#if defined(__x86_64__)
    on_values(p, SYS_mknod, 1, S_IFMT, S_IFCHR, S_IFBLK, FAIL(0));
#endif
}

size_t csb_filter(struct sock_filter *code, unsigned flags) {
    struct program p = {code, 0};
    load(&p, offsetof(struct seccomp_data, arch));
    add(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, CSB_ARCH);
    answer(&p, FAIL(ENOSYS));  // another instruction set's numbers would pass the list unseen
    load(&p, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    add(&p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);  // x32
    answer(&p, FAIL(ENOSYS));
#endif
    if (flags & CSB_SECCOMP_DENY) {
        // Nobody has looked at calls that are newer than this list; programs take them for missing and do without.
        add(&p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, NR_last_known);
        answer(&p, FAIL(ENOSYS));
    }
    if (flags & CSB_SECCOMP_NO_CHROOT) on_call(&p, SYS_chroot, FAIL(EPERM));
    if (flags & CSB_SECCOMP_FAKE_OWNER) fake_owner(&p);
    if (flags & CSB_SECCOMP_DENY) deny(&p);
    answer(&p, ALLOW);
    return p.count;
}
