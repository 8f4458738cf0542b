// System calls that Swift cannot reach: variadic ones, and those that differ between Linux and macOS.
#ifndef ORCH_PLATFORM_H
#define ORCH_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Flushes a file's data to stable storage: fdatasync on Linux, F_FULLFSYNC on macOS. 0 or errno.
int orch_sync_data(int fd);

// Opens a file: open(2) is variadic. Returns the descriptor, or -errno.
int orch_open(const char *path, int flags, mode_t mode);

// Sets close-on-exec on a descriptor. 0 or errno.
int orch_set_cloexec(int fd);

// Takes an exclusive flock; waits if `wait` is true. 0, EWOULDBLOCK when held, or errno.
int orch_flock_exclusive(int fd, bool wait);

// Makes this process the one that inherits orphaned descendants. 0, ENOTSUP, or errno.
int orch_become_subreaper(void);

// Terminates this process with `signal` when its parent dies (Linux only). 0, ENOTSUP, or errno.
int orch_die_with_parent(int signal);

// Milliseconds since some fixed point, counting sleep, never going back.
int64_t orch_monotonic_ms(void);

#endif
