internal import Dispatch

/// Runs work that blocks on a thread of its own, so that it never sits on the pool that tasks share.
func blocking<Value: Sendable>(
  _ work: @escaping @Sendable () throws(WorktreeError) -> Value
) async throws(WorktreeError) -> Value {
  let result: Result<Value, WorktreeError> = await withCheckedContinuation { continuation in
    DispatchQueue.global().async {
      do throws(WorktreeError) {
        continuation.resume(returning: .success(try work()))
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  return try result.get()
}
