internal import GitCLI
internal import Workflow

extension EffectRunner {
  /// The most commits that are listed of the branch, and as many of the base.
  private static let maximumCommitsSinceGreen = 20

  /// What changed since every check passed last, for whoever is to repair it; empty if that never was.
  ///
  /// Commits with their files: those of the branch that are new or were changed, whatever they were rebased
  /// onto, and those of the base.
  func changesSinceGreen(_ task: TaskView) async -> String {
    guard let view = task.pullRequest, let green = view.greenPair, green != view.pair else {
      return ""
    }
    let own = await commits([
      "--cherry-pick", "--right-only", "\(green.head)...\(view.head)", "^\(view.targetBase)",
    ])
    let onBase = await commits(["\(green.base)..\(view.targetBase)"])
    let parts = [("The branch", own), ("The base", onBase)].filter { !$0.1.isEmpty }
    return parts.map { "\($0.0):\n\($0.1)" }.joined(separator: "\n\n")
  }

  /// Commits with their files; empty if they are not here any more.
  private func commits(_ range: [String]) async -> String {
    let common = [
      "log", "--no-color", "--no-merges", "--name-status", "--format=%h %s",
      "--max-count=\(Self.maximumCommitsSinceGreen)",
    ]
    let text = (try? await git.run(common + range + ["--"]))?.text ?? ""
    return text.split(separator: "\n").joined(separator: "\n")
  }
}
