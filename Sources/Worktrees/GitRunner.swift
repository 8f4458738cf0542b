/// Runs the git program in a folder with arguments and standard input, and returns its output.
///
/// This room starts no process: whoever can passes a runner in, for filters and for checkouts that
/// libgit2 cannot do. Paths in input and output are in git's quoted notation, so that text carries them.
public typealias GitRunner =
  @Sendable (
    _ arguments: [String], _ folder: String, _ input: String
  ) async throws -> String

/// Runs git for a part of some work and gives its failure this room's name.
func runGit(
  _ git: GitRunner, _ arguments: [String], in folder: String, input: String = "",
  operation: String
) async throws(WorktreeError) -> String {
  do {
    return try await git(arguments, folder, input)
  } catch {
    throw .gitProgram(operation: operation, detail: "\(error)")
  }
}
