/// What a task's labels decide before any router is asked.
public enum LabelDecision: Sendable, Hashable {
  /// `agent:NAME`, or the agent that a person named.
  case agent(String)
  /// `no-agent`: a person does it.
  case person
  /// Nothing: ask the router.
  case undecided
}
