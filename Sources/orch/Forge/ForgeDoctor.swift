internal import Forge
internal import Settings

/// Whether orch may work at the forge: what would otherwise be found out in the middle of a run.
struct ForgeDoctor {
  let access: GitHubAccess

  /// What is fine, and what is in the way.
  func look() async -> [Finding] {
    let settings = access.settings
    do {
      let repository = try await access.forge().repository()
      let name = repository.fullName
      var findings: [Finding] = []
      if repository.isArchived {
        findings.append(
          Finding(false, "\(name) is archived", hint: "ask an administrator to unarchive it"))
      }
      let app = try await access.appToken()
      for lack in app?.shortcomings ?? [] {
        findings.append(
          Finding(
            false, "the App has no permission \(lack.permission): \(lack.effect)",
            hint: "add it on the App's page; who installed it must accept it"))
      }
      // What an App may do is in its token; the repository's answer speaks of people.
      let mayPush = repository.canPush || app != nil
      if !mayPush {
        findings.append(
          Finding(
            false, "'\(repository.account)' may not push to \(name)",
            hint: "give the account, or its token, write access to the repository"))
      }
      let offered = repository.mergeMethods.map(\.rawValue)
      let wanted = settings.mergeMethod.rawValue
      if settings.merge != .never, mayPush, !offered.contains(wanted) {
        findings.append(
          Finding(
            false, "\(name) does not offer 'forge.merge_method: \(wanted)'",
            hint: "it offers: \(offered.joined(separator: ", "))"))
      }
      if let asked = settings.repository, asked.lowercased() != name.lowercased() {
        findings.append(
          Finding(
            false, "\(asked) is called \(name) now", hint: "set 'forge.repository: \(name)'"))
      }
      let ready = "\(name) at \(GitHubHost(api: settings.api).name), as '\(repository.account)'"
      return findings.isEmpty ? [Finding(true, ready)] : findings
    } catch {
      let report = Explanation.report(of: error)
      return [Finding(false, "the forge: \(report.sentence)", hint: report.hints.first)]
    }
  }
}
