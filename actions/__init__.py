"""Custom actions: real logic that a rule with a response cannot express."""
