// Preloaded into a program under test: kills it with SIGKILL at its Nth step that changes a file below a
// folder. KILL_AT is N, KILL_BELOW the folder, KILL_TORN=1 leaves half of what was to be written, KILL_LOG a
// file that counts the steps of a run that is not killed. With NO_SPACE_AT, that step and all later ones fail for
// want of space instead. FREE_BYTES is what a disk says that it has left. With KILL_POWER=1 the death is a power cut,
// as is the program's own end: of each file below the folder, what was written and not flushed is gone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
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
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
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

// Files with bytes that were never flushed: a descriptor of its own for each, and how long it was when it was.
static struct {
  dev_t device;
  ino_t inode;
  int fd;
  off_t flushed;
} unflushed[1024];
static int unflushed_count;
static pthread_mutex_t unflushed_lock = PTHREAD_MUTEX_INITIALIZER;

static int cuts_power(void) {
  const char *power = getenv("KILL_POWER");
  return power && *power == '1';
}

static int find_unflushed(const struct stat *file) {
  for (int index = 0; index < unflushed_count; index++) {
    if (unflushed[index].inode == file->st_ino && unflushed[index].device == file->st_dev) return index;
  }
  return -1;
}

// A file is about to be written to.
static void note_write(int fd) {
  struct stat file;
  if (!cuts_power() || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return;
  pthread_mutex_lock(&unflushed_lock);
  if (find_unflushed(&file) < 0 && unflushed_count < 1024) {
    unflushed[unflushed_count].device = file.st_dev;
    unflushed[unflushed_count].inode = file.st_ino;
    unflushed[unflushed_count].fd = fcntl(fd, F_DUPFD_CLOEXEC, 500);
    unflushed[unflushed_count++].flushed = file.st_size;
  }
  pthread_mutex_unlock(&unflushed_lock);
}

// A file was flushed.
static void note_flush(int fd) {
  struct stat file;
  if (!cuts_power() || fstat(fd, &file) != 0) return;
  pthread_mutex_lock(&unflushed_lock);
  int index = find_unflushed(&file);
  if (index >= 0) {
    close(unflushed[index].fd);
    unflushed[index] = unflushed[--unflushed_count];
  }
  pthread_mutex_unlock(&unflushed_lock);
}

__attribute__((destructor)) static void cut_power(void) {
  if (!cuts_power()) return;
  pthread_mutex_lock(&unflushed_lock);
  for (int index = 0; index < unflushed_count; index++) {
    if (ftruncate(unflushed[index].fd, unflushed[index].flushed) != 0) perror("ftruncate");
  }
  pthread_mutex_unlock(&unflushed_lock);
}

static void die(void) {
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
  int due = is_below(to) && is_due();
  if (due && is_torn()) die();
  int status = real(from, to);
  if (due) die();
  return status;
}

int link(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "link");
  int due = is_below(to) && is_due();
  if (due && is_torn()) die();
  int status = real(from, to);
  if (due) die();
  return status;
}

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  int due = is_below(path) && is_due();
  if (due && is_torn()) die();
  int status = real(path);
  if (due) die();
  return status;
}
