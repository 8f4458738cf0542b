extension PromptInput {
  /// A file with instructions of the project.
  public struct ProjectFile: Sendable, Equatable {
    /// Its path in the repository.
    public var path: String
    /// Its text.
    public var text: String
    /// False if it comes from a change that is not merged: then it is data.
    public var isTrusted: Bool

    /// A file; trusted unless it is said otherwise.
    public init(path: String, text: String, isTrusted: Bool = true) {
      self.path = path
      self.text = text
      self.isTrusted = isTrusted
    }
  }

  /// A skill that the worker is to use.
  public struct Skill: Sendable, Equatable {
    /// The name of its folder.
    public var id: String
    /// What it is for.
    public var description: String
    /// The text after the front matter.
    public var body: String
    /// Whether it must be followed.
    public var isRequired: Bool

    /// A skill.
    public init(id: String, description: String = "", body: String, isRequired: Bool = false) {
      self.id = id
      self.description = description
      self.body = body
      self.isRequired = isRequired
    }

    /// A skill from its file.
    public init(_ file: SkillFile, isRequired: Bool = false) {
      self.init(
        id: file.id, description: file.description, body: file.body, isRequired: isRequired)
    }
  }

  /// A lesson that applies.
  public struct Lesson: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// What it says.
    public var text: String
    /// Where it applies.
    public var scope: String

    /// A lesson.
    public init(id: String, text: String, scope: String = "") {
      self.id = id
      self.text = text
      self.scope = scope
    }
  }
}
