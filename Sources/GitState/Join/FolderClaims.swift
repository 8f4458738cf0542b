internal import Git2

/// A folder of one side.
struct JoinSource: Sendable, Hashable {
  let id: ObjectID
  /// True if it came from elsewhere and may hold what is kept out.
  let isTheirs: Bool
}

/// What the sides want to stand under each name of one folder, until each name has one winner.
///
/// The winner depends on the set of wishes alone, so neither order nor grouping of joins matters:
/// a folder before a file; of write-once files the smallest id. Whoever loses goes to a longer name
/// that is made from its own id, and wishes for that one.
struct FolderClaims {
  /// One wish.
  struct Claim: Sendable, Hashable {
    let entry: RawTree.Entry
    let isTheirs: Bool
  }

  /// All wishes for one name.
  struct Name: Sendable {
    var claims: [Claim] = []
    /// True if every side has exactly this entry: it stays as it is, unread.
    var isShared = false
  }

  let place: Place
  private(set) var names: [[UInt8]: Name] = [:]
  /// Losers by where they stood and where they went.
  private(set) var displaced: [(from: [UInt8], to: [UInt8], claim: Claim)] = []

  init(place: Place) { self.place = place }

  /// Adds one side's entries.
  mutating func add(_ entries: [RawTree.Entry], isTheirs: Bool) {
    for entry in entries {
      let claims = names[entry.name]?.claims ?? []
      guard !claims.contains(where: { $0.entry == entry }) else { continue }
      names[entry.name, default: Name()].claims.append(Claim(entry: entry, isTheirs: isTheirs))
    }
  }

  /// Marks the names under which all sides have one and the same entry.
  mutating func markShared(_ sides: [[RawTree.Entry]]) {
    guard let first = sides.first, sides.count > 1 else { return }
    var counts: [RawTree.Entry: Int] = [:]
    for side in sides.dropFirst() { for entry in Set(side) { counts[entry, default: 0] += 1 } }
    for entry in first where counts[entry] == sides.count - 1 {
      guard names[entry.name]?.claims.count == 1 else { continue }
      switch place.rule(for: entry.name) {
      case .derived: continue
      case .writeOnce: names[entry.name]?.isShared = true
      // Nothing but a plain file may stay where files are joined, shared or not.
      case .lines, .maximum, .smallest: names[entry.name]?.isShared = entry.isFile
      }
    }
  }

  /// Takes the plain files of a name out; what else wishes for it stays and will lose.
  mutating func takeFiles(_ name: [UInt8]) -> Name {
    var taken = names[name] ?? Name()
    taken.claims.removeAll { !$0.entry.isFile }
    names[name]?.claims.removeAll { $0.entry.isFile }
    if names[name]?.claims.isEmpty == true { names.removeValue(forKey: name) }
    return taken
  }

  /// Sends losers to their other names until no name has two winners.
  mutating func settle() {
    var pending = Array(names.keys)
    while let name = pending.popLast() {
      for (claim, target) in losers(of: name) {
        let entry = RawTree.Entry(mode: claim.entry.mode, name: target, id: claim.entry.id)
        let moved = Claim(entry: entry, isTheirs: claim.isTheirs)
        let known = names[target]?.claims ?? []
        guard !known.contains(where: { $0.entry == entry }) else { continue }
        names[target, default: Name()].claims.append(moved)
        names[target]?.isShared = false
        displaced.append((from: name, to: target, claim: moved))
        pending.append(target)
      }
    }
  }

  /// The wishes for a name that win it: several only where they are joined into one.
  func winners(of name: [UInt8]) -> [Claim] {
    guard let all = names[name]?.claims else { return [] }
    if all.count == 1, names[name]?.isShared == true { return all }
    guard place.rule(for: name) == .writeOnce else { return all.filter { $0.entry.isFile } }
    let folders = all.filter(\.entry.isTree)
    if !folders.isEmpty { return folders }
    return all.min { Self.precedes($0.entry, $1.entry) }.map { [$0] } ?? []
  }

  private func losers(of name: [UInt8]) -> [(Claim, target: [UInt8])] {
    guard let all = names[name]?.claims, names[name]?.isShared == false else { return [] }
    let winners = winners(of: name)
    return all.filter { !winners.contains($0) }.map { claim in
      let suffix = claim.entry.isTree ? "~dir" : "~" + claim.entry.id.short()
      return (claim, target: name + Array(suffix.utf8))
    }
  }

  private static func precedes(_ left: RawTree.Entry, _ right: RawTree.Entry) -> Bool {
    left.id == right.id ? left.mode < right.mode : left.id < right.id
  }
}

extension RawTree.Entry {
  /// True for a plain file: the only kind that orch writes.
  var isFile: Bool { mode == RawTree.fileMode }
}
