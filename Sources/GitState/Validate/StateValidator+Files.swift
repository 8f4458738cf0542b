internal import Git2

extension StateValidator {
  /// Checks a file by its size and, if it is a log, its new lines.
  mutating func file(
    _ entry: RawTree.Entry, against own: RawTree, at place: Place, path: [UInt8],
    in repository: borrowing Repository
  ) throws(StateError) {
    guard let size = try size(of: entry.id, .blob, path: path, in: repository) else { return }
    guard size <= limits.fileBytes else {
      keepOut(path, .tooLarge(bytes: size, limit: limits.fileBytes))
      return
    }
    // Read whatever it is: a header can lie.
    guard let content = read(entry.id, .blob, path: path, in: repository),
      place.rule(for: entry.name) == .lines
    else { return }
    var before: [UInt8] = []
    if let old = own[entry.name], old.isFile {
      before = try StateReader.blob(old.id, in: repository) ?? []
    }
    let new = Self.tail(of: content, after: before).split(separator: 0x0A).map(LogLine.init)
    var wrong = new.filter { !quarantine.admits($0) }
    if !wrong.isEmpty {
      let ours = try Self.lines(of: own, in: repository)
      wrong.removeAll { ours.contains($0.bytes) }
    }
    note(new)
    report(wrong, path: path)
  }

  /// The size of an object that must be of a kind; nil if it is kept out.
  mutating func size(
    of id: ObjectID, _ kind: ObjectKind, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> Int? {
    do throws(GitError) {
      guard let header = try repository.header(of: id) else {
        throw GitError(
          code: .notFound, operation: "read \(kind.name) \(id)", message: "it is missing")
      }
      if header.kind == kind { return header.size }
      keepOut(path, .unreadable("a \(header.kind.name) in the place of a \(kind.name)"))
    } catch {
      if error.code == .notFound { throw .damaged(error) }
      keepOut(path, .unreadable(error.description))
    }
    return nil
  }

  /// The content of an object that was found; nil if it is kept out because it cannot be unpacked.
  mutating func read(
    _ id: ObjectID, _ kind: ObjectKind, path: [UInt8], in repository: borrowing Repository
  ) -> [UInt8]? {
    do throws(GitError) {
      return try repository.bytes(ofUntrusted: id, kind)
    } catch {
      keepOut(path, .unreadable(error.description))
      return nil
    }
  }

  /// What follows the lines that two files begin with alike.
  private static func tail(of content: [UInt8], after before: [UInt8]) -> ArraySlice<UInt8> {
    var start = 0
    var position = 0
    let end = min(content.count, before.count)
    while position < end, content[position] == before[position] {
      position += 1
      if content[position - 1] == 0x0A { start = position }
    }
    return content[start...]
  }

  /// Every line of the logs in a folder.
  private static func lines(
    of folder: RawTree, in repository: borrowing Repository
  ) throws(StateError) -> Set<ArraySlice<UInt8>> {
    var lines: Set<ArraySlice<UInt8>> = []
    for entry in folder.entries where entry.isFile && Place.isLines(entry.name) {
      let content = try StateReader.blob(entry.id, in: repository) ?? []
      lines.formUnion(content.split(separator: 0x0A))
    }
    return lines
  }

  private mutating func note(_ lines: [LogLine]) {
    for line in lines where quarantine.admits(line) {
      guard let order = line.order, order.time - now > limits.skewMilliseconds else { continue }
      let host = String(decoding: order.host, as: UTF8.self)
      ahead[host] = max(ahead[host] ?? 0, order.time - now)
    }
  }

  private mutating func report(_ wrong: [LogLine], path: [UInt8]) {
    let kinds = Dictionary(grouping: wrong) { quarantine.rule?.objection(to: $0) }
    if let long = kinds[.long] {
      keepOutLines(of: path, .longLines(count: long.count, limit: limits.lineBytes))
    }
    if let future = kinds[.future] {
      let latest = future.compactMap(\.time).max() ?? 0
      keepOutLines(of: path, .futureLines(count: future.count, latest: latest))
    }
    if let number = kinds[.number] { keepOutLines(of: path, .numbers(count: number.count)) }
  }
}
