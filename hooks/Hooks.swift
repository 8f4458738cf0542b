/// Text built into the binary: the git hooks.
public enum Hooks {}
