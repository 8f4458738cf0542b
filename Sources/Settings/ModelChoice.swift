internal import JSON

/// The model of a tier: one for all agents, or by agent.
public struct ModelChoice: Sendable, Equatable {
  /// The name that stands for every agent that is not named.
  public static let anyAgent = "default"

  /// Models by agent; `default` is for the others.
  public var models: [String: String] = [:]

  /// A choice by agent.
  public init(_ models: [String: String] = [:]) { self.models = models }

  /// The model for an agent; nil is the agent's own default.
  public func model(for agent: String) -> String? { models[agent] ?? models[Self.anyAgent] }
}

extension ModelChoice: SettingsValue {
  static var shape: Shape {
    .map(.text, .word(what: "agent"), shorthand: anyAgent)
  }

  init?(setting: JSONValue) {
    guard let models = [String: String](setting: setting) else { return nil }
    self.models = models
  }

  var setting: JSONValue { models.setting }
}
