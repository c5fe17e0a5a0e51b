# Decides what becomes of one finding: allow it, let a person review it, or remediate it.
#
# input: one finding, as the scorer's `finding.py` describes it.
# data.findings.result: {"decision": "allow" | "review" | "remediate", "score": 0..100, "reasons": [...]}
#
# What the rules cannot tell is reviewed with the highest score: an unknown severity never passes as harmless.
package findings

severity_points := {"LOW": 10, "MEDIUM": 40, "HIGH": 65, "CRITICAL": 85}

# What makes a finding worse than its severity says.
aggravations := {"exposed": 15, "exploited": 20, "production": 10}

# Only these kinds have a remedy that is safe without a person.
remedies := {"public-storage", "open-port", "stale-key"}

review_from := 40

remediate_from := 80

default score := 100

score := min([100, severity_points[input.severity] + sum([points | some name, points in aggravations; input[name]])])

default decision := "review"

decision := "allow" if score < review_from

decision := "remediate" if {
	severity_points[input.severity]
	score >= remediate_from
	input.kind in remedies
}

reasons contains sprintf("severity %s", [input.severity])

reasons contains name if {
	some name, _ in aggravations
	input[name]
}

reasons contains "unknown severity" if not severity_points[input.severity]

reasons contains "no safe remedy" if {
	score >= remediate_from
	not input.kind in remedies
}

result := {"decision": decision, "score": score, "reasons": sort(reasons)}
