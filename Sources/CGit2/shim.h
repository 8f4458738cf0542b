// The door to libgit2: a version guard, and wrappers for calls that Swift cannot make.
#ifndef ORCH_CGIT2_SHIM_H
#define ORCH_CGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/commit.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

// The option structs and error codes that Git2 relies on are those of 1.5 and later; 2.0 breaks them.
#if LIBGIT2_VER_MAJOR != 1 || LIBGIT2_VER_MINOR < 5
#error "orch needs libgit2 1.5 or later, and below 2.0: install libgit2-dev (Debian) or libgit2 (Homebrew)"
#endif

// git_libgit2_opts is variadic: one wrapper for each option that orch sets.
static inline int orch_git2_enable_fsync(int enabled) {
  return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

static inline int orch_git2_set_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int orch_git2_get_search_path(int level, git_buf *path) {
  return git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, level, path);
}

static inline int orch_git2_set_cache_object_limit(git_object_t type, size_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, type, bytes);
}

static inline int orch_git2_set_pack_file_limit(size_t files) {
  return git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, files);
}

// orch reads repositories of which the person asking may not be the owner only if git would too;
// git's own safe.directory rules are applied by libgit2 1.5 as well.
static inline int orch_git2_set_owner_validation(int enabled) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

// Strict object creation looks every referenced object up; orch's own writers name only objects
// that they have just written or read, so they may switch it off.
static inline int orch_git2_set_strict_object_creation(int enabled) {
  return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, enabled);
}

// libgit2 hashes every object that it reads anew; git does not, and leaves that to fsck. zlib's own
// checksum finds what a disk gets wrong.
static inline int orch_git2_set_strict_hash_verification(int enabled) {
  return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

#endif
