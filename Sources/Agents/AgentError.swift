/// Why an agent program could not be run.
public enum AgentError: Error, Sendable, Hashable {
  /// The program is not on the PATH; the hint says how to install it.
  case notInstalled(agent: String, program: String, hint: String)
  /// The configuration of the agent is not complete.
  case misconfigured(agent: String, reason: String)
  /// A file could not be used; `number` is errno.
  case file(path: String, number: Int32)
  /// The sandbox that was asked for cannot be had here; the hint says how to get it.
  case sandbox(reason: String, hint: String)
  /// orch's own supervisor did not come up; `number` is errno.
  case supervisor(program: String, number: Int32)
}
