"""Works the remediation queue."""
