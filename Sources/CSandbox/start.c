// The caller's side: clone, identity maps, errors, waiting.
#include "internal.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#define CSB_SIGNALS 4
static const int forwarded[CSB_SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
static struct sigaction previous[CSB_SIGNALS];
static volatile sig_atomic_t forward_to;

int csb_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csb_sync_file_system(const char *folder) {
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return -1;
    int result = syncfs(file), code = errno;
    close(file);
    errno = code;
    return result;
}

static int fill(struct csb_error *error, const char *stage, const char *what, int code) {
    error->code = code;
    snprintf(error->stage, sizeof error->stage, "%s", stage);
    snprintf(error->what, sizeof error->what, "%s", what);
    return -1;
}

static int write_to(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = write(file, text, strlen(text));
    int code = errno;
    close(file);
    errno = code;
    return count == (ssize_t)strlen(text) ? 0 : -1;
}

static int write_maps(pid_t pid, const struct csb_spec *spec, struct csb_error *error) {
    if (!spec->new_user) return 0;
    if (spec->deny_setgroups && write_to(pid, "setgroups", "deny")) return fill(error, "map groups", "setgroups", errno);
    if (write_to(pid, "uid_map", spec->uid_map)) return fill(error, "map users", spec->uid_map, errno);
    if (write_to(pid, "gid_map", spec->gid_map)) return fill(error, "map groups", spec->gid_map, errno);
    return 0;
}

// The text for mount(2)'s lowerdir, for kernels without lowerdir+; NULL where it does not fit into a page.
static char *lower_option(const struct csb_spec *spec, const char *skeleton) {
    char *text = malloc(4096);
    size_t used = 0;
    for (size_t i = 0; text; i++) {
        const char *path = spec->lowers[i] ? spec->lowers[i] : skeleton;
        if (used) text[used++] = ':';
        for (const char *c = path; *c; c++) {
            if (used > 3000) { free(text); return NULL; }
            if (*c == ':' || *c == ',' || *c == '\\') text[used++] = '\\';
            text[used++] = *c;
        }
        text[used] = 0;
        if (!spec->lowers[i]) break;
    }
    return text;
}

// Lets the child go and waits until it has executed the program or says why not.
static int await_start(int sync, int errors, struct csb_error *error) {
    if (write(sync, "x", 1) != 1) return fill(error, "start", "the sandbox's init", errno);
    size_t have = 0;
    while (have < sizeof *error) {
        ssize_t count = read(errors, (char *)error + have, sizeof *error - have);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        have += (size_t)count;
    }
    if (have == 0) return 0;
    if (have < sizeof *error) return fill(error, "start", "the sandbox's init ended early", EIO);
    return -1;
}

int csb_start(const struct csb_spec *spec, struct csb_process *process, struct csb_error *error) {
    char root[PATH_MAX], skeleton[PATH_MAX];
    struct sock_filter code[CSB_MAX_FILTER];
    int sync[2] = {-1, -1}, errors[2] = {-1, -1}, lifeline[2] = {-1, -1};
    memset(error, 0, sizeof *error);
    snprintf(root, sizeof root, "%s/root", spec->staging ? spec->staging : "");
    snprintf(skeleton, sizeof skeleton, "%s/skeleton", spec->staging ? spec->staging : "");
    char *option = spec->root == CSB_ROOT_OVERLAY ? lower_option(spec, skeleton) : NULL;
    if (csb_pipe(sync) || csb_pipe(errors) || csb_pipe(lifeline)) {
        int result = fill(error, "start", "a pipe", errno);
        int all[] = {sync[0], sync[1], errors[0], errors[1]};
        for (size_t i = 0; i < 4; i++) if (all[i] >= 0) close(all[i]);
        free(option);
        return result;
    }
    struct step step = {.spec = spec, .sync = sync[0], .errors = errors[1], .lifeline = lifeline[0], .staging = -1,
                        .root = -1, .staged_root = root, .staged_skeleton = skeleton, .lower_option = option};
    step.filter = (struct sock_fprog){(unsigned short)csb_filter(code, spec->seccomp), code};
    step.has_filter = spec->seccomp != 0;

    unsigned long flags = SIGCHLD;
    if (spec->root != CSB_ROOT_CHROOT) {
        flags |= CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
        if (spec->new_user) flags |= CLONE_NEWUSER;
        if (spec->proc == CSB_PROC_FRESH) flags |= CLONE_NEWPID;
        if (spec->new_network) flags |= CLONE_NEWNET;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = (pid_t)csb_clone(flags);
    int cloned = errno;
    if (pid == 0) csb_init(&step);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    close(sync[0]);
    close(errors[1]);
    close(lifeline[0]);
    int result = pid < 0 ? fill(error, "enter namespaces", "clone", cloned) : write_maps(pid, spec, error);
    if (result == 0) result = await_start(sync[1], errors[0], error);
    close(sync[1]);
    close(errors[0]);
    free(option);
    *process = (struct csb_process){pid, lifeline[1]};
    if (result == 0) return 0;
    close(lifeline[1]);
    if (pid > 0) csb_wait(process);
    return -1;
}

int csb_wait(const struct csb_process *process) {
    int status = 0;
    while (waitpid(process->pid, &status, 0) < 0) {
        if (errno != EINTR) return 255;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void forward(int number) {
    int code = errno;
    if (forward_to > 0) kill(forward_to, number);
    errno = code;
}

void csb_forward_begin(const struct csb_process *process) {
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    forward_to = process->pid;
    for (int i = 0; i < CSB_SIGNALS; i++) sigaction(forwarded[i], &action, &previous[i]);
}

void csb_forward_end(void) {
    forward_to = 0;
    for (int i = 0; i < CSB_SIGNALS; i++) sigaction(forwarded[i], &previous[i], NULL);
}
