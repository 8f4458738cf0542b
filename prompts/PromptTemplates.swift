/// The texts that prompts are made of: built in, or the repository's own.
public struct PromptTemplates: Sendable, Equatable {
  /// The templates, each a file `NAME.md`.
  public enum Name: String, Sendable, CaseIterable {
    /// The worker's role, rules and protocol.
    case system
    /// The order of the parts.
    case task
    /// How to change code.
    case implement
    /// How to specify and divide.
    case spec
    /// How to review.
    case review
    /// How to settle a conflict.
    case rebase
    /// How to repair a check.
    case repair
    /// How to answer a review.
    case answer
    /// How to learn from failures.
    case retrospective
    /// How to go on where others stopped.
    case resume
    /// How to choose an agent.
    case router

    /// The file's name.
    public var fileName: String { rawValue + ".md" }
  }

  /// The largest template, in bytes.
  public static let maximumBytes = 256 << 10
  /// The names of all files.
  public static let fileNames = Name.allCases.map(\.fileName)
  /// The JSON schema of a worker's result, as programs take it (`codex --output-schema`).
  public static let outputSchema = text(PackageResources.output_schema_json)

  private let templates: [Name: TemplateText]

  /// The built-in templates, with the repository's own (text by file name) in their place.
  ///
  /// Throws `PromptError.templates` with every unknown variable, unclosed placeholder and unknown
  /// file, each with its line. A `README.md` is not taken for a template.
  public init(overrides: [String: String] = [:]) throws(PromptError) {
    var problems: [TemplateProblem] = []
    var templates: [Name: TemplateText] = [:]
    for file in overrides.keys.sorted()
    where !Self.fileNames.contains(file) && file != "README.md" {
      let reason = TemplateProblem.Reason.unknownTemplate(known: Self.fileNames)
      problems.append(TemplateProblem(reason: reason, file: file, line: nil))
    }
    for name in Name.allCases {
      let text = overrides[name.fileName] ?? Self.embedded(name)
      guard text.utf8.count <= Self.maximumBytes else {
        let reason = TemplateProblem.Reason.tooLarge(limit: Self.maximumBytes)
        problems.append(TemplateProblem(reason: reason, file: name.fileName, line: nil))
        continue
      }
      let template = TemplateText(
        TextCleaning.clean(text), file: name.fileName, known: Self.variables(of: name))
      problems += template.problems
      templates[name] = template
    }
    guard problems.isEmpty else { throw .templates(problems) }
    self.templates = templates
  }

  /// The variables that a template may use.
  public static func variables(of name: Name) -> [String] {
    switch name {
    case .task: PromptPartName.allCases.map(\.rawValue) + PromptVariable.names
    case .router: RouterPrompt.variables
    default: PromptVariable.names
    }
  }

  /// A built-in template, to be copied to `.orch/prompts` and changed there.
  public static func embedded(_ name: Name) -> String {
    switch name {
    case .system: text(PackageResources.system_md)
    case .task: text(PackageResources.task_md)
    case .implement: text(PackageResources.implement_md)
    case .spec: text(PackageResources.spec_md)
    case .review: text(PackageResources.review_md)
    case .rebase: text(PackageResources.rebase_md)
    case .repair: text(PackageResources.repair_md)
    case .answer: text(PackageResources.answer_md)
    case .retrospective: text(PackageResources.retrospective_md)
    case .resume: text(PackageResources.resume_md)
    case .router: text(PackageResources.router_md)
    }
  }

  /// A template with values in place.
  func rendered(_ name: Name, _ values: [String: String]) -> String {
    templates[name]?.rendered(values) ?? ""
  }

  /// The variables that a template uses.
  func variablesUsed(in name: Name) -> Set<String> { templates[name]?.variables ?? [] }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
