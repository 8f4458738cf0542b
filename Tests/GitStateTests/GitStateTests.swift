// Tests of the room GitState.
