#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <unistd.h>

int64_t ft_free_bytes(const char *path) {
    struct statvfs v;
    if (statvfs(path, &v)) return -1;
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

void ft_begin_writing(int descriptor, int64_t offset, int64_t count) {
    // A hint: where the file system knows nothing of it, whoever makes the file durable waits longer.
    (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int ft_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int ft_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int ft_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }

void ft_idle_thread(void) {
    // Of one thread (IOPRIO_WHO_PROCESS and 0 name the caller), in the class of the idle.
    setpriority(PRIO_PROCESS, 0, 19);
    syscall(SYS_ioprio_set, 1, 0, 3 << 13);
}

int ft_rename_new(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); }

int ft_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

// On Linux niceness belongs to a thread; the first one's is the process's.
int ft_process_niceness(void) { return getpriority(PRIO_PROCESS, (id_t)getpid()); }

void ft_prepare_thread(const char *name, int niceness) {
    prctl(PR_SET_NAME, name);
    // A new thread has its maker's niceness. 0 names the calling one.
    if (niceness) setpriority(PRIO_PROCESS, 0, ft_process_niceness() + niceness);
}

int ft_is_remote(int descriptor) {
    struct statfs v;
    if (fstatfs(descriptor, &v)) return 0;
    switch ((uint32_t)v.f_type) {
    case 0x6969: // NFS
    case 0x517B: // SMB
    case 0xFE534D42: // SMB2
    case 0xFF534D42: // CIFS
    case 0x00C36400: // Ceph
    case 0x01021997: // 9P
    case 0x65735546: // FUSE
        return 1;
    default: return 0;
    }
}

int ft_clone(int target, int source) {
    return ioctl(target, 0x40049409, source); // FICLONE
}

int ft_set_attribute(const char *path, const char *name, const void *value, size_t size) {
    return setxattr(path, name, value, size, 0);
}

int ft_set_attribute_of(int descriptor, const char *name, const void *value, size_t size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

ssize_t ft_get_attribute_of(int descriptor, const char *name, void *value, size_t size) {
    return fgetxattr(descriptor, name, value, size);
}

int ft_clock_is_kept(void) {
    struct timex v = {0};
    if (adjtimex(&v) < 0) return -1;
    return (v.status & STA_UNSYNC) == 0;
}

ssize_t ft_attribute(const char *path, const char *name, void *value, size_t size) {
    return getxattr(path, name, value, size);
}
