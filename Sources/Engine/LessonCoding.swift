internal import GitState
internal import JSON
internal import Workflow

extension Lesson {
  /// Reads what the events of a record add up to.
  ///
  /// With `trusted`, a lesson in which another machine had a part waits until a trusted one has approved it.
  init(_ record: Record, trusted: Set<String>?) {
    let fields = record.fields
    self.init(id: record.key.id.text, text: fields["text"]?.string ?? "")
    when = fields["when"]?.string ?? ""
    scope = fields["scope"]?.string.flatMap { LessonScope($0) } ?? .repository
    author = fields["author"]?.string ?? ""
    origin = fields["origin"]?.string.flatMap(LessonOrigin.init) ?? .person
    task = fields["task"]?.string
    evidence = record.members(of: "evidence").compactMap { LessonEvidence($0) }.sorted()
    retiredBecause = fields["retired"]?.string
    createdAt = record.createdAt
    hosts = record.sequences.keys.sorted()
    waitsBecause = Self.doubt(record, hosts: hosts, trusted: trusted)
  }

  private static func doubt(
    _ record: Record, hosts: [String], trusted: Set<String>?
  ) -> String? {
    let approvals = (record.sets["approved"] ?? [:]).values.flatMap { $0 }
    // A tag is the machine and its number: approval counts from machines that are trusted here.
    let approving = approvals.compactMap { $0.split(separator: ":").first.map(String.init) }
    guard let trusted else { return approving.isEmpty ? record.fields["waits"]?.string : nil }
    if approving.contains(where: trusted.contains) { return nil }
    if let reason = record.fields["waits"]?.string { return reason }
    return hosts.first { !trusted.contains($0) }.map {
      "it comes from the machine '\($0)', which is not in 'sync.trusted_hosts'"
    }
  }

  /// What records it.
  var operations: [GitState.Operation] {
    var operations: [GitState.Operation] = [
      .set("text", .string(text)), .set("scope", .string(scope.text)),
      .set("author", .string(author)),
    ]
    if !when.isEmpty { operations.append(.set("when", .string(when))) }
    if origin != .person { operations.append(.set("origin", .string(origin.rawValue))) }
    if let task { operations.append(.set("task", .string(task))) }
    if let waitsBecause { operations.append(.set("waits", .string(waitsBecause))) }
    return operations + evidence.map { .add("evidence", $0.text) }
  }
}
