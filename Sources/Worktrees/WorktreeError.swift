public import Git2

/// Why a worktree or branch could not be worked on.
public enum WorktreeError: Error, Sendable, Hashable {
  /// Another worktree has the branch.
  case branchCheckedOut(branch: String, by: String)
  /// Something else is in the place where the worktree is to be.
  case pathOccupied(String)
  /// It holds work that is in no commit.
  case dirty(path: String, files: [String])
  /// Somebody has begun something in it that git has not ended.
  case unfinished(path: String, OngoingOperation)
  /// Filters such as Git LFS or a sparse checkout: git itself must make it.
  case needsGit(reason: String)
  /// It cannot be done, and nothing was changed; `reason` is for a person.
  case refused(path: String, reason: String)
  /// The git program, asked to do a part, failed; `detail` is what it said.
  case gitProgram(operation: String, detail: String)
  /// A checkout's index cannot be used.
  case index(IndexError)
  /// A system call failed; `number` is errno.
  case file(path: String, operation: String, number: Int32)
  /// The repository cannot be opened.
  case cannotOpen(OpenError)
  /// Objects could not be written.
  case writing(PackError)
  /// libgit2 failed.
  case git(GitError)
}

/// Runs work of Git2 and gives its errors this module's names.
func translating<Result: ~Copyable>(
  _ body: () throws -> Result
) throws(WorktreeError) -> Result {
  do {
    return try body()
  } catch let error as WorktreeError {
    throw error
  } catch let error as IndexError {
    throw .index(error)
  } catch let error as PackError {
    throw .writing(error)
  } catch let error as OpenError {
    throw .cannotOpen(error)
  } catch let error as GitError {
    throw .git(error)
  } catch let error as BlobFileError {
    switch error {
    case .reading(let error): throw .git(error)
    case .writing(let number): throw .file(path: "a blob", operation: "write", number: number)
    }
  } catch {
    throw .git(GitError(code: .other(-1), operation: "work on a worktree", message: "\(error)"))
  }
}
