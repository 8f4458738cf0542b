// Tests of the room Command.
