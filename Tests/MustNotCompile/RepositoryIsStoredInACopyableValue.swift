// must not compile: of 'Copyable'-conforming struct 'Holder' has non-Copyable type 'Repository'
//
// A value that can be copied cannot own a repository.
import Git2

struct Holder {
  let repository: Repository
}
