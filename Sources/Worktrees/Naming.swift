/// Names of branches and folders, made of what people type.
public enum Naming {
  /// The longest slug, in characters.
  public static let maximumSlugLength = 40

  /// A title as part of a branch or path: lower-case letters, digits and hyphens, never empty.
  public static func slug(_ title: String) -> String {
    var result = ""
    for scalar in title.lowercased().unicodeScalars {
      let isKept = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
      if isKept {
        result.unicodeScalars.append(scalar)
      } else if !result.isEmpty, !result.hasSuffix("-") {
        result += "-"
      }
      if result.count >= maximumSlugLength { break }
    }
    while result.hasSuffix("-") { result.removeLast() }
    return result.isEmpty ? "task" : result
  }

  /// The branch of a task's work.
  public static func branch(task: String, title: String) -> String {
    "orch/\(task.prefix(6))-\(slug(title))"
  }

  /// The folder of a task's worktree below the worktrees of its project.
  public static func folder(task: String, issue: Int?, title: String) -> String {
    if let issue { return "gh-task-\(issue)-\(slug(title))" }
    return "task-\(task.prefix(6))-\(slug(title))"
  }

  /// The name of a task's folder under `.git/worktrees`.
  public static func administrativeName(task: String) -> String { "orch-\(task)" }
}
