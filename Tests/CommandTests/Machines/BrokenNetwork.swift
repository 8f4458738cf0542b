import Foundation
import TestSupport

/// A `git` that goes before the real one: it fails, hangs, or loses the reply after the push took effect.
struct BrokenNetwork: Sendable {
  let scratch = Scratch.current

  /// The folder for the front of PATH.
  var programs: String { scratch["bin"] }

  /// Makes the wrapper; of 256 calls over the network so many fail, hang for some seconds, lose the reply.
  init(failures: Int, hangs: Int, lostReplies: Int) throws {
    let git = try scratch.git("--exec-path") + "/git"
    let cut = scratch["cut"]
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      case " $* " in
      *" ls-remote "* | *" fetch "* | *" push "*)
        fate=$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')
        if [ -e "\(cut)" ] || [ "$fate" -lt \(failures) ]; then
          echo "fatal: the network is cut" >&2
          exit 128
        elif [ "$fate" -lt \(failures + hangs) ]; then
          sleep 2
          echo "fatal: the network was silent" >&2
          exit 128
        elif [ "$fate" -lt \(failures + hangs + lostReplies) ]; then
          "\(git)" "$@" > /dev/null 2>&1
          echo "fatal: the reply was lost" >&2
          exit 128
        fi ;;
      esac
      exec "\(git)" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
  }

  /// Nothing goes through from now on.
  func cut() throws { try scratch.write("cut", "") }

  /// It works again, as well as it does.
  func restore() throws { try FileManager.default.removeItem(atPath: scratch["cut"]) }
}
