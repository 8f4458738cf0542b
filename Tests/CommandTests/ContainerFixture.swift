import Foundation
import TestSupport

/// A podman that runs containers here, with an image of this machine's own programs; nil where none does.
///
/// Its images lie in a folder of their own, and no registry is asked. Where the kernel has both kinds of control
/// groups, which crun refuses, podman runs in a mount namespace without the second kind.
struct ContainerFixture {
  /// The one of this process.
  static let shared = ContainerFixture()

  /// True if there is one; else why not is said once, on standard error.
  static var isThere: Bool { shared != nil }

  /// The folder of the program `podman`, to be put first on PATH.
  let programs: String
  /// The image's name.
  let image = "localhost/orch-test:4"

  private static let folder = "/tmp/orch-test-containers-\(getuid())"

  private init?() {
    let folder = Self.folder
    programs = folder + "/bin"
    do {
      try FileManager.default.createDirectory(
        atPath: programs, withIntermediateDirectories: true)
      let configuration =
        "[containers]\ncgroups = \"disabled\"\n[engine]\nevents_logger = \"none\"\n"
      try configuration.write(
        toFile: folder + "/containers.conf", atomically: true, encoding: .utf8)
      let storage =
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"\(folder)/store\"\nrunroot = \"\(folder)/run\"\n"
      try storage.write(toFile: folder + "/storage.conf", atomically: true, encoding: .utf8)
      for place in [nil, "umount /sys/fs/cgroup/unified; "] {
        try writeProgram(place)
        if try makeImage() { return }
      }
    } catch {}
    FileHandle.standardError.write(
      Data("left out: tests of containers, since podman and crun run none here\n".utf8))
    return nil
  }

  private func writeProgram(_ first: String?) throws {
    let inner = "exec /usr/bin/podman \"$@\""
    let call = first.map {
      "exec unshare -m --propagation private sh -c '\($0)\(inner)' podman \"$@\""
    }
    let text = """
      #!/bin/sh
      export CONTAINERS_CONF=\(Self.folder)/containers.conf
      export CONTAINERS_STORAGE_CONF=\(Self.folder)/storage.conf
      \(call ?? inner)
      """
    let file = programs + "/podman"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  }

  /// Makes the image unless it is there; true if it runs.
  private func makeImage() throws -> Bool {
    try shell(
      """
      set -e
      export PATH='\(programs)':"$PATH"
      cd '\(Self.folder)'
      limits="--ulimit nofile=1024:1024 --ulimit nproc=1000:1000"
      if ! podman image inspect \(image) > /dev/null 2>&1; then
        rm -rf root root.tar
        mkdir -p root/usr/bin root/etc root/tmp root/proc root/sys root/dev root/run
        ln -s usr/bin root/bin
        for name in sh bash env git cat ls sleep mkdir rm ln mv cp id touch head tail grep sed find tr \\
          setsid chmod dirname date stat mount unshare; do
          file=$(bash -c "type -P $name")
          cp -L "$file" root/usr/bin/
          for library in $(ldd "$file" | grep -o '/[^ ]*' || true); do
            mkdir -p "root$(dirname "$library")"
            cp -nL "$library" "root$library"
          done
        done
        printf 'root:x:0:0:root:/root:/bin/sh\\ndev:x:1234:1234::/home/dev:/bin/sh\\n' > root/etc/passwd
        tar -C root -cf root.tar .
        podman import --change 'ENV FROM_IMAGE=yes' root.tar \(image) > /dev/null
        rm -rf root root.tar
      fi
      podman run --rm --pull never $limits --network none \(image) sh -c 'git --version'
      """)
  }

  private func shell(_ text: String) throws -> Bool {
    let process = try ChildProcess(["/bin/sh", "-c", text], output: .null, error: .null)
    process.waitForEnd()
    return process.terminationStatus == 0
  }

  /// The containers that there are, running or not, with a label.
  func containers(of scratch: Scratch) throws -> [String] {
    let result = try scratch.run([
      programs + "/podman", "ps", "--all", "--format", "{{.Names}} {{.Status}} {{.Labels}}",
    ])
    return result.output.split(separator: "\n").map(String.init)
      .filter { $0.contains(scratch.path) }
  }
}
