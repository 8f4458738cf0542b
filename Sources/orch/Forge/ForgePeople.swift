internal import Forge

/// Whose orders orch obeys at a forge, and whose approval counts: people who are named in the settings, or else
/// those who may write to the repository.
actor ForgePeople {
  /// How long what somebody may do is remembered, in milliseconds.
  static let memoryMilliseconds = 600_000
  /// How many people are remembered.
  static let maximumPeople = 200

  private let allowed: Set<String>
  private let clock: @Sendable () -> Int
  private var known: [String: (mayWrite: Bool, at: Int)] = [:]

  /// Only those who are `allowed`, by their logins; anybody who may write if nobody is named.
  init(allowed: [String] = [], clock: @escaping @Sendable () -> Int = { ForgeClock.system.now() }) {
    self.allowed = Set(allowed.map { $0.drop { $0 == "@" }.lowercased() })
    self.clock = clock
  }

  /// True if the author's word counts; asks the forge where it does not say by itself what they may do.
  func count(_ author: Authored, at forge: any Forge) async throws(ForgeError) -> Bool {
    let login = author.author.lowercased()
    guard !login.isEmpty else { return false }
    if !allowed.isEmpty { return allowed.contains(login) }
    switch author.association {
    case .owner: return true
    // Both may have been invited to read and no more.
    case .member, .collaborator: break
    case .contributor, .firstTimeContributor, .firstTimer, .mannequin, .none: return false
    }
    if let entry = known[login], clock() - entry.at < Self.memoryMilliseconds {
      return entry.mayWrite
    }
    let mayWrite = try await forge.permission(of: author.author).canWrite
    if known.count >= Self.maximumPeople { known = [:] }
    known[login] = (mayWrite, clock())
    return mayWrite
  }
}
