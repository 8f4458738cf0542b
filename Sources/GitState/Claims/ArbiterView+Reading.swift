public import Git2

extension ArbiterView {
  /// The task whose claim a reference's name is for, or the host whose heartbeat; nil for any other name.
  private enum Subject {
    case task(RecordID)
    case host(String)

    init?(_ name: String) {
      if name.hasPrefix(RefLayout.claims) {
        guard let task = RecordID(name.dropFirst(RefLayout.claims.count)) else { return nil }
        self = .task(task)
      } else if name.hasPrefix(RefLayout.hosts) {
        let host = String(name.dropFirst(RefLayout.hosts.count))
        guard ClaimContent.isHostName(host) else { return nil }
        self = .host(host)
      } else {
        return nil
      }
    }
  }

  /// True for the name of a claim or a heartbeat; others mean nothing and need not be fetched.
  public static func isName(_ name: String) -> Bool { Subject(name) != nil }

  /// Reads references that anybody may have written: what is no claim or heartbeat has no content, and
  /// stands in the way of its own task alone.
  ///
  /// Names come first, then kinds and sizes; only what is small is read. `unreadable` are objects that could
  /// not be had. Throws `GitError` with code `.notFound` if another object is missing.
  public init(
    reading references: [String: ObjectID], except unreadable: Set<ObjectID> = [],
    in repository: borrowing Repository
  ) throws(GitError) {
    self.init()
    for (name, id) in references {
      guard let subject = Subject(name) else { continue }
      let bytes =
        unreadable.contains(id) ? nil : try Self.bytes(of: id, in: repository)
      switch subject {
      case .task(let task):
        let claim = bytes.flatMap { Claim(commit: $0) }
        claims[task] = Posted(id: id, content: claim?.task == task ? claim : nil)
      case .host(let host):
        let beat = bytes.flatMap { Heartbeat(commit: $0) }
        hosts[host] = Posted(id: id, content: beat?.host == host ? beat : nil)
      }
    }
  }

  /// A small commit's bytes; nil for anything else.
  private static func bytes(
    of id: ObjectID, in repository: borrowing Repository
  ) throws(GitError) -> [UInt8]? {
    guard let header = try repository.header(of: id) else {
      throw GitError(code: .notFound, operation: "read claim \(id)", message: "it is missing")
    }
    guard header.kind == .commit, header.size <= ClaimContent.maximumBytes else { return nil }
    return try? repository.bytes(ofUntrusted: id, .commit)
  }
}
