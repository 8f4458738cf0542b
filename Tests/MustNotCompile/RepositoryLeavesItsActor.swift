// must not compile: requires that 'Repository' conform to 'Copyable'
//
// Only values leave the actor: a repository outside would be used by two threads.
import Git2

func steal(_ actor: RepositoryActor, _ path: String) async throws -> Bool {
  try await actor.run { _ in return try Repository(at: path) }.isBare
}
