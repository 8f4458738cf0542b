internal import JSON

extension Change {
  /// The change as it may be stored: nothing that `redact` takes out is in it any more.
  ///
  /// What cannot be read any more after that is given up whole.
  func redacted(by redact: (@Sendable ([UInt8]) -> [UInt8])?) -> Change {
    guard let redact else { return self }
    let text = { (text: String) in
      let bytes = Array(text.utf8)
      let clean = redact(bytes)
      return clean == bytes ? text : String(decoding: clean, as: UTF8.self)
    }
    var result = self
    result.event.author = text(event.author)
    result.event.message = event.message.map(text)
    result.event.operations = event.operations.map { $0.redacted(text) }
    result.note?.title = text(note?.title ?? "")
    result.note?.detail = note?.detail.map(text)
    result.note?.body = note?.body.map(text)
    result.note?.trailers = note?.trailers.map { .init($0.name, text($0.value)) } ?? []
    result.files = files.map { File(path: $0.path, bytes: redact($0.bytes)) }
    return result
  }
}

extension Operation {
  /// The same with clean texts; a value is looked at together with the name of its field.
  fileprivate func redacted(_ text: (String) -> String) -> Operation {
    switch self {
    case .set(let key, let value):
      let before = JSONValue.object([key: value]).canonicalText
      let after = text(before)
      guard before != after else { return self }
      let parsed = try? JSONValue(parsing: Array(after.utf8))
      return .set(key, parsed?[key] ?? .string("[redacted:value]"))
    case .add(let key, let member): return .add(key, text(member))
    case .remove(let key, let member, let observed):
      return .remove(key, text(member), observed: observed)
    case .max, .state: return self
    }
  }
}

extension StateStore {
  /// The bytes as they may leave this machine: without what is taken out of everything that the store writes.
  public nonisolated func redacted(_ bytes: [UInt8]) -> [UInt8] {
    writer.redact?(bytes) ?? bytes
  }
}
