#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <link.h>
#include <sys/inotify.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#endif

int orch_sync_data(int fd) {
#ifdef __APPLE__
  if (fcntl(fd, F_FULLFSYNC) == 0) return 0;
  return fsync(fd) == 0 ? 0 : errno;
#else
  return fdatasync(fd) == 0 ? 0 : errno;
#endif
}

int orch_open(const char *path, int flags, mode_t mode) {
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int orch_open_at(int folder, const char *path, int flags, mode_t mode) {
  int fd;
  do {
    fd = openat(folder, path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int orch_open_temporary(char *template) {
  int fd = mkostemp(template, O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int orch_set_cloexec(int fd) {
  int flags = fcntl(fd, F_GETFD);
  if (flags < 0) return errno;
  return fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0 ? 0 : errno;
}

void orch_own_limits(int64_t limits[4]) {
  struct rlimit limit;
  for (int index = 0; index < 2; index++) {
    bool is_known = getrlimit(index == 0 ? RLIMIT_NOFILE : RLIMIT_NPROC, &limit) == 0;
    limits[2 * index] = is_known && limit.rlim_cur != RLIM_INFINITY ? (int64_t)limit.rlim_cur : -1;
    limits[2 * index + 1] = is_known && limit.rlim_max != RLIM_INFINITY ? (int64_t)limit.rlim_max : -1;
  }
}

bool orch_is_delegated(const char *folder) {
#ifdef __linux__
  char value = 0;
  if (getxattr(folder, "user.delegate", &value, 1) == 1 && value == '1') return true;
  return getxattr(folder, "trusted.delegate", &value, 1) == 1 && value == '1';
#else
  (void)folder;
  return false;
#endif
}

#ifdef __linux__
struct library_search {
  int index;
  char *name;
  size_t size;
  int status;
};

static int look_at_library(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct library_search *search = data;
  if (search->index-- > 0) return 0;
  const char *name = info->dlpi_name ? info->dlpi_name : "";
  search->status = strlen(name) < search->size ? 0 : ENAMETOOLONG;
  if (search->status == 0) strcpy(search->name, name);
  return 1;
}
#endif

int orch_loaded_library(int index, char *name, size_t size) {
#ifdef __linux__
  struct library_search search = {index, name, size, ENOENT};
  dl_iterate_phdr(look_at_library, &search);
  return search.status;
#else
  (void)index, (void)name, (void)size;
  return ENOTSUP;
#endif
}

int orch_watch_removals(const char *folder) {
#ifdef __linux__
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return -errno;
  if (inotify_add_watch(fd, folder, IN_DELETE) >= 0) return fd;
  int number = errno;
  close(fd);
  return -number;
#else
  (void)folder;
  return -ENOTSUP;
#endif
}

int orch_pipe(int ends[2]) {
#ifdef __linux__
  return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
#else
  if (pipe(ends) != 0) return errno;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

int orch_flock_shared(int fd, bool wait) {
  int result;
  do {
    result = flock(fd, LOCK_SH | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int orch_flock_exclusive(int fd, bool wait) {
  int result;
  do {
    result = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int orch_become_subreaper(void) {
#ifdef __linux__
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
#else
  return ENOTSUP;
#endif
}

int orch_die_with_parent(int signal) {
#ifdef __linux__
  return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0 ? 0 : errno;
#else
  (void)signal;
  return ENOTSUP;
#endif
}

int orch_process_open(pid_t pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
  int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  return fd < 0 ? -errno : fd;
#else
  (void)pid;
  return -ENOSYS;
#endif
}

int orch_process_kill(int process) {
#if defined(__linux__) && defined(SYS_pidfd_send_signal)
  return syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) == 0 ? 0 : errno;
#else
  (void)process;
  return ENOSYS;
#endif
}

#ifdef __linux__
// Where two texts begin to differ, at the beginning of a word.
static size_t first_difference(const char *one, size_t one_count, const char *other, size_t other_count) {
  size_t start = 0;
  for (size_t at = 0; at < one_count && at < other_count && one[at] == other[at]; at++) {
    if (one[at] == ' ') start = at + 1;
  }
  return start;
}
#endif

void orch_stop_children(int looks) {
#ifdef __linux__
  enum { room = 256 * 1024 };
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  char *text = malloc(room), *last = malloc(room);
  size_t known = 0;
  for (int look = 0; fd >= 0 && text != NULL && last != NULL && look < looks; look++) {
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    size_t count = 0;
    ssize_t got;
    while (count < room - 1 && (got = pread(fd, text + count, room - 1 - count, (off_t)count)) > 0) count += (size_t)got;
    // A number is whole if a space follows it: half of one is somebody else's.
    while (count > 0 && text[count - 1] != ' ') count--;
    text[count] = 0;
    if (look > 0 && count == known && memcmp(text, last, count) == 0) break;
    // None of them is collected before the next look, so that none of these numbers is another's by now.
    char *next = text + first_difference(text, count, last, known);
    for (long pid = strtol(next, &next, 10); pid > 0; pid = strtol(next, &next, 10)) kill((pid_t)pid, SIGSTOP);
    char *seen = last;
    last = text;
    text = seen;
    known = count;
  }
  free(text);
  free(last);
  if (fd >= 0) close(fd);
#else
  (void)looks;
#endif
}

int64_t orch_monotonic_ms(void) {
  struct timespec now;
#ifdef __APPLE__
  clock_gettime(CLOCK_MONOTONIC, &now);
#else
  clock_gettime(CLOCK_BOOTTIME, &now);
#endif
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
