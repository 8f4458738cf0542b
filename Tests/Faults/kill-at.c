// Preloaded into a program under test: kills it with SIGKILL at its Nth step that changes a file below a
// folder. KILL_AT is N, KILL_BELOW the folder, KILL_TORN=1 leaves half of what was to be written, KILL_LOG a
// file that counts the steps of a run that is not killed. With NO_SPACE_AT, that step and all later ones fail for
// want of space instead. FREE_BYTES is what a disk says that it has left. With KILL_POWER=1 the death is a power cut,
// as is the program's own end (power-cut.h). KILL_MARK is a file that is there once something was killed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int steps;

static int is_below(const char *path) {
  const char *folder = getenv("KILL_BELOW");
  char full[PATH_MAX];
  if (!folder || !path) return 0;
  // git names its files from the folder that it runs in.
  if (*path != '/') {
    if (!getcwd(full, sizeof full)) return 0;
    size_t length = strlen(full);
    snprintf(full + length, sizeof full - length, "/%s", path);
    path = full;
  }
  return strncmp(path, folder, strlen(folder)) == 0;
}

static int is_file_below(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_below(path);
}

static _Thread_local int step;

// True if this is the step to die at.
static int is_due(void) {
  step = atomic_fetch_add(&steps, 1) + 1;
  const char *log = getenv("KILL_LOG");
  if (log) {
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0) {
      ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
      real(fd, ".", 1);
      close(fd);
    }
  }
  const char *at = getenv("KILL_AT");
  return at && step == atoi(at);
}

#include "power-cut.h"

static void die(void) {
  const char *mark = getenv("KILL_MARK");
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  if (mark) real(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  cut_power();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// True if there is no space left for the step that was counted last.
static int is_full(int counted) {
  const char *at = getenv("NO_SPACE_AT");
  if (!counted || !at || step < atoi(at)) return 0;
  errno = ENOSPC;
  return 1;
}

static int is_torn(void) {
  const char *torn = getenv("KILL_TORN");
  return torn && *torn == '1';
}

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  int below = is_file_below(fd);
  if (below) note_write(fd);
  int due = below && is_due();
  if (is_full(below)) return -1;
  ssize_t done = real(fd, bytes, due && is_torn() ? count / 2 : count);
  if (due) die();
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
  int below = is_file_below(fd);
  if (below) note_write(fd);
  int due = below && is_due();
  if (is_full(below)) return -1;
  ssize_t done = real(fd, bytes, due && is_torn() ? count / 2 : count, offset);
  if (due) die();
  return done;
}

int statvfs(const char *path, struct statvfs *information) {
  int (*real)(const char *, struct statvfs *) = dlsym(RTLD_NEXT, "statvfs");
  int status = real(path, information);
  const char *bytes = getenv("FREE_BYTES");
  if (status == 0 && bytes) information->f_bavail = strtoull(bytes, NULL, 10) / information->f_frsize;
  return status;
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  int due = is_file_below(fd) && is_due();
  if (due && is_torn()) die();
  int status = real(fd);
  if (status == 0) note_flush(fd);
  if (due) die();
  return status;
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  int due = is_file_below(fd) && is_due();
  if (due && is_torn()) die();
  int status = real(fd);
  if (status == 0) note_flush(fd);
  if (due) die();
  return status;
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  int below = is_below(to);
  int due = below && is_due();
  if (due && is_torn()) die();
  if (below) note_name(RENAMED, from, to);
  int status = real(from, to);
  if (below && status != 0) forget_name(to);
  if (due) die();
  return status;
}

int link(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "link");
  int below = is_below(to);
  int due = below && is_due();
  if (due && is_torn()) die();
  int status = real(from, to);
  if (below && status == 0) note_name(MADE, "", to);
  if (due) die();
  return status;
}

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  int below = is_below(path);
  int due = below && is_due();
  if (due && is_torn()) die();
  if (below) note_name(REMOVED, "", path);
  int status = real(path);
  if (below && status != 0) forget_name(path);
  if (due) die();
  return status;
}

static int open_noting(const char *symbol, const char *path, int flags, va_list arguments) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
  if (!(flags & (O_CREAT | O_TMPFILE))) return real(path, flags);
  mode_t mode = va_arg(arguments, mode_t);
  int is_new = is_below(path) && access(path, F_OK) != 0;
  int fd = real(path, flags, mode);
  if (is_new && fd >= 0) note_name(MADE, "", path);
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int fd = open_noting("open", path, flags, arguments);
  va_end(arguments);
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int fd = open_noting("open64", path, flags, arguments);
  va_end(arguments);
  return fd;
}
