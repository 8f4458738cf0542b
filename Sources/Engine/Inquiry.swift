/// Something that is asked of a remote beside the turns, one at a time: a later turn takes the answer.
///
/// A remote that is slow, or that does not answer, holds up nothing else.
struct Inquiry<Answer: Sendable> {
  private var task: Task<Void, Never>?
  private var answer: Result<Answer, any Error>?

  /// True from the question until its answer is taken.
  var isOpen: Bool { task != nil }

  /// Notes that something is asked; the task ends with `arrive`.
  mutating func begin(_ task: Task<Void, Never>) { self.task = task }

  /// The answer, or why there is none.
  mutating func arrive(_ answer: Result<Answer, any Error>) { self.answer = answer }

  /// The answer, if it has arrived; then something else may be asked.
  mutating func take() -> Result<Answer, any Error>? {
    guard let answer else { return nil }
    self.answer = nil
    task = nil
    return answer
  }

  /// What is under way, to be waited for.
  var end: Task<Void, Never>? { task }
}
