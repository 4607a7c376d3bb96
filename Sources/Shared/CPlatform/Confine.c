#define _GNU_SOURCE
#include "CPlatform.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <linux/landlock.h>, of which the headers that we build with may know less than the kernel that we run on.
enum {
    nr_create_ruleset = 444,
    nr_add_rule = 445,
    nr_restrict_self = 446,
    rule_path_beneath = 1,
    query_version = 1,
};
enum {
    may_execute = 1 << 0,
    may_write_file = 1 << 1,
    may_read_file = 1 << 2,
    may_read_folder = 1 << 3,
    may_remove_folder = 1 << 4,
    may_remove_file = 1 << 5,
    may_make_device = 1 << 6,
    may_make_folder = 1 << 7,
    may_make_file = 1 << 8,
    may_make_socket = 1 << 9,
    may_make_pipe = 1 << 10,
    may_make_block_device = 1 << 11,
    may_make_link = 1 << 12,
    may_link_elsewhere = 1 << 13, // version 2
    may_truncate = 1 << 14,       // version 3
};
enum {
    reading = may_execute | may_read_file | may_read_folder,
    changing = may_write_file | may_remove_folder | may_remove_file | may_make_folder | may_make_file |
               may_make_socket | may_make_pipe | may_make_link | may_link_elsewhere | may_truncate,
    of_files = may_execute | may_write_file | may_read_file | may_truncate,
    of_first_version = (1 << 13) - 1,
};
// No abstract socket and no process outside what is confined can be reached (version 6).
enum { scope_sockets = 1 << 0, scope_signals = 1 << 1 };

struct ruleset {
    uint64_t files, network, scopes;
};
struct __attribute__((packed)) rule {
    uint64_t allowed;
    int32_t parent;
};

int ft_landlock_version(void) { return (int)syscall(nr_create_ruleset, NULL, 0, query_version); }

struct confinement {
    int set;
    uint64_t handled;
    char **hidden;
    int hidden_count;
};

// What cannot be opened is not there for the program either.
static void allow(const struct confinement *all, const char *path, uint64_t rights) {
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status;
    if (fstat(descriptor, &status) == 0) {
        if (!S_ISDIR(status.st_mode)) rights &= of_files;
        struct rule rule = {.allowed = rights & all->handled, .parent = descriptor};
        if (rule.allowed) syscall(nr_add_rule, all->set, rule_path_beneath, &rule, 0);
    }
    close(descriptor);
}

// Whether `path` is `below`, or `below` lies in it.
static bool leads_to(const char *path, const char *below) {
    size_t length = strlen(path);
    if (length == 1) return true;
    return strncmp(below, path, length) == 0 && (below[length] == '/' || below[length] == 0);
}

// Everything below `path` but what is hidden: where something hidden lies in it, each entry by itself.
static void allow_all_but(const struct confinement *all, const char *path) {
    bool has_hidden = false;
    for (int i = 0; i < all->hidden_count; i++) {
        if (strcmp(all->hidden[i], path) == 0) return;
        has_hidden = has_hidden || leads_to(path, all->hidden[i]);
    }
    if (!has_hidden) {
        allow(all, path, reading);
        return;
    }
    DIR *folder = opendir(path);
    if (!folder) return;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *inner;
        if (asprintf(&inner, "%s/%s", path[1] ? path : "", entry->d_name) < 0) continue;
        struct stat status;
        // A link is resolved to what it leads to, which is allowed, or hidden, by its own place.
        if (lstat(inner, &status) == 0 && !S_ISLNK(status.st_mode)) allow_all_but(all, inner);
        free(inner);
    }
    closedir(folder);
}

// The devices that every program writes to, and graphics cards where the unit lets them through; /dev/shm is none.
static void allow_devices(const struct confinement *all, const char *path, int depth) {
    DIR *folder = opendir(path);
    if (!folder) return;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.') continue;
        char inner[512];
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner) continue;
        struct stat status;
        if (lstat(inner, &status)) continue;
        if (S_ISCHR(status.st_mode)) allow(all, inner, may_read_file | may_write_file);
        if (S_ISDIR(status.st_mode) && depth > 0 && strcmp(entry->d_name, "pts")) allow_devices(all, inner, depth - 1);
    }
    closedir(folder);
}

// False with errno where the kernel cannot hold anything back.
static bool restrict_self(char **hidden, int hidden_count, char **read, int read_count, char **write, int write_count) {
    int version = ft_landlock_version();
    if (version < 1) return false;
    struct confinement all = {.hidden = hidden, .hidden_count = hidden_count, .handled = of_first_version};
    if (version >= 2) all.handled |= may_link_elsewhere;
    if (version >= 3) all.handled |= may_truncate;
    struct ruleset ruleset = {.files = all.handled};
    if (version >= 6) ruleset.scopes = scope_sockets | scope_signals;
    // An older kernel takes a shorter description.
    size_t size = version >= 6 ? sizeof ruleset : version >= 4 ? 16 : 8;
    all.set = (int)syscall(nr_create_ruleset, &ruleset, size, 0);
    if (all.set < 0) return false;
    allow_all_but(&all, "/");
    allow_devices(&all, "/dev", 1);
    for (int i = 0; i < read_count; i++) allow(&all, read[i], reading);
    for (int i = 0; i < write_count; i++) allow(&all, write[i], reading | changing);
    bool is_done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(nr_restrict_self, all.set, 0) == 0;
    close(all.set);
    return is_done;
}

// Waits for the program `child` and leaves as it left. Asked to end (SIGTERM), or alone because the daemon is gone, it
// takes the whole process group with it once the program has left.
static void guard(pid_t child, pid_t parent) {
    prctl(PR_SET_NAME, "confine");
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGRTMIN);
    bool is_asked = false;
    while (true) {
        int status;
        pid_t left = waitpid(child, &status, WNOHANG);
        if (left == child || (left < 0 && errno == ECHILD)) {
            if (is_asked) kill(0, SIGKILL);
            if (left < 0) _exit(1);
            if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
            signal(WTERMSIG(status), SIG_DFL);
            sigemptyset(&signals);
            sigaddset(&signals, WTERMSIG(status));
            sigprocmask(SIG_UNBLOCK, &signals, NULL);
            raise(WTERMSIG(status));
            _exit(128 + WTERMSIG(status));
        }
        // The kernel tells also of the end of the thread that started us, which means nothing.
        if (getppid() != parent) kill(0, SIGKILL);
        int which = sigwaitinfo(&signals, NULL);
        if (which == SIGTERM) is_asked = true;
    }
}

// Goes on in a process of its own, which the present one guards.
static void split(void) {
    pid_t parent = getppid();
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &signals, &before);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGRTMIN);
    pid_t child = fork();
    if (child > 0) guard(child, parent);
    if (child < 0) _exit(126);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

// Comes back only where the program cannot be run. The three lists have room for all arguments.
static int become(int count, char **arguments, char **hidden, char **read, char **write) {
    int hidden_count = 0, read_count = 0, write_count = 0;
    bool is_guarded = false;
    int i = 0;
    for (; i < count && strcmp(arguments[i], "--"); i++) {
        if (strcmp(arguments[i], "--guard") == 0) {
            is_guarded = true;
        } else if (i + 1 < count && strcmp(arguments[i], "--hide") == 0) {
            hidden[hidden_count++] = arguments[++i];
        } else if (i + 1 < count && strcmp(arguments[i], "--read") == 0) {
            read[read_count++] = arguments[++i];
        } else if (i + 1 < count && strcmp(arguments[i], "--write") == 0) {
            write[write_count++] = arguments[++i];
        } else {
            fprintf(stderr, "finetuned confine: '%s' is not known\n", arguments[i]);
            return 64;
        }
    }
    if (i + 1 >= count) {
        fprintf(stderr, "finetuned confine: no program is named\n");
        return 64;
    }
    if (is_guarded) split();
    restrict_self(hidden, hidden_count, read, read_count, write, write_count);
    execv(arguments[i + 1], arguments + i + 1);
    int cause = errno;
    fprintf(stderr, "%s cannot be run: %s\n", arguments[i + 1], strerror(cause));
    return cause == ENOENT ? 127 : 126;
}

int ft_confine(int count, char **arguments) {
    char **lists = calloc((size_t)count * 3 + 1, sizeof *lists);
    if (!lists) return 126;
    int status = become(count, arguments, lists, lists + count, lists + 2 * (size_t)count);
    free(lists);
    return status;
}
