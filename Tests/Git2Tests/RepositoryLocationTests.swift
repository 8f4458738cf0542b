import Foundation
import Git2
import TestSupport
import Testing

/// What is found by reading files is what libgit2 finds, or nothing.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Finding a repository without opening it` {
  let scratch = Scratch.current
  static let name = "refs/orch/state"

  private func agrees(_ folder: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let repository = try Repository(at: scratch[folder])
    let location = try #require(
      RepositoryLocation(near: scratch[folder]), sourceLocation: sourceLocation)
    #expect(
      location.commonDirectory == repository.commonDirectory, sourceLocation: sourceLocation)
    #expect(
      location.reference(Self.name) == (try repository.reference(Self.name)),
      sourceLocation: sourceLocation)
  }

  @Test func `below a checkout, in a bare repository, in a linked worktree, in a submodule`() throws
  {
    try scratch.repository(files: ["a/b/c": "x"])
    try scratch.git("update-ref", Self.name, "HEAD", in: "repo")
    for folder in ["repo", "repo/a/b", "repo/.git", "repo/.git/refs"] { try agrees(folder) }
    try scratch.git("clone", "-q", "--mirror", scratch["repo"], scratch["bare.git"])
    try agrees("bare.git")
    try agrees("bare.git/objects")
    try scratch.git("worktree", "add", "-q", scratch["linked"], in: "repo")
    try agrees("linked")
    try agrees("linked/a/b")
    try scratch.git("init", "-q", scratch["outer"])
    try scratch.git(
      "-c", "protocol.file.allow=always", "submodule", "add", "-q", scratch["repo"], "inner",
      in: "outer")
    try agrees("outer/inner")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["link"], withDestinationPath: scratch["repo/a"])
    try agrees("link/b")
  }

  @Test func `references of their own files, packed, both, symbolic, and none`() throws {
    try scratch.repository()
    try agrees("repo")
    try scratch.git("update-ref", Self.name, "HEAD", in: "repo")
    for number in 0..<50 {
      try scratch.git("update-ref", "refs/orch/x\(number)", "HEAD", in: "repo")
    }
    try scratch.git("pack-refs", "--all", in: "repo")
    #expect(!scratch.exists("repo/.git/refs/orch/state"))
    try agrees("repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "second", in: "repo")
    try scratch.git("update-ref", Self.name, "HEAD", in: "repo")
    try agrees("repo")
    try scratch.git("update-ref", "refs/orch/real", "HEAD~1", in: "repo")
    try scratch.git("symbolic-ref", Self.name, "refs/orch/real", in: "repo")
    try agrees("repo")
    let location = try #require(RepositoryLocation(near: scratch["repo"]))
    try scratch.git("symbolic-ref", Self.name, Self.name, in: "repo")
    #expect(location.reference(Self.name) == nil)
    for text in ["", "\n", "0123", "ref: ../../secret", "ref: HEAD/../x"] {
      try scratch.write("repo/.git/refs/orch/state", text)
      #expect(location.reference(Self.name) == nil, "\(text)")
    }
  }

  @Test func `what is not plain is left to libgit2`() throws {
    #expect(RepositoryLocation(near: scratch["missing"]) == nil)
    #expect(RepositoryLocation(near: scratch.path) == nil)
    try scratch.write("broken/.git", "gitdir: elsewhere\n")
    #expect(RepositoryLocation(near: scratch["broken"]) == nil)
    try scratch.write("empty/.git", "")
    #expect(RepositoryLocation(near: scratch["empty"]) == nil)
    try scratch.git("init", "-q", "--object-format=sha256", scratch["wide"])
    try scratch.git("commit", "-q", "--allow-empty", "-m", "x", in: "wide")
    try scratch.git("update-ref", Self.name, "HEAD", in: "wide")
    #expect(RepositoryLocation(near: scratch["wide"])?.reference(Self.name) == nil)
    guard getuid() == 0 else { return }
    try scratch.repository("foreign")
    #expect(chown(scratch["foreign"], 12345, 12345) == 0)
    #expect(RepositoryLocation(near: scratch["foreign"]) == nil)
  }
}
