extension AgentAdapter {
  /// Codex 0.1xx, non-interactive.
  ///
  /// Its options stand before `resume`, which refuses them behind it.
  func codex(_ request: LaunchRequest, _ command: inout AgentCommand) {
    // Without plugins: they ask a service at the start.
    var words = ["exec", "--json", "-C", request.worktree, "--disable", "plugins"]
    if request.isRouting {
      words += ["-s", "read-only", "--skip-git-repo-check"]
    } else if request.isSandboxed {
      words.append("--dangerously-bypass-approvals-and-sandbox")
    } else {
      words += ["-s", "workspace-write"] + codexGitFolders(request)
    }
    if let model = request.model { words += ["-m", model] }
    words += ["-o", request.lastMessageFile] + configuration.arguments
    if let session = request.resumedSession { words += ["resume", session] }
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      words.append("-")
      command.inputFile = request.promptFile
    }
    command.arguments = words
  }

  /// What a commit in a linked worktree writes outside of it.
  private func codexGitFolders(_ request: LaunchRequest) -> [String] {
    guard !request.commonDirectory.isEmpty, !request.worktreeName.isEmpty else { return [] }
    let folders = ["worktrees/\(request.worktreeName)", "objects", "refs", "logs"]
    return folders.flatMap { ["--add-dir", "\(request.commonDirectory)/\($0)"] }
  }
}
