internal import Git2
internal import Settings

/// What people are told of a wrong configuration by commands that do without one.
enum ConfigurationNotice {
  /// Says on standard error that the configuration is wrong, and the first reason; nothing if it is right.
  static func say(near folder: String) {
    guard let location = RepositoryLocation(near: folder) else { return }
    let common = location.commonDirectory
    let checkout = common.hasSuffix("/.git") ? String(common.dropLast("/.git".count)) : common
    do throws(SettingsError) {
      _ = try Settings.load(
        repositoryFile: checkout + "/.orch.yml", userFile: Session.userConfiguration)
    } catch {
      let reason = error.problems.first.map { ": \($0)" } ?? ""
      Output.say("the configuration is not right, and nothing is begun with it\(reason)")
      Output.say("hint: orch doctor")
    }
  }
}
