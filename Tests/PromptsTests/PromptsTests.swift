// Tests of the room Prompts.
