#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

// Closes a range of descriptors in one call where the kernel can: a limit may be a million.
static bool close_range_at_once(unsigned first, unsigned last) {
#if defined(__linux__) && defined(SYS_close_range)
  return first > last || syscall(SYS_close_range, first, last, 0) == 0;
#else
  (void)first;
  (void)last;
  return false;
#endif
}

// Runs in the child between fork and exec: only async-signal-safe calls.
static void close_all_but(int kept) {
  if (close_range_at_once(3, (unsigned)kept - 1) && close_range_at_once((unsigned)kept + 1, ~0U)) return;
  struct rlimit limit;
  int highest = 65536;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536) highest = (int)limit.rlim_cur;
  for (int fd = 3; fd < highest; fd++) {
    if (fd != kept) close(fd);
  }
}

static void reset_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void fail(int report) {
  int number = errno;
  ssize_t ignored = write(report, &number, sizeof number);
  (void)ignored;
  _exit(127);
}

// A duplicate beyond the standard descriptors, so that none is overwritten before it is used: a
// program that was itself started with closed ones gets 0, 1 or 2 for a pipe.
static int above_standard(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

// Whoever started this process looks whether it worked.
static void join_group(const char *processes) {
  int file = open(processes, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t ignored = write(file, "0", 1);
  (void)ignored;
  close(file);
}

static void become(const orch_spawn_request *request, int report, pid_t parent) {
  if (!request->in_place) setsid();
  reset_signals();
  if (request->ignores_stop) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
  }
#ifdef __linux__
  if (request->dies_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // The parent may have died before the call above.
    if (getppid() != parent) _exit(127);
  }
#else
  (void)parent;
#endif
  int input = above_standard(request->input);
  int output = above_standard(request->output);
  int error = above_standard(request->error);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) fail(report);
  close_all_but(report);
  if (request->directory != NULL && chdir(request->directory) != 0) fail(report);
  if (request->control_group != NULL) join_group(request->control_group);
  if (request->largest_file > 0) {
    struct rlimit limit = {(rlim_t)request->largest_file, (rlim_t)request->largest_file};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) fail(report);
  }
  execve(request->program, request->arguments, request->environment);
  fail(report);
}

// Waits for the exec behind `report`: 0, or the errno that the child sent.
static int exec_result(int report) {
  int number = 0;
  ssize_t count;
  do {
    count = read(report, &number, sizeof number);
  } while (count < 0 && errno == EINTR);
  return count == (ssize_t)sizeof number ? number : 0;
}

static int report_pipe(int ends[2]) {
  int status = orch_pipe(ends);
  if (status != 0 || ends[1] > 2) return status;
  int moved = above_standard(ends[1]);
  status = moved < 0 ? errno : 0;
  close(ends[1]);
  ends[1] = moved;
  if (status != 0) close(ends[0]);
  return status;
}

pid_t orch_spawn(const orch_spawn_request *request) {
  int report[2];
  int status = report_pipe(report);
  if (status != 0) return -status;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) {
    status = errno;
    close(report[0]);
    close(report[1]);
    return -status;
  }
  if (child == 0) {
    close(report[0]);
    become(request, report[1], parent);
  }
  close(report[1]);
  status = exec_result(report[0]);
  close(report[0]);
  if (status != 0) {
    waitpid(child, NULL, 0);
    return -status;
  }
  return child;
}

int orch_spawn_detached(const char *program, char *const *arguments, char *const *environment,
                        const char *directory, int error) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return errno;
  int report[2];
  int status = report_pipe(report);
  if (status != 0) {
    close(null);
    return status;
  }
  pid_t child = fork();
  if (child == 0) {
    close(report[0]);
    pid_t grandchild = fork();
    if (grandchild != 0) _exit(grandchild < 0 ? 1 : 0);
    orch_spawn_request request = {program, arguments, environment, directory, null, null,
                                  error >= 0 ? error : null, false, false, 0, false};
    become(&request, report[1], 0);
  }
  status = child < 0 ? errno : 0;
  close(report[1]);
  close(null);
  if (child > 0) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    status = exec_result(report[0]);
  }
  close(report[0]);
  return status;
}

int orch_wait_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

int orch_wait_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
