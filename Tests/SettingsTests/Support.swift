import JSON
import Settings
import TestSupport

/// Loads texts as the repository's and the user's file; nil stands for an absent file.
func load(repository: String? = nil, user: String? = nil) throws -> LoadedSettings {
  let scratch = Scratch.current
  if let repository { try scratch.write("project/.orch.yml", repository) }
  if let user { try scratch.write("config.yml", user) }
  return try Settings.load(
    repositoryFile: scratch["project/.orch.yml"], userFile: scratch["config.yml"])
}

/// The messages of everything that is wrong with a repository's file; empty if it loads.
func messages(_ repository: String) throws -> [String] {
  do {
    _ = try load(repository: repository)
    return []
  } catch let error as SettingsError {
    return error.problems.map(\.description)
  }
}
