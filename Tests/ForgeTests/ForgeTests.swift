// Tests of the room Forge.
