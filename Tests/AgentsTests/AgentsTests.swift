// Tests of the room Agents.
