#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Bytes free for an ordinary user on the file system of `path`, or -1 with errno.
int64_t ft_free_bytes(const char *path);
/// sync_file_range(2): has the disk begin to write so many bytes of a file, without waiting.
void ft_begin_writing(int descriptor, int64_t offset, int64_t count);
/// Locks the whole file for this process, without waiting; 0 or -1 with errno.
int ft_lock(int descriptor);
/// accept4(2): the next connection, which never blocks and no child process inherits; -1 with errno.
int ft_accept(int listener);
/// pipe2(2): a pipe that never blocks and no child process inherits; 0 or -1 with errno.
int ft_pipe(int ends[2]);
/// Gives the calling thread the lowest priority for the processor and the disk; a refusal changes nothing.
void ft_idle_thread(void);
/// rename(2) that fails rather than replace (RENAME_NOREPLACE); 0 or -1 with errno.
int ft_rename_new(const char *from, const char *to);
/// Asks the kernel to send `signal` to this process when its parent dies.
int ft_parent_death_signal(int signal);
/// The niceness of the process's first thread.
int ft_process_niceness(void);
/// Names the calling thread (15 bytes are kept) and makes it give way to the process's first thread by `niceness`; a
/// refusal changes nothing.
void ft_prepare_thread(const char *name, int niceness);
/// Whether an open file lies on a file system of another machine or program, which answers for leases in its own way.
int ft_is_remote(int descriptor);
/// Shares the bytes of `source` with the empty file `target` where the file system can (FICLONE); 0 or -1 with errno.
int ft_clone(int target, int source);
/// Whether the kernel's clock is kept right by somebody (adjtimex(2)): 1 or 0; -1 with errno where it cannot be asked.
int ft_clock_is_kept(void);
/// getxattr(2): the length of a file's attribute, which is in `value` where it fits; -1 with errno.
ssize_t ft_attribute(const char *path, const char *name, void *value, size_t size);
/// setxattr(2): gives a file an attribute; 0 or -1 with errno.
int ft_set_attribute(const char *path, const char *name, const void *value, size_t size);
/// fsetxattr(2): the same for an open file.
int ft_set_attribute_of(int descriptor, const char *name, const void *value, size_t size);
/// fgetxattr(2): the bytes that the attribute has, or -1 with errno.
ssize_t ft_get_attribute_of(int descriptor, const char *name, void *value, size_t size);
/// The version of Landlock that the kernel has; -1 with errno where it has none, or the service may not use it.
int ft_landlock_version(void);
/// Becomes a program that is confined: `[--guard] [--hide PATH]… [--read PATH]… [--write PATH]… -- PROGRAM ARGUMENT…`.
///
/// It reads everything but what is hidden, and what is named to be read within that; it changes only what is named to
/// be written. With `--guard` a parent stays that ends the whole process group where it is asked to end or the daemon is
/// gone. Where the kernel has no Landlock, the program is run all the same. Returns the exit status where it cannot be
/// run. `arguments` ends with NULL.
int ft_confine(int count, char **arguments);
