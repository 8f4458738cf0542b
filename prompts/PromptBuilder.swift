/// Puts a prompt together: a pure function, so the same input has the same bytes everywhere.
public enum PromptBuilder {
  /// The largest file that is written for a cut part, in bytes.
  public static let maximumSpillBytes = 4 << 20

  /// Builds the prompt of an attempt.
  ///
  /// Parts stand in the order of the template `task.md`; those that it does not name come after it.
  /// Each is kept within its budget, and then the least important give way until the whole is. Throws
  /// `PromptError.tooLarge` if the templates alone are larger than that.
  public static func build(
    _ input: PromptInput, templates: PromptTemplates, budgets: PromptBudgets = PromptBudgets()
  ) throws(PromptError) -> BuiltPrompt {
    var assembly = Assembly(input, templates, budgets)
    try assembly.fit(into: budgets.totalBytes)
    return assembly.prompt
  }
}

/// A prompt whose parts still may shrink.
private struct Assembly {
  let templates: PromptTemplates
  let stateDirectory: String
  let sources: [PromptPartName: PartSource]
  /// Values of variables, and texts of the parts that come from templates.
  let values: [String: String]
  var texts: [PromptPartName: (text: String, isCut: Bool)] = [:]

  init(_ input: PromptInput, _ templates: PromptTemplates, _ budgets: PromptBudgets) {
    self.templates = templates
    stateDirectory = input.stateDirectory
    sources = Dictionary(input.sources.map { ($0.name, $0) }) { first, _ in first }
    var values: [String: String] = [:]
    for variable in PromptVariable.allCases {
      values[variable.rawValue] = variable.value(input)
    }
    texts[.system] = (templates.rendered(.system, values), false)
    texts[.instructions] = (templates.rendered(input.kind.template, values), false)
    if input.attempt > 1 || !input.children.isEmpty {
      texts[.resume] = (templates.rendered(.resume, values), false)
    }
    self.values = values
    for (name, _) in sources { render(name, budget: budgets.budget(of: name)) }
  }

  /// Makes parts smaller, the least important first: down to a floor, then to nothing.
  mutating func fit(into total: Int) throws(PromptError) {
    for floor in [PromptBudgets.floorBytes, 0] {
      for name in PromptPartName.sacrificeOrder {
        let excess = text.utf8.count - total
        guard excess > 0 else { return }
        guard let size = texts[name]?.text.utf8.count, size > floor else { continue }
        render(name, budget: max(floor, size - excess))
      }
    }
    let size = text.utf8.count
    guard size <= total else { throw .tooLarge(bytes: size, limit: total) }
  }

  var text: String {
    var all = values
    for (name, part) in texts { all[name.rawValue] = part.text }
    let layout = templates.rendered(.task, all)
    let placed = templates.variablesUsed(in: .task)
    let others = PromptPartName.allCases.filter { !placed.contains($0.rawValue) }
      .compactMap { texts[$0]?.text }.filter { !$0.isEmpty }
    return ([layout] + others).joined(separator: "\n\n") + "\n"
  }

  var prompt: BuiltPrompt {
    let present = PromptPartName.allCases.filter { texts[$0] != nil }
    var spill: [String: String] = [:]
    let parts = present.map { name in
      let part = texts[name] ?? ("", false)
      if part.isCut, let source = sources[name] {
        spill[Self.fileName(name)] =
          TextCut.cut(
            source.full, toBytes: PromptBuilder.maximumSpillBytes, keeping: name.keptEnd) + "\n"
      }
      return PromptPart(
        name: name, bytes: part.text.utf8.count, isCut: part.isCut,
        restFile: part.isCut ? restFile(name) : nil)
    }
    return BuiltPrompt(text: text, parts: parts, spill: spill)
  }

  private mutating func render(_ name: PromptPartName, budget: Int) {
    guard let source = sources[name] else { return }
    texts[name] = source.rendered(budget: budget, restFile: restFile(name))
  }

  private func restFile(_ name: PromptPartName) -> String {
    stateDirectory + "/" + Self.fileName(name)
  }

  private static func fileName(_ name: PromptPartName) -> String { "prompt-\(name.rawValue).md" }
}
