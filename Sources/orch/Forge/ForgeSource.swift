internal import Forge
internal import Settings
internal import Synchronization

/// The forge, found out when it is first needed: its token may need a program.
actor ForgeSource {
  private let make: @Sendable () async throws -> any Forge
  private var known: (any Forge)?

  init(_ make: @escaping @Sendable () async throws -> any Forge) { self.make = make }

  /// The forge; throws what stands in the way of it.
  func forge() async throws -> any Forge {
    if let known { return known }
    let made = try await make()
    known = made
    return made
  }

  /// The source for these settings of this process, made once: pauses that the forge asked for and answers that
  /// still hold outlive a reading of the configuration.
  static func shared(
    for settings: ForgeSettings, in repository: String,
    _ make: @escaping @Sendable () async throws -> any Forge
  ) -> ForgeSource {
    newest.withLock { newest in
      if let newest, newest.settings == settings, newest.repository == repository {
        return newest.source
      }
      let source = ForgeSource(make)
      newest = Newest(settings: settings, repository: repository, source: source)
      return source
    }
  }

  private struct Newest: Sendable {
    var settings: ForgeSettings
    var repository: String
    var source: ForgeSource
  }

  private static let newest = Mutex<Newest?>(nil)
}
