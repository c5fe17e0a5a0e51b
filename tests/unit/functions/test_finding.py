import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.fields import InvalidInputError
from scorer.finding import MOST_FINDINGS, SEVERITIES, Finding, parse_event

FINDING = {
    "id": "f-1",
    "account_id": "123456789012",
    "resource": "arn:aws:s3:::backups",
    "kind": "public-storage",
    "severity": "HIGH",
}

findings = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", fullmatch=True),
        "account_id": st.from_regex(r"[0-9]{12}", fullmatch=True),
        "resource": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=50),
        "kind": st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True),
        "severity": st.sampled_from(SEVERITIES),
    },
    optional={"exposed": st.booleans(), "exploited": st.booleans(), "production": st.booleans()},
)


def mistakes(event: object) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        parse_event(event)
    return caught.value.mistakes


@given(findings, findings)
def test_two_findings_have_one_content_exactly_if_they_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    (first,), (second,) = parse_event({"findings": [one]}), parse_event({"findings": [other]})
    assert (first.content() == second.content()) == (first == second)


@given(findings)
def test_content_does_not_depend_on_order_or_on_spelling_out_a_default(finding: dict[str, Any]) -> None:
    spelled_out = {"exposed": False, "exploited": False, "production": False, **dict(reversed(finding.items()))}
    (one,), (other,) = parse_event({"findings": [finding]}), parse_event({"findings": [spelled_out]})
    assert one.content() == other.content()


@given(findings)
def test_a_finding_survives_the_way_through_json(finding: dict[str, Any]) -> None:
    (parsed,) = parse_event(json.loads(json.dumps({"findings": [finding]})))
    assert parsed == Finding(**finding)
    assert Finding(**parsed.document()) == parsed


def test_every_mistake_of_every_finding_is_named_and_none_is_taken() -> None:
    event = {
        "findings": [
            {**FINDING, "severity": "high", "account_id": 123456789012},
            FINDING,
            {"id": "", "exposd": True},
        ]
    }
    assert mistakes(event) == [
        "findings[0].account_id must be 12 digits, as a string",
        "findings[0].severity must be one of LOW, MEDIUM, HIGH, CRITICAL",
        "findings[2].account_id is missing",
        "findings[2].resource is missing",
        "findings[2].kind is missing",
        "findings[2].severity is missing",
        "findings[2].id must be 1 to 128 of A-Z a-z 0-9 . _ : / -",
        "findings[2].exposd is unknown",
    ]


@pytest.mark.parametrize(
    "event", [None, [], {}, {"findings": None}, {"findings": []}, {"findings": [FINDING] * (MOST_FINDINGS + 1)}]
)
def test_an_event_without_findings_is_refused(event: object) -> None:
    assert mistakes(event) == ["the event must be an object with `findings`, a list of 1 to 100"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("exposed", "false"),
        ("exposed", 0),
        ("account_id", "１２３４５６７８９０１２"),  # noqa: RUF001 - other scripts' digits are no account id
        ("account_id", "123456789012\n"),
        ("resource", "arn:aws:s3:::a b"),
        ("kind", "Public"),
        ("id", "../x\x00"),
        ("severity", ["HIGH"]),
    ],
)
def test_what_only_looks_right_is_refused(field: str, value: object) -> None:
    assert len(mistakes({"findings": [{**FINDING, field: value}]})) == 1


def test_a_finding_that_is_no_object_is_refused() -> None:
    assert mistakes({"findings": ["f-1"]}) == ["findings[0] must be an object"]
