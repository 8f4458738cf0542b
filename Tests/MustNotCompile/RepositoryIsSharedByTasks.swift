// must not compile: sending 'repository' risks causing data races
//
// Two tasks may not use one repository: libgit2's objects belong to one thread at a time.
import Git2

func share(_ path: String) async throws {
  let repository = try Repository(at: path)
  async let one = repository.isBare
  async let two = repository.isShallow
  _ = await (one, two)
}
