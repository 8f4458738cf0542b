internal import JSON

/// What the router's model decided.
public struct RouterAnswer: Sendable, Equatable {
  /// The agent.
  public var executor: String
  /// The model; nil is the agent's own.
  public var model: String?
  /// Why, in a sentence.
  public var reason: String
  /// The specialist that the worker is to be.
  public var profile: PromptProfile
  /// Skills by id.
  public var skills: [String]

  /// The largest answer that is read, in bytes.
  public static let maximumBytes = 256 << 10
  /// The longest text, in characters; longer ones are cut.
  public static let maximumTextLength = 500
  /// The longest name of a model, in characters.
  public static let maximumModelLength = 100
  /// The most entries of a list; more are left out.
  public static let maximumListLength = 20

  /// Reads a model's answer: a JSON object, also in a code block or between sentences.
  ///
  /// Unknown members are ignored. Throws `RouterAnswerError` if there is no object with an
  /// `executor`, a member has the wrong type, or the executor is not among `allowedAgents`.
  public static func parse(
    _ text: String, allowedAgents: [String]
  ) throws(RouterAnswerError) -> RouterAnswer {
    guard text.utf8.count <= maximumBytes else { throw .tooLarge(limit: maximumBytes) }
    let objects = JSONValue.objects(in: text)
    guard let answer = objects.last(where: { $0["executor"] != nil }) else { throw .noAnswer }
    let executor = try Self.text(answer, "executor", isRequired: true)
    guard allowedAgents.contains(executor) else {
      throw .unknownAgent(name: executor, allowed: allowedAgents)
    }
    let model = try self.text(answer, "model")
    guard model.count <= maximumModelLength, !model.contains(where: \.isWhitespace) else {
      throw .wrongType(member: "model", expected: "the name of a model, or null")
    }
    let profile = answer["profile"] ?? .object([:])
    guard profile.object != nil || profile.isNull else {
      throw .wrongType(member: "profile", expected: "an object")
    }
    return RouterAnswer(
      executor: executor, model: model.isEmpty ? nil : model,
      reason: try self.text(answer, "reason"),
      profile: PromptProfile(
        role: try self.text(profile, "role", in: "profile."),
        skills: try list(profile, "skills", in: "profile."),
        tools: try list(profile, "tools", in: "profile."),
        constraints: try list(profile, "constraints", in: "profile.")),
      skills: try list(answer, "skills"))
  }

  private static func text(
    _ object: JSONValue, _ member: String, in path: String = "", isRequired: Bool = false
  ) throws(RouterAnswerError) -> String {
    let value = object[member] ?? .null
    if value.isNull, !isRequired { return "" }
    guard let text = value.string else {
      throw .wrongType(member: path + member, expected: "a text")
    }
    return String(TextCleaning.line(text).prefix(maximumTextLength))
  }

  private static func list(
    _ object: JSONValue, _ member: String, in path: String = ""
  ) throws(RouterAnswerError) -> [String] {
    let value = object[member] ?? .null
    if value.isNull { return [] }
    guard let elements = value.array, elements.allSatisfy({ $0.string != nil }) else {
      throw .wrongType(member: path + member, expected: "a list of texts")
    }
    return elements.prefix(maximumListLength).compactMap(\.string)
      .map { String(TextCleaning.line($0).prefix(maximumTextLength)) }.filter { !$0.isEmpty }
  }
}
