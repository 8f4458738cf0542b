internal import Git2

/// The files of one host in a log folder.
private struct HostLog {
  /// One file of one side, or of all.
  struct File {
    let claim: FolderClaims.Claim
    let number: Int
    let isShared: Bool
  }

  var files: [File] = []

  /// True if no two sides differ in it: all have the same files, or one alone has any.
  var isSettled: Bool {
    let shared = files.count { $0.isShared }
    if shared == files.count { return true }
    guard shared == 0, let first = files.first else { return false }
    return files.allSatisfy { $0.claim.isTheirs == first.claim.isTheirs }
      && Set(files.map(\.number)).count == files.count
  }
}

/// A line and who has it.
private struct HeldLine {
  let line: LogLine
  var isOurs: Bool
  var isTheirs: Bool
}

extension TreeJoiner {
  /// Joins the logs of a folder, host by host; takes their files out of the wishes.
  mutating func logFiles(
    _ claims: inout FolderClaims, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> [RawTree.Entry] {
    var hosts: [String: HostLog] = [:]
    for name in claims.names.keys {
      guard let (host, number) = LogSegments.parse(name) else { continue }
      let taken = claims.takeFiles(name)
      for claim in taken.claims {
        let file = HostLog.File(claim: claim, number: number, isShared: taken.isShared)
        hosts[host, default: HostLog()].files.append(file)
      }
    }
    var entries: [RawTree.Entry] = []
    for (host, log) in hosts {
      entries += try self.log(log, of: host, path: path, in: repository)
    }
    return entries
  }

  /// The union of a file's lines; nil if none is let in.
  mutating func lines(
    _ claims: [FolderClaims.Claim], path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> ObjectID? {
    let isTouched = quarantine.touched.contains(path)
    if let only = claims.first, claims.count == 1, !(only.isTheirs && isTouched) {
      return only.entry.id
    }
    let files = claims.map { HostLog.File(claim: $0, number: 0, isShared: false) }
    let lines = try union(HostLog(files: files), in: repository).map(\.line)
    guard !lines.isEmpty else { return nil }
    var content: [UInt8] = []
    for line in lines { content += line.bytes + [0x0A] }
    return try objects.put(content, .blob, known: claims.map(\.entry.id))
  }

  private mutating func log(
    _ log: HostLog, of host: String, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> [RawTree.Entry] {
    let isTouched = log.files.contains { file in
      file.claim.isTheirs && quarantine.touched.contains(Self.path(path, file.claim.entry.name))
    }
    if log.isSettled, !isTouched { return log.files.map(\.claim.entry) }
    let lines = try union(log, in: repository)
    note(lines, of: host, path: path)
    let known = log.files.map(\.claim.entry.id)
    var entries: [RawTree.Entry] = []
    for (number, file) in LogSegments.split(lines.map(\.line)).enumerated() {
      let id = try objects.put(file.content, .blob, known: known)
      parsed[id] = file.lines
      let name = LogSegments.name(host, number)
      entries.append(.init(mode: RawTree.fileMode, name: name, id: id))
    }
    return entries
  }

  /// All lines of all files in order, each once, without those that are kept out.
  private func union(
    _ log: HostLog, in repository: borrowing Repository
  ) throws(StateError) -> [HeldLine] {
    var known: [ArraySlice<UInt8>: Int] = [:]
    var lines: [HeldLine] = []
    for file in log.files {
      let isTheirs = file.claim.isTheirs || file.isShared
      let isOurs = !file.claim.isTheirs || file.isShared
      let content = try objects.bytes(of: file.claim.entry.id, .blob, in: repository)
      for bytes in content.split(separator: 0x0A) {
        if let index = known[bytes] {
          lines[index].isOurs = lines[index].isOurs || isOurs
          lines[index].isTheirs = lines[index].isTheirs || isTheirs
        } else {
          known[bytes] = lines.count
          lines.append(HeldLine(line: LogLine(bytes), isOurs: isOurs, isTheirs: isTheirs))
        }
      }
    }
    lines.removeAll { !$0.isOurs && !quarantine.admits($0.line) }
    return lines.sorted { LogLine.precedes($0.line, $1.line) }
  }

  /// Notes numbers that stand on two different lines, one of them new to us.
  private mutating func note(_ lines: [HeldLine], of host: String, path: [UInt8]) {
    guard lines.contains(where: { !$0.isOurs }) else { return }
    var seen: [LogLine.Key: Bool] = [:]
    var forks: Set<LogLine.Key> = []
    for held in lines {
      guard let order = held.line.order else { continue }
      let key = LogLine.Key(host: order.host, number: order.number)
      if let isOld = seen[key], !(isOld && held.isOurs) { forks.insert(key) }
      seen[key] = (seen[key] ?? true) && held.isOurs
      if !held.isOurs, let own = self.host, order.host.elementsEqual(own.utf8) {
        findings.isHostShared = true
      }
    }
    for key in forks.sorted(by: { $0.number < $1.number }) {
      let name = String(decoding: key.host, as: UTF8.self)
      findings.forks.append(HostFork(host: name, path: Self.text(path), number: key.number))
    }
  }
}
