internal import JSON

/// Answers an agent that speaks the Model Context Protocol: values in, values out.
///
/// It keeps nothing between calls, so it serves clients that begin with a handshake and those that do not alike.
struct ContextServer: Sendable {
  /// The longest answer of a tool, in bytes: about two thousand tokens.
  static let maximumTextBytes = 8192
  /// How long clients may keep the list of tools, in milliseconds: as long as this program runs.
  static let listMilliseconds = 3_600_000

  /// Carries out a command line of orch; returns what it said, and whether it went well.
  typealias Call = @Sendable (_ words: [String]) async -> (text: String, isGood: Bool)

  /// The repository's folder.
  let folder: String
  /// What an agent is told of all tools together.
  let instructions: String
  /// Carries commands out.
  let call: Call

  /// The result of a request; throws `ContextError`.
  func result(of method: String, _ parameters: JSONValue) async throws(ContextError) -> JSONValue {
    let revision = parameters["_meta"]?[ContextRevision.key]?.string
    if let revision, !ContextRevision.all.contains(revision) { throw .version(revision) }
    let isCurrent = revision == ContextRevision.current
    switch method {
    case "initialize": return handshake(parameters)
    case "server/discover": return finished(discovery, isCurrent: true, isKept: true)
    case "ping": return .object([:])
    case "tools/list":
      return finished(
        ["tools": .array(SeatTools.all.map(\.description))], isCurrent: isCurrent, isKept: true)
    case "tools/call":
      return finished(try await answer(parameters), isCurrent: isCurrent, isKept: false)
    default: throw .noMethod(method)
    }
  }

  private var server: JSONValue {
    ["name": "orch", "title": "orch", "version": .string(Version.text)]
  }

  private func handshake(_ parameters: JSONValue) -> JSONValue {
    let asked = parameters["protocolVersion"]?.string ?? ""
    let known = ContextRevision.withHandshake
    return [
      "protocolVersion": .string(known.contains(asked) ? asked : known[0]),
      "capabilities": ["tools": [:]], "serverInfo": server,
      "instructions": .string(instructions),
    ]
  }

  private var discovery: [String: JSONValue] {
    [
      "supportedVersions": .texts(ContextRevision.all), "capabilities": ["tools": [:]],
      "instructions": .string(instructions),
    ]
  }

  /// A result with what the current revision wants beside it.
  private func finished(
    _ result: [String: JSONValue], isCurrent: Bool, isKept: Bool
  ) -> JSONValue {
    guard isCurrent else { return .object(result) }
    var result = result
    result["resultType"] = "complete"
    result["_meta"] = [ContextRevision.serverKey: server]
    if isKept {
      result["ttlMs"] = .number(Self.listMilliseconds)
      result["cacheScope"] = "public"
    }
    return .object(result)
  }

  private func answer(_ parameters: JSONValue) async throws(ContextError) -> [String: JSONValue] {
    guard let name = parameters["name"]?.string else { throw .badParameters("'name' is missing") }
    guard let tool = SeatTools.named(name) else {
      throw .badParameters(ToolError.unknown(name).sentence)
    }
    let words: [String]
    do throws(ToolError) {
      words = try tool.words(parameters["arguments"], folder: folder)
    } catch {
      // Said to the model, which can mend it, and not to the client, which cannot.
      return Self.content(error.sentence, isGood: false)
    }
    let (text, isGood) = await call(words)
    return Self.content(isGood ? text : Self.withoutUsage(text), isGood: isGood)
  }

  /// What is wrong, without how the command line is used: a tool has a schema of its own.
  private static func withoutUsage(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.hasPrefix("Usage: ") }.joined(separator: "\n")
  }

  private static func content(_ text: String, isGood: Bool) -> [String: JSONValue] {
    let shown = bounded(TerminalText.clean(text))
    return [
      "content": [["type": "text", "text": .string(shown.isEmpty ? "done" : shown)]],
      "isError": .bool(!isGood),
    ]
  }

  /// A text of at most `maximumTextBytes`, cut at a line.
  static func bounded(_ text: String) -> String {
    guard text.utf8.count > maximumTextBytes else { return text.trimmedEnd }
    var kept: [Substring] = []
    var room = maximumTextBytes - 100
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.utf8.count < room else { break }
      room -= line.utf8.count + 1
      kept.append(line)
    }
    let rest = text.split(separator: "\n", omittingEmptySubsequences: false).count - kept.count
    return kept.joined(separator: "\n") + "\n… cut: \(rest) more lines; ask for less"
  }
}

extension String {
  /// Without line breaks at the end.
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
