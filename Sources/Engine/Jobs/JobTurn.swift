internal import Git2
internal import GitCLI
internal import GitState
internal import JSON

/// Which machine runs a job's command for which time: one reference at the remote, moved by compare-and-swap.
struct JobTurn: Sendable {
  /// What the reference says.
  struct Post: Sendable, Hashable {
    /// The scheduled time, in seconds since 1970.
    var scheduled: Int
    /// The machine.
    var host: String
    /// True once the command has ended.
    var isOver: Bool
    /// Makes two posts of one machine differ.
    var nonce: String
  }

  /// A post with the object that holds it.
  struct Posted: Sendable, Hashable {
    let object: String
    let post: Post?
  }

  let state: StateStore
  let git: GitProgram
  let remote: String
  let job: String

  private var reference: String { RefLayout.jobs + job }
  private var tracking: String { "\(RefLayout.tracking)\(remote)/jobs/\(job)" }

  /// What the remote has; nil if no machine ever ran it; throws if the remote cannot be reached.
  func look() async throws -> Posted? {
    let heads = try await git.advertisedReferences(remote: remote, patterns: [reference])
    guard let hex = heads[reference], let id = ObjectID(hex: hex) else { return nil }
    let isHere = try await state.withRepository { repository in
      try repository.refreshObjects()
      return repository.contains(id)
    }
    if !isHere {
      try await git.fetch(
        remote: remote, refspecs: ["+\(reference):\(tracking)"], checkingObjects: true)
    }
    let post = try await state.withRepository { repository -> Post? in
      try repository.refreshObjects()
      guard let header = try repository.header(of: id), header.kind == .commit,
        header.size < 16 * 1024
      else { return nil }
      return Self.post(in: try repository.commit(id).message)
    }
    return Posted(object: hex, post: post)
  }

  /// Puts a post in the place of what was seen; nil if another machine was faster.
  ///
  /// If the remote does not say what it did, it is looked at again.
  func replace(_ seen: String?, with post: Post, seconds: Int) async throws -> String? {
    let id = try await write(post, seconds: seconds)
    do {
      let outcomes = try await git.push(
        remote: remote,
        [PushUpdate(id.hex, to: reference, expecting: seen.map { .object($0) } ?? .absent)])
      return outcomes[reference] == .done ? id.hex : nil
    } catch {
      guard try await look()?.object == id.hex else { throw error }
      return id.hex
    }
  }

  private func write(_ post: Post, seconds: Int) async throws -> ObjectID {
    let nobody = Signature(name: "orch", email: "orch@localhost", seconds: Int64(seconds))
    let json: JSONValue = [
      "scheduled": .number(post.scheduled), "host": .string(post.host),
      "over": .bool(post.isOver), "nonce": .string(post.nonce),
    ]
    let message = "job \(job) on \(post.host)\n\n\(json.canonicalText)\n"
    return try await state.withRepository { repository in
      let tree = try repository.write([], .tree)
      let text = CommitText(
        tree: tree, parents: [], author: nobody, committer: nobody, message: message)
      return try repository.write(text.bytes, .commit)
    }
  }

  private static func post(in message: String) -> Post? {
    guard let line = message.split(separator: "\n").last,
      let json = try? JSONValue(parsing: String(line)), let scheduled = json["scheduled"]?.int,
      let host = json["host"]?.string, let isOver = json["over"]?.bool
    else { return nil }
    return Post(
      scheduled: scheduled, host: host, isOver: isOver, nonce: json["nonce"]?.string ?? "")
  }
}
