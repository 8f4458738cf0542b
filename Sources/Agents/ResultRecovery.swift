internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Finds a worker's result: its file first, then its final message.
public enum ResultRecovery {
  /// The most envelopes around a document that are opened.
  static let maximumEnvelopes = 3

  /// Reads the file unless it is a link or too large, and falls back on the final message.
  public static func recover(file: String, finalText: String) -> RecoveredResult {
    let inFile = read(file)
    if case .found = inFile { return inFile }
    if let result = inText(finalText) { return .found(result) }
    return inFile
  }

  private static func read(_ file: String) -> RecoveredResult {
    var information = stat()
    guard lstat(file, &information) == 0 else { return .missing }
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    var folderInformation = stat()
    guard lstat(folder, &folderInformation) == 0,
      folderInformation.st_mode & S_IFMT == S_IFDIR, information.st_mode & S_IFMT == S_IFREG
    else {
      let isFolder = information.st_mode & S_IFMT == S_IFDIR
      return .malformed(
        isFolder
          ? "there is a folder in the place of the result file"
          : "the result file is a link, or no file: it is not followed")
    }
    guard information.st_size <= ResultDocument.maximumBytes,
      let bytes = RunFile.read(file, following: false),
      bytes.count <= ResultDocument.maximumBytes
    else { return .malformed("the result file cannot be read, or is larger than 1 MB") }
    guard !bytes.isEmpty else { return .malformed("the result file is empty") }
    guard let json = try? JSONValue(parsing: bytes) else {
      return inText(String(decoding: bytes, as: UTF8.self)).map(RecoveredResult.found)
        ?? .malformed("the result file is not JSON, or only a part of it")
    }
    if let result = document(in: json) { return .found(result) }
    return .malformed("the result file " + missing(in: json))
  }

  /// Why a document is no result.
  private static func missing(in json: JSONValue) -> String {
    guard case .object = json else { return "holds no JSON object, but \(kind(of: json))" }
    guard let status = json["status"] else { return "has no 'status'" }
    guard let text = status.string else { return "has \(kind(of: status)) as its 'status'" }
    return "has the unknown status '\(text.prefix(100))'"
  }

  private static func kind(of json: JSONValue) -> String {
    switch json {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    case .int, .double: "the number \(json.canonicalText.prefix(40))"
    }
  }

  /// The last JSON object in a text that is a result: bare, in prose, in a fence, in an envelope.
  public static func inText(_ text: String) -> ResultDocument? {
    inText(text, envelopes: maximumEnvelopes)
  }

  private static func inText(_ text: String, envelopes: Int) -> ResultDocument? {
    JSONValue.objects(in: text).reversed().lazy.compactMap {
      document(in: $0, envelopes: envelopes)
    }
    .first
  }

  /// The document itself, or the one in the envelope of an agent program, as a member or as a text.
  private static func document(
    in json: JSONValue, envelopes: Int = maximumEnvelopes
  ) -> ResultDocument? {
    if let result = ResultDocument(json: json) { return result }
    guard envelopes > 0 else { return nil }
    for name in ["structured_output", "result", "output", "response"] {
      guard let inner = json[name] else { continue }
      if let result = document(in: inner, envelopes: envelopes - 1) { return result }
      if let text = inner.string, let result = inText(text, envelopes: envelopes - 1) {
        return result
      }
    }
    return nil
  }
}
