"""Scores findings: asks the policy, records the decision, publishes it."""
