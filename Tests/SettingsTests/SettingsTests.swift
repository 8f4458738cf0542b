// Tests of the room Settings.
