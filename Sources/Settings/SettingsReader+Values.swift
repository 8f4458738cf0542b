internal import JSON

extension SettingsReader {
  /// The value of a shape that is no map; nil, with a problem, if the file holds something else.
  mutating func value(_ node: SourceNode, _ shape: Shape, _ path: [String]) -> JSONValue? {
    switch shape {
    case .flag, .integer, .number, .text, .choice: return scalar(node, shape, path)
    case .texts: return texts(node, shape, path)
    case .command:
      guard case .scalar(let line, _) = node.content else { return texts(node, shape, path) }
      return line.isEmpty ? scalar(node, .text, path) : .texts(["sh", "-c", line])
    case .list(let element): return list(node, element, path)
    case .record(let fields, _):
      guard case .map(let members) = node.content else {
        mismatch(node, shape, path)
        return nil
      }
      // An element of a list: its keys are kept together, as one value.
      var inner = SettingsReader(file: file)
      inner.record(members, fields, path)
      problems += inner.problems
      let pairs = inner.leaves.map { ($0.path.last ?? "", $0.value) }
      return .object(Dictionary(pairs) { $1 })
    case .map:
      mismatch(node, shape, path)
      return nil
    }
  }

  private mutating func scalar(
    _ node: SourceNode, _ shape: Shape, _ path: [String]
  ) -> JSONValue? {
    guard case .scalar(let text, let isPlain) = node.content else {
      mismatch(node, shape, path)
      return nil
    }
    switch shape {
    case .flag:
      if isPlain, let flag = PlainScalar.flag(text) { return .bool(flag) }
    case .integer(let range):
      if isPlain, let number = PlainScalar.integer(text), range.contains(number) {
        return .number(number)
      }
    case .number(let range):
      if isPlain, let number = PlainScalar.number(text), range.contains(number) {
        return .double(number)
      }
    case .choice(let words):
      if words.contains(text) { return .string(text) }
      let suggestion = KeySuggestion.nearest(to: text, among: words)
      report(
        .invalidValue(
          key: Self.text(path), detail: "found \(node.words), expected \(shape.words)",
          suggestion: suggestion), node.line)
      return nil
    default:
      let isText =
        !isPlain || (PlainScalar.flag(text) == nil && PlainScalar.number(text) == nil)
      if isText, let text = word(node, path) { return .string(text) }
      if isText { return nil }
      report(
        .wrongType(
          key: Self.text(path), expected: "a text (put it in quotes)", found: node.words),
        node.line)
      return nil
    }
    mismatch(node, shape, path)
    return nil
  }

  /// A text as written, whatever it looks like, without control characters.
  mutating func word(_ node: SourceNode, _ path: [String]) -> String? {
    guard case .scalar(let text, _) = node.content else {
      mismatch(node, .text, path)
      return nil
    }
    let isClean = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x09 }
    if isClean, text.utf8.count <= Limits.textBytes { return text }
    let detail =
      isClean
      ? "the text is longer than \(Limits.textBytes) bytes" : "the text has control characters"
    report(.invalidValue(key: Self.text(path), detail: detail, suggestion: nil), node.line)
    return nil
  }

  private mutating func texts(
    _ node: SourceNode, _ shape: Shape, _ path: [String]
  ) -> JSONValue? {
    switch node.content {
    case .scalar: return word(node, path).map { .texts([$0]) }
    case .map:
      mismatch(node, shape, path)
      return nil
    case .list(let elements):
      var texts: [String] = []
      for (index, element) in elements.enumerated() {
        let place = Self.element(index, of: path)
        if element.isNull {
          mismatch(element, .text, place)
        } else if let text = word(element, place) {
          texts.append(text)
        }
      }
      return texts.count == elements.count ? .texts(texts) : nil
    }
  }

  private mutating func list(
    _ node: SourceNode, _ element: Shape, _ path: [String]
  ) -> JSONValue? {
    guard case .list(let elements) = node.content else {
      mismatch(node, .list(element), path)
      return nil
    }
    var values: [JSONValue] = []
    for (index, node) in elements.enumerated() {
      let place = Self.element(index, of: path)
      if let value = value(node, element, place) {
        values.append(value)
        requireFields(of: element, node, place, node.line)
      }
    }
    return .array(values)
  }
}
