// Tests of the room Workflow.
