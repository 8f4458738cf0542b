/// Text built into the binary: the prompt templates.
public enum Prompts {}
