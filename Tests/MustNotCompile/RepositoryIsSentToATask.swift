// must not compile: risks causing data races
//
// A repository that a task has taken over is not used beside it.
import Git2

func send(_ path: String) async throws -> Bool {
  let repository = try Repository(at: path)
  let task = Task { repository.isBare }
  let isShallow = repository.isShallow
  return await task.value && isShallow
}
