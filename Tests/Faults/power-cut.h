// A power cut, as the POSIX promises allow it: of each file, what was written and not flushed is gone, and so is each
// name that was given, changed or taken away without its folder being flushed after it.

// Files with bytes that were never flushed: a descriptor of its own for each, and how long it was when it was.
static struct {
  dev_t device;
  ino_t inode;
  int fd;
  off_t flushed;
} unflushed[1024];
static int unflushed_count;
static pthread_mutex_t unflushed_lock = PTHREAD_MUTEX_INITIALIZER;

// Names that were given or taken, in order, whose folder was never flushed since. What a name led to before stays
// beside, in the folder KILL_KEPT.
enum change { MADE, RENAMED, REMOVED };
static struct {
  enum change change;
  char from[PATH_MAX];
  char name[PATH_MAX];
  char kept[PATH_MAX];
} names[1024];
static int name_count;

static int cuts_power(void) {
  const char *power = getenv("KILL_POWER");
  return power && *power == '1';
}

static void write_whole_path(const char *path, char *whole) {
  *whole = 0;
  if (*path && *path != '/' && getcwd(whole, PATH_MAX)) strncat(whole, "/", PATH_MAX - strlen(whole) - 1);
  strncat(whole, path, PATH_MAX - strlen(whole) - 1);
}

// A name is about to be given or taken, or was given to a file that had none.
static void note_name(enum change change, const char *from, const char *name) {
  if (!cuts_power()) return;
  pthread_mutex_lock(&unflushed_lock);
  if (name_count < 1024) {
    int (*real_link)(const char *, const char *) = dlsym(RTLD_NEXT, "link");
    names[name_count].change = change;
    write_whole_path(from, names[name_count].from);
    write_whole_path(name, names[name_count].name);
    char *kept = names[name_count].kept;
    const char *folder = getenv("KILL_KEPT");
    snprintf(kept, PATH_MAX, "%s/%d-%d", folder ? folder : "", getpid(), name_count);
    if (change == MADE || !folder || real_link(names[name_count].name, kept) != 0) *kept = 0;
    name_count++;
  }
  pthread_mutex_unlock(&unflushed_lock);
}

// The change that was noted last for a name did not come about.
static void forget_name(const char *name) {
  char whole[PATH_MAX];
  if (!cuts_power()) return;
  write_whole_path(name, whole);
  pthread_mutex_lock(&unflushed_lock);
  for (int index = name_count - 1; index >= 0; index--) {
    if (strcmp(names[index].name, whole) != 0) continue;
    memmove(&names[index], &names[index + 1], (name_count - index - 1) * sizeof names[0]);
    name_count--;
    break;
  }
  pthread_mutex_unlock(&unflushed_lock);
}

static int is_in(const char *name, const struct stat *folder) {
  char above[PATH_MAX];
  struct stat found;
  snprintf(above, sizeof above, "%s", name);
  char *slash = strrchr(above, '/');
  if (!slash) return 0;
  *slash = 0;
  return stat(above, &found) == 0 && found.st_ino == folder->st_ino && found.st_dev == folder->st_dev;
}

// A folder was flushed: the names in it stay as they are.
static void keep_names(const struct stat *folder) {
  int kept = 0;
  for (int index = 0; index < name_count; index++) {
    if (!is_in(names[index].name, folder)) names[kept++] = names[index];
  }
  name_count = kept;
}

// The latest first, so that each finds what it left.
static void undo_names(void) {
  int (*real_rename)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  int (*real_unlink)(const char *) = dlsym(RTLD_NEXT, "unlink");
  while (name_count > 0) {
    name_count--;
    const char *name = names[name_count].name, *kept = names[name_count].kept;
    if (names[name_count].change == RENAMED) real_rename(name, names[name_count].from);
    if (names[name_count].change == MADE) real_unlink(name);
    if (*kept) real_rename(kept, name);
  }
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

// A file, or a folder with the names in it, was flushed.
static void note_flush(int fd) {
  struct stat file;
  if (!cuts_power() || fstat(fd, &file) != 0) return;
  pthread_mutex_lock(&unflushed_lock);
  int index = find_unflushed(&file);
  if (index >= 0) {
    close(unflushed[index].fd);
    unflushed[index] = unflushed[--unflushed_count];
  }
  if (S_ISDIR(file.st_mode)) keep_names(&file);
  pthread_mutex_unlock(&unflushed_lock);
}

__attribute__((destructor)) static void cut_power(void) {
  if (!cuts_power()) return;
  pthread_mutex_lock(&unflushed_lock);
  for (int index = 0; index < unflushed_count; index++) {
    if (ftruncate(unflushed[index].fd, unflushed[index].flushed) != 0) perror("ftruncate");
  }
  undo_names();
  pthread_mutex_unlock(&unflushed_lock);
}

