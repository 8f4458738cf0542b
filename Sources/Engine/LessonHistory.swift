public import GitCLI
internal import GitState
public import Workflow

/// The commits of the state that made a lesson what it is.
public enum LessonHistory {
  /// A line for each, newest first: name and subject.
  ///
  /// Throws `GitCommandError`.
  public static func commits(of lesson: Lesson, _ git: GitProgram) async throws -> [String] {
    try await git.run([
      "log", "--no-merges", "--format=%h %s", RefLayout.state, "--",
      "lessons/\(lesson.id.prefix(2))/\(lesson.id)",
    ]).text.split(separator: "\n").map(String.init)
  }

  /// The commit that brought it; nil if it cannot be told.
  public static func origin(of lesson: Lesson, _ git: GitProgram) async throws -> String? {
    try await commits(of: lesson, git).last.map { String($0.prefix { $0 != " " }) }
  }
}
