internal import Yams

/// Why a text is not usable YAML.
struct YAMLFault: Error {
  /// What is wrong.
  let reason: SettingsProblem.Reason
  /// The line, from 1; nil if it is not known.
  let line: Int?
}

extension SourceNode {
  /// Reads one YAML document; nil if there is nothing in it.
  ///
  /// Anchors, aliases and merge keys are followed; values stay as written.
  static func parse(_ text: String) throws(YAMLFault) -> SourceNode? {
    let root: Node?
    do {
      // The basic resolver leaves types alone: the table of keys decides what a scalar means.
      root = try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw explain(error, in: text)
    } catch {
      throw YAMLFault(reason: .syntax(detail: "\(error)"), line: nil)
    }
    guard let root else { return nil }
    var conversion = Conversion()
    let node = try conversion.convert(root, depth: 0)
    return node.isNull ? nil : node
  }

  private static func explain(_ error: YamlError, in text: String) -> YAMLFault {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let detail = context.map { "\($0.text), \(problem)" } ?? problem
      return YAMLFault(reason: .syntax(detail: detail), line: mark.line)
    case .reader(let problem, let offset, _, _):
      let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
      return YAMLFault(reason: .syntax(detail: problem), line: line)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
      return YAMLFault(
        reason: .syntax(detail: "the same key twice in one map: \(names)"), line: context.mark.line)
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return YAMLFault(reason: .syntax(detail: "\(error)"), line: nil)
    }
  }
}

/// Turns Yams' nodes into ours, within bounds: aliases can make a small file huge.
private struct Conversion {
  var remaining = Limits.values

  mutating func convert(_ node: Node, depth: Int) throws(YAMLFault) -> SourceNode {
    let line = node.mark?.line ?? 1
    remaining -= 1
    guard remaining >= 0 else {
      throw YAMLFault(reason: .tooMany(what: "values", limit: Limits.values), line: nil)
    }
    guard depth <= Limits.depth else {
      throw YAMLFault(reason: .tooMany(what: "levels", limit: Limits.depth), line: line)
    }
    switch node {
    case .scalar(let scalar):
      let content = SourceNode.Content.scalar(scalar.string, isPlain: scalar.style == .plain)
      return SourceNode(content: content, line: line)
    case .sequence(let sequence):
      var elements: [SourceNode] = []
      for element in sequence { elements.append(try convert(element, depth: depth + 1)) }
      return SourceNode(content: .list(elements), line: line)
    case .mapping(let mapping):
      let members = try members(of: mapping, depth: depth)
      return SourceNode(content: .map(members), line: line)
    case .alias:
      throw YAMLFault(reason: .syntax(detail: "an alias without its anchor"), line: line)
    }
  }

  /// The entries of a map; those of `<<` come first and give way to its own.
  private mutating func members(
    of mapping: Node.Mapping, depth: Int
  ) throws(YAMLFault) -> [SourceNode.Member] {
    var merged: [SourceNode.Member] = []
    var own: [SourceNode.Member] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard case .scalar(let scalar) = key else {
        throw YAMLFault(reason: .syntax(detail: "a key that is not a text"), line: line)
      }
      let value = try convert(value, depth: depth + 1)
      if scalar.string == "<<", scalar.style == .plain {
        merged = try Self.mergeSources(value).reduce(into: merged) { members, more in
          members += more.filter { new in !members.contains { $0.name == new.name } }
        }
      } else {
        own.append(.init(name: scalar.string, line: line, value: value))
      }
    }
    let ownNames = Set(own.map(\.name))
    return merged.filter { !ownNames.contains($0.name) } + own
  }

  private static func mergeSources(_ value: SourceNode) throws(YAMLFault) -> [[SourceNode.Member]] {
    switch value.content {
    case .map(let members): return [members]
    case .list(let elements):
      var sources: [[SourceNode.Member]] = []
      for element in elements { sources += try mergeSources(element) }
      return sources
    case .scalar:
      throw YAMLFault(
        reason: .syntax(detail: "'<<' takes a map or a list of maps"), line: value.line)
    }
  }
}
