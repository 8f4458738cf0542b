/// Text built into the binary: the git hooks that a person installs with `orch hooks install`.
///
/// Each is two lines that call `orch hook NAME`; what it does is Swift. Without orch on PATH a hook
/// does nothing, and git goes on. What can be told without a process of its own is told in the second
/// line: a rebase calls `post-commit` or `post-applypatch` for every commit, and only an orchestrator listens to the bell.
public enum Hooks {
  /// The hooks of a repository with a worktree, in the order of git's own manual.
  public static let workingNames = [
    "post-commit", "post-checkout", "post-merge", "pre-push", "post-rewrite", "post-applypatch",
  ]
  /// The hooks of a bare repository that others push to.
  public static let bareNames = ["post-receive"]
  /// The hooks that can be installed.
  public static let names = workingNames + bareNames
  /// Those that git gives lines on standard input, which a hook before orch's must get too.
  static let readingNames: Set<String> = ["pre-push", "post-rewrite", "post-receive"]
  /// The variable that makes a hook prove that it runs, and do nothing else: a file to which it adds its name.
  public static let probeVariable = "ORCH_HOOK_PROBE"

  /// The text of a hook; nil if orch has none of that name.
  public static func script(named name: String) -> String? {
    switch name {
    case "post-commit": text(PackageResources.post_commit)
    case "post-checkout": text(PackageResources.post_checkout)
    case "post-applypatch": text(PackageResources.post_applypatch)
    case "post-merge": text(PackageResources.post_merge)
    case "post-rewrite": text(PackageResources.post_rewrite)
    case "pre-push": text(PackageResources.pre_push)
    case "post-receive": text(PackageResources.post_receive)
    default: nil
    }
  }

  /// The text of a hook that runs another one first, kept beside it as `NAME.before-orch`.
  ///
  /// A shell script is read into the shell, so that `$0` is still the hook's own path: hook managers find
  /// their parts by it. Its exit code is the hook's. Nil if orch has no hook of that name.
  public static func chain(_ name: String, before interpreter: HookInterpreter) -> String? {
    guard let own = script(named: name)?.split(separator: "\n").dropFirst().first else {
      return nil
    }
    let first: String
    switch interpreter {
    case .plainShell(let flags):
      first = flags.isEmpty ? "(. \"$0.before-orch\")" : "(set \(flags); . \"$0.before-orch\")"
    case .shell(let program, let flags):
      let words = [program, flags, "-c"].filter { !$0.isEmpty }.joined(separator: " ")
      first = "\(words) '. \"$0.before-orch\"' \"$0\" \"$@\""
    case .program: first = "\"$0.before-orch\" \"$@\""
    }
    let probe = "[ -n \"$\(probeVariable)\" ]"
    guard readingNames.contains(name) else {
      return "#!/bin/sh\n\(probe) || \(first); code=$?; (\(own)); exit $code\n"
    }
    let input = "printf %s \"${in%.}\" |"
    return "#!/bin/sh\nin=$(cat; echo .); \(probe) || \(input) \(first); code=$?; "
      + "\(input) (\(own)); exit $code\n"
  }

  /// True for a text that orch wrote as a hook of this name, in this or another version.
  public static func isOwn(_ text: String, name: String) -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 3 && lines[0] == "#!/bin/sh" && lines[2].isEmpty
      && lines[1].contains("orch hook \(name) \"$@\" 2>/dev/null")
  }

  /// True for another's text that calls orch, as a person or a hook manager was told to.
  static func calls(_ text: String, name: String) -> Bool {
    text.contains("orch hook \(name)")
  }

  /// True for a text that orch wrote and that runs another hook first.
  public static func isChain(_ text: String, name: String) -> Bool {
    isOwn(text, name: name) && text.contains("$0.before-orch")
  }

  /// An embedded file as text.
  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// What runs a hook that was there before.
public enum HookInterpreter: Sendable, Hashable {
  /// `/bin/sh`, with flags such as `-e`.
  case plainShell(flags: String)
  /// Another shell of the same language.
  case shell(program: String, flags: String)
  /// Anything else: it is started as it is.
  case program

  /// Reads the first line of a file.
  public init(firstLine: String) {
    guard firstLine.hasPrefix("#!") else {
      // Without such a line git has it run by sh, if it is text at all.
      self =
        firstLine.utf8.contains(0) || firstLine.hasPrefix("\u{7F}ELF")
        ? .program : .plainShell(flags: "")
      return
    }
    var words = firstLine.dropFirst(2).split(whereSeparator: \.isWhitespace).map(String.init)
    if words.first?.hasSuffix("/env") == true { words.removeFirst() }
    let flags = words.dropFirst().joined(separator: " ")
    guard let program = words.first, words.count <= 2, Self.areShellFlags(flags) else {
      self = .program
      return
    }
    switch program.split(separator: "/").last {
    case "sh", "dash": self = .plainShell(flags: flags)
    case "bash": self = .shell(program: "bash", flags: flags)
    default: self = .program
    }
  }

  private static func areShellFlags(_ flags: String) -> Bool {
    flags.isEmpty
      || flags.hasPrefix("-") && flags.dropFirst().allSatisfy { "eux".contains($0) }
        && flags.count > 1
  }
}
