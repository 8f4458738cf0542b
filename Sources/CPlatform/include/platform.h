// System calls that Swift cannot reach: variadic ones, and those that differ between Linux and macOS.
#ifndef ORCH_PLATFORM_H
#define ORCH_PLATFORM_H

#include "sha1.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Flushes a file's data to stable storage: fdatasync on Linux, F_FULLFSYNC on macOS. 0 or errno.
int orch_sync_data(int fd);

// Opens a file: open(2) is variadic. Returns the descriptor, or -errno.
int orch_open(const char *path, int flags, mode_t mode);

// Opens a file below an open folder: openat(2) is variadic. Returns the descriptor, or -errno.
int orch_open_at(int folder, const char *path, int flags, mode_t mode);

// Makes a file whose name is `template` with its last six characters, XXXXXX, replaced in place; close-on-exec.
// Returns the descriptor, or -errno.
int orch_open_temporary(char *template);

// Sets close-on-exec on a descriptor. 0 or errno.
int orch_set_cloexec(int fd);

// Takes an exclusive flock; waits if `wait` is true. 0, EWOULDBLOCK when held, or errno.
int orch_flock_exclusive(int fd, bool wait);

// Takes a shared flock; waits if `wait` is true. 0, EWOULDBLOCK when held exclusively, or errno.
int orch_flock_shared(int fd, bool wait);

// A descriptor that can be read when a file of a folder was removed, or -errno; -ENOTSUP where there is
// no such thing.
int orch_watch_removals(const char *folder);

// The file of the shared library of this process with a number from 0, as the loader found it; empty for the program
// itself. 0, ENOENT behind the last one, ENAMETOOLONG, or ENOTSUP where they cannot be told.
int orch_loaded_library(int index, char *name, size_t size);

// The soft and the hard limit of this process on open files, then of its user on processes; -1 where there is none.
void orch_own_limits(int64_t limits[4]);

// True if a control group's folder is marked as left to somebody: systemd's user.delegate and trusted.delegate.
bool orch_is_delegated(const char *folder);

// Makes a pipe, close-on-exec at both ends. 0 or errno.
int orch_pipe(int ends[2]);

// A descriptor that stands for a process and never for a later one with its number, or -errno;
// -ENOSYS where there is no such thing.
int orch_process_open(pid_t pid);

// Kills the process that `process`, from orch_process_open, stands for. 0 or errno.
int orch_process_kill(int process);

// Makes this process the one that inherits orphaned descendants. 0, ENOTSUP, or errno.
int orch_become_subreaper(void);

// Collects this process' ended children and stops the others, until a look finds what the one before found, or after so
// many looks. Of very many children only the first are looked at. Does nothing where there is no /proc.
void orch_stop_children(int looks);

// Terminates this process with `signal` when its parent dies (Linux only). 0, ENOTSUP, or errno.
int orch_die_with_parent(int signal);

// Milliseconds since some fixed point, counting sleep, never going back.
int64_t orch_monotonic_ms(void);

// What to start: every pointer is borrowed for the call; the arrays end with NULL.
typedef struct {
  const char *program;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  int input;
  int output;
  int error;
  bool dies_with_parent;
  // Stays in this process' session and group, for a command at a person's terminal.
  bool in_place;
  // The largest file that it and its children may write, in bytes; 0 is no limit.
  int64_t largest_file;
  // Starts with SIGINT, SIGTERM and SIGHUP ignored, which its own children inherit unless they reset them.
  bool ignores_stop;
  // The file `cgroup.procs` of a control group that it is placed in before it begins, if that is allowed; NULL is none.
  const char *control_group;
} orch_spawn_request;

// Starts a program, in a session of its own unless `in_place`, with only its three standard descriptors open, default
// signal handlers and an empty signal mask. Returns the process id, or -errno, also that of a failed
// exec or chdir.
pid_t orch_spawn(const orch_spawn_request *request);

// Starts a program that is nobody's child: twice forked, in a session of its own, with the null device
// as its standard descriptors, except that standard error is `error` unless that is negative. 0 or
// errno, also that of a failed exec.
int orch_spawn_detached(const char *program, char *const *arguments, char *const *environment,
                        const char *directory, int error);

// Exit code of a wait status, or -1 if a signal ended it.
int orch_wait_exit_code(int status);

// Signal that ended a process by its wait status, or 0.
int orch_wait_signal(int status);

#endif
