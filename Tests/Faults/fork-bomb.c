// Processes that flee from whoever ends them: each begins another one in its place and ends itself. Where one of
// them was killed, the next to notice begins another.
//
//   fork-bomb WIDTH HOPS FILE
//
// WIDTH of them live at once, at most 64, each in a session of its own. HOPS are begun in all, so that the machine is
// left alone in the end whatever becomes of the test. FILE holds how many were begun.
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct herd {
  atomic_int begun;
  atomic_int places[64];
};

// Begins a process for a place; returns 0 in it.
static pid_t begin(struct herd *herd, int place) {
  atomic_fetch_add(&herd->begun, 1);
  pid_t child = fork();
  if (child > 0) atomic_store(&herd->places[place], child);
  return child;
}

static void flee(struct herd *herd, int place, int width, int hops) {
  while (atomic_load(&herd->begun) < hops) {
    setsid();
    for (int other = 0; other < width; other++) {
      int old = atomic_load(&herd->places[other]);
      if (other == place || old <= 0 || old == INT_MAX || kill(old, 0) == 0) continue;
      if (!atomic_compare_exchange_strong(&herd->places[other], &old, INT_MAX)) continue;
      if (begin(herd, other) == 0) place = other;
    }
    if (begin(herd, place) > 0) _exit(0);
  }
  _exit(0);
}

int main(int count, char **words) {
  if (count != 4) return 2;
  int width = atoi(words[1]), hops = atoi(words[2]);
  if (width < 1 || width > 64) return 2;
  int file = open(words[3], O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (file < 0 || ftruncate(file, sizeof(struct herd)) != 0) return 3;
  struct herd *herd = mmap(NULL, sizeof *herd, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (herd == MAP_FAILED) return 4;
  for (int place = 0; place < width; place++) {
    if (begin(herd, place) == 0) flee(herd, place, width, hops);
  }
  // The agent ends while its processes are at it.
  while (atomic_load(&herd->begun) < 100 * width && atomic_load(&herd->begun) < hops) usleep(100);
  return 0;
}
