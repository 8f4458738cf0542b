import Foundation
import Git2
import GitState

extension BenchState {
  /// Seconds that a join takes after two machines changed so many tasks each, and no task both.
  func join(changed count: Int) async throws -> Double {
    let theirs = try await fork(Array(keys[..<count]))
    for start in stride(from: keys.count - count, to: keys.count, by: 500) {
      try await Self.change(Array(keys[start..<min(start + 500, keys.count)]), in: store)
    }
    return try await seconds { _ = try await store.join(with: theirs, limits: .adoption) }
  }

  /// The tip of another machine that has changed some tasks, fetched.
  private func fork(_ part: [RecordKey]) async throws -> ObjectID {
    let path = "\(repository)-fork"
    try run(["cp", "-a", repository, path])
    try run(["rm", "-f", path + "/.git/orch/host.json"])
    var random = SystemRandomNumberGenerator()
    let other = try StateStore(
      at: path, hostName: "fork",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
    try await Self.change(part, in: other)
    let name = "refs/orch/remotes/fork/state"
    try run(["git", "fetch", "-q", path, "+refs/orch/state:\(name)"], in: repository)
    try run(["rm", "-rf", path])
    return ObjectID(hex: try run(["git", "rev-parse", name], in: repository)) ?? .zero
  }

  private static func change(_ part: [RecordKey], in store: StateStore) async throws {
    _ = try await store.write(
      Decision(reading: []) { _ in part.enumerated().map { Self.change($1, $0) } })
  }
}
