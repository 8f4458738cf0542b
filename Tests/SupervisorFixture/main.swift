import Agents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// The supervisor without the rest of orch, so that the tests of this room need nothing else.
// It is called as orch is: `supervisor-fixture supervise RUN_DIRECTORY`.
let words = CommandLine.arguments.dropFirst()
guard words.count == 2, words.first == "supervise", let directory = words.last else { exit(64) }
exit(Supervisor.main(runDirectory: directory))
