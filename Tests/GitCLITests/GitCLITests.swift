// Tests of the room GitCLI.
