import Foundation
import TestSupport
import Testing

@Suite(.scratch) struct `Setting a machine up` {
  let scratch = Scratch.current

  /// What `scripts/bootstrap` looks for, with its package on Debian.
  private static let packages = [
    "git": "git", "pkg-config": "pkg-config", "curl": "curl", "python3": "python3",
    "ssh-keygen": "openssh-client", "openssl": "openssl", "bwrap": "bubblewrap",
    "libgit2": "libgit2-dev", "zlib": "zlib1g-dev",
  ]

  /// A Debian machine without some of it; returns what was installed there.
  private func bootstrap(without missing: Set<String>) throws -> String {
    func program(_ name: String, _ body: String) throws {
      let path = try scratch.write("bin/" + name, "#!/bin/sh\n\(body)\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    for name in Self.packages.keys where !missing.contains(name) { try program(name, "exit 0") }
    let libraries = missing.intersection(["libgit2", "zlib"])
    if !missing.contains("pkg-config") {
      try program(
        "pkg-config", libraries.map { "case $* in *\($0)*) exit 1 ;; esac" }.joined(separator: "\n")
      )
    }
    try program("swift", "exit 0")
    try program("uname", "echo Linux")
    try program("id", "echo 0")
    // What it installs finds everything.
    let installed = try scratch.write("installed", "#!/bin/sh\nexit 0\n")
    try program(
      "apt-get",
      """
      echo "$*" >> '\(scratch["asked"])'
      [ "$1" = install ] || exit 0
      /bin/cp '\(installed)' '\(scratch["bin/pkg-config"])'
      /bin/chmod 755 '\(scratch["bin/pkg-config"])'
      """)
    let script = BuiltProgram.sourceRoot + "/scripts/bootstrap"
    let shell = try ChildProcess(["/bin/sh", script], environment: ["PATH": scratch["bin"]])
    shell.waitForEnd()
    #expect(shell.terminationStatus == 0)
    return (try? scratch.read("asked")) ?? ""
  }

  @Test(arguments: packages.keys.sorted()) func `installs what is missing`(_ name: String) throws {
    let asked = try bootstrap(without: [name])
    var wanted = [Self.packages[name] ?? ""]
    // Without it nobody knows what else is there.
    if name == "pkg-config" { wanted += ["libgit2-dev", "zlib1g-dev"] }
    #expect(asked == "update -qq\ninstall -y -qq \(wanted.joined(separator: " "))\n")
  }

  @Test func `touches nothing where nothing is missing`() throws {
    #expect(try bootstrap(without: []) == "")
  }
}
