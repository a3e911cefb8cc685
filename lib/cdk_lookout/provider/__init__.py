"""What carries the custom resources: the function, the state machine, their rights, and the resources themselves."""
