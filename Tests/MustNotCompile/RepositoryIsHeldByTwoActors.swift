// must not compile: risks causing data races
//
// An actor's repository is its own: one that is used elsewhere cannot be sent into it.
import Git2

actor Second {
  var isBare = false
  func look(_ repository: borrowing Repository) { isBare = repository.isBare }
}

func lend(_ path: String, _ second: Second) async throws -> Bool {
  let repository = try Repository(at: path)
  async let look: Void = second.look(repository)
  let isBare = repository.isBare
  await look
  return isBare
}
