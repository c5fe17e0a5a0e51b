package findings_test

import data.findings

finding := {
	"id": "f-1",
	"account_id": "123456789012",
	"resource": "arn:aws:s3:::backups",
	"kind": "public-storage",
	"severity": "LOW",
	"exposed": false,
	"exploited": false,
	"production": false,
}

with_fields(fields) := object.union(finding, fields)

severities := ["LOW", "MEDIUM", "HIGH", "CRITICAL"]

rank := {"allow": 0, "review": 1, "remediate": 2}

test_low_is_allowed if {
	findings.result == {"decision": "allow", "score": 10, "reasons": ["severity LOW"]} with input as finding
}

test_medium_is_reviewed if {
	findings.decision == "review" with input as with_fields({"severity": "MEDIUM"})
}

test_an_aggravated_low_is_reviewed if {
	findings.decision == "review" with input as with_fields({"exposed": true, "exploited": true})
}

test_high_and_exposed_is_remediated if {
	result := findings.result with input as with_fields({"severity": "HIGH", "exposed": true})
	result == {"decision": "remediate", "score": 80, "reasons": ["exposed", "severity HIGH"]}
}

test_without_a_safe_remedy_a_person_decides if {
	result := findings.result with input as with_fields({"severity": "CRITICAL", "kind": "weak-cipher"})
	result.decision == "review"
	"no safe remedy" in result.reasons
}

test_score_never_exceeds_100 if {
	worst := {"severity": "CRITICAL", "exposed": true, "exploited": true, "production": true}
	findings.score == 100 with input as with_fields(worst)
}

test_unknown_severity_is_reviewed_with_the_highest_score if {
	result := findings.result with input as with_fields({"severity": "WHO-KNOWS"})
	result.decision == "review"
	result.score == 100
	"unknown severity" in result.reasons
}

test_missing_severity_is_reviewed if {
	findings.result.decision == "review" with input as object.remove(finding, ["severity"])
}

test_a_graver_severity_never_lowers_score_or_decision if {
	every kind in {"public-storage", "weak-cipher"} {
		every flags in [{}, {"exposed": true}, {"exposed": true, "production": true}] {
			every i in numbers.range(0, 2) {
				milder := findings.result with input as with_fields(object.union(flags, {"kind": kind, "severity": severities[i]}))
				graver := findings.result with input as with_fields(object.union(flags, {"kind": kind, "severity": severities[i + 1]}))
				milder.score <= graver.score
				rank[milder.decision] <= rank[graver.decision]
			}
		}
	}
}

test_each_aggravation_raises_the_score if {
	every name in {"exposed", "exploited", "production"} {
		plain := findings.score with input as finding
		worse := findings.score with input as with_fields({name: true})
		worse > plain
	}
}
