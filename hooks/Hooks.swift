/// Text built into the binary: the git hooks that a person installs with `orch hooks install`.
///
/// Each is two lines that call `orch hook NAME`; what it does is Swift. Without orch on PATH a hook
/// does nothing, and git goes on.
public enum Hooks {
  /// The hooks that can be installed, in the order of git's own manual.
  public static let names = [
    "post-commit", "post-merge", "post-rewrite", "pre-push", "post-receive",
  ]

  /// The text of a hook; nil if orch has none of that name.
  public static func script(named name: String) -> String? {
    switch name {
    case "post-commit": text(PackageResources.post_commit)
    case "post-merge": text(PackageResources.post_merge)
    case "post-rewrite": text(PackageResources.post_rewrite)
    case "pre-push": text(PackageResources.pre_push)
    case "post-receive": text(PackageResources.post_receive)
    default: nil
    }
  }

  /// An embedded file as text.
  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
