internal import CGit2

/// Throws what libgit2 left on this thread if `status` is negative; returns the status otherwise.
///
/// The error is read at once, on the thread of the call, and cleared, so that it cannot be taken
/// for the reason of a later failure.
@discardableResult
func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(GitError) -> Int32 {
  guard status < 0 else { return status }
  let last = git_error_last()
  let message = last.flatMap { $0.pointee.message.map { String(cString: $0) } } ?? ""
  let category = last?.pointee.klass ?? 0
  git_error_clear()
  throw GitError(
    code: GitError.Code(number: status), category: category, operation: operation(),
    message: message)
}

/// Like `check`, with "not found" as false instead of an error.
func checkFound(_ status: Int32, _ operation: @autoclosure () -> String) throws(GitError) -> Bool {
  if status == GIT_ENOTFOUND.rawValue {
    git_error_clear()
    return false
  }
  try check(status, operation())
  return true
}
