public import JSON

/// What orch inside a container is told, in one variable.
///
/// Values do not stand in the engine's command line, which every user of the machine can read.
public struct ContainerSettings: Sendable, Hashable {
  /// The variable's name.
  static let variable = "ORCH_CONTAINER"
  /// The variable by which orch inside knows its own path: the kernel names the loader.
  public static let programVariable = "ORCH_OWN_PROGRAM"
  /// Variables of this machine that mean nothing inside.
  private static let outside: Set<String> = [
    "PATH", "SHELL", "USER", "LOGNAME", "HOSTNAME", "TMPDIR", "HOME",
  ]

  /// Variables that the image's makers ask for.
  public var variables: [String: String]
  /// Variables that the worker gets, before which nothing comes.
  public var environment: [String: String]
  /// Folders before the image's own `PATH`.
  public var programs: [String]

  /// All parts.
  public init(
    variables: [String: String], environment: [String: String], programs: [String]
  ) {
    self.variables = variables
    self.environment = environment
    self.programs = programs
  }

  /// The settings of a worker with an environment of this machine's.
  ///
  /// Of its `PATH` only the folders that are `shown` inside stay.
  static func of(
    _ environment: [String: String], variables: [String: String], user: String, program: String,
    isShown: (String) -> Bool
  ) -> ContainerSettings {
    var inside = environment.filter {
      !outside.contains($0.key) && !$0.key.hasPrefix("SSL_CERT_") && !$0.key.hasPrefix("XDG_")
    }
    inside["USER"] = user
    inside["LOGNAME"] = user
    inside["HOME"] = environment["HOME"]
    inside["TMPDIR"] = "/tmp"
    inside[programVariable] = program
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return ContainerSettings(
      variables: variables, environment: inside, programs: folders.filter(isShown))
  }

  /// The form in the variable.
  public var json: JSONValue {
    [
      "variables": .object(variables.mapValues(JSONValue.string)),
      "environment": .object(environment.mapValues(JSONValue.string)),
      "programs": .texts(programs),
    ]
  }

  /// Reads the form in the variable.
  init?(text: String) {
    guard let json = try? JSONValue(parsing: text) else { return nil }
    variables = json["variables"]?.object?.compactMapValues(\.string) ?? [:]
    environment = json["environment"]?.object?.compactMapValues(\.string) ?? [:]
    programs = json["programs"]?.strings ?? []
  }

  /// The environment of what runs inside, from the image's.
  func variables(in image: [String: String]) -> [String: String] {
    var result = image
    result[Self.variable] = nil
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      result[name] = Self.filled(value, from: image)
    }
    let path = result["PATH"] ?? Self.usualPath
    result.merge(environment) { $1 }
    result["PATH"] = (programs + [path]).joined(separator: ":")
    return result
  }

  /// Where programs are if an image does not say.
  static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// A value with `${containerEnv:NAME}` and `${containerEnv:NAME:ELSE}` read from the image's variables.
  private static func filled(_ value: String, from image: [String: String]) -> String {
    VariableText.filled(value) { kind, name, other in
      kind == "containerEnv" ? image[name] ?? other ?? "" : nil
    }
  }
}
