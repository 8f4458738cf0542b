internal import Git2
internal import GitCLI
internal import GitState

/// Fetching into the references that say what the remote has.
extension StateSync {
  /// How often a fetch is made while other processes of this repository fetch the same.
  static let maximumFetches = 5
  /// How often it is looked whether another process has moved what could not be fetched.
  static let maximumLooks = 8

  /// Fetches references; bad notes do not keep the state from being fetched.
  func fetch(
    _ names: [String], _ report: inout SyncReport
  ) async throws -> [String] {
    do {
      try await fetchBesideOthers(names)
      return names
    } catch let error as GitCommandError {
      guard case .failed(_, _, let detail) = error, names.contains(RefLayout.notes) else {
        throw error
      }
      let others = names.filter { $0 != RefLayout.notes }
      if others.isEmpty {
        // Whether it is the object or the way to it: a look tells.
        _ = try await look(also: [])
      } else {
        try await fetchBesideOthers(others)
      }
      report.notesProblem = detail
      return others
    }
  }

  /// Fetches references, and again if another process of this repository was faster.
  ///
  /// git refuses to move a tracking reference that has moved since it looked. Where the references lead tells this failure
  /// from others, which are not repeated: what git says is for people.
  private func fetchBesideOthers(_ names: [String]) async throws {
    for number in 1...Self.maximumFetches {
      let before = try await references(names.map(tracked))
      do throws(GitCommandError) {
        try await timed(fetching) { git throws(GitCommandError) in
          try await git.fetch(
            remote: remote, refspecs: names.map { "+\($0):\(tracked($0))" }, checkingObjects: true)
        }
        return
      } catch {
        guard case .failed = error, number < Self.maximumFetches else { throw error }
        // The other one may be about to write, and a slow disk takes its time.
        for look in 1... {
          try await pause(number)
          if try await references(names.map(tracked)) != before { break }
          guard look < Self.maximumLooks else { throw error }
        }
      }
    }
  }
}
