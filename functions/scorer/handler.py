"""Lambda's door to the scorer."""

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

from common import aws, log, probe
from common.decision import OUTCOMES, Decision, Outcome
from common.settings import required
from scorer.finding import Finding, parse_event
from scorer.ledger import Ledger
from scorer.policy import PolicyEngine, PolicyError
from scorer.refusal import send_refused

_OPA = Path("/usr/local/bin/opa")
_POLICIES = Path(__file__).parents[1] / "policy"
_SAMPLE = Finding(id="probe", account_id="000000000000", resource="none", kind="none", severity="LOW")


class Policy(Protocol):
    """What the scorer needs of a policy engine."""

    digest: str

    def evaluate(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The policy's result on one input."""


class Scorer:
    """Decides, records, publishes.

    Args:
        policy: the engine that decides.
        ledger: where decisions go.
        now: the clock.
    """

    def __init__(self, policy: Policy, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._policy = policy
        self._ledger = ledger
        self._now = now

    def score(self, event: object) -> dict[str, object]:
        """Work an event of findings, in order; sent again, it completes what is missing and repeats nothing."""
        return {"decisions": [self._record(finding) for finding in parse_event(event)]}

    def decide(self, finding: Finding) -> Decision:
        """The policy's decision, without any effect.

        Raises:
            PolicyError: the policy's result is not a decision.
        """
        result = self._policy.evaluate(finding.document())
        decision, score, reasons = result.get("decision"), result.get("score"), result.get("reasons")
        if decision not in OUTCOMES or not isinstance(score, int) or not isinstance(reasons, list):
            raise PolicyError(f"the policy's result on {finding.id} is not a decision: {result}")
        return Decision(
            finding_id=finding.id,
            account_id=finding.account_id,
            resource=finding.resource,
            kind=finding.kind,
            decision=cast("Outcome", decision),
            score=score,
            reasons=tuple(map(str, reasons)),
            content=finding.content(),
            policy=self._policy.digest,
            decided_at=self._now().astimezone(UTC).isoformat(timespec="microseconds"),
        )

    def _record(self, finding: Finding) -> dict[str, object]:
        decision = self.decide(finding)
        news = self._ledger.record(decision)
        log.info("decided", finding_id=finding.id, decision=decision.decision, score=decision.score, news=news)
        return {
            "finding_id": finding.id,
            "decision": decision.decision,
            "score": decision.score,
            "reasons": list(decision.reasons),
            "recorded": "new" if news else "unchanged",
        }


@functools.cache
def _scorer() -> Scorer:
    table, topic = required("DECISIONS_TABLE", "DECISIONS_TOPIC")
    ledger = Ledger(aws.table(table), aws.client("sns"), topic)
    return Scorer(PolicyEngine(_OPA, _POLICIES), ledger, lambda: datetime.now(UTC))


def handle(event: object, context: log.Context) -> dict[str, object]:
    """Score ``{"findings": [...]}``, or answer a probe."""
    log.begin(context)
    request = probe.requested(event)
    if request is None:
        return _scorer().score(event)
    decision = _scorer().decide(_SAMPLE).decision
    if "refused_queue" not in request:
        return probe.answer("scorer", sample=decision)
    refusal = send_refused(aws.client("sqs"), request["refused_queue"], context.invoked_function_arn)
    return probe.answer("scorer", sample=decision, **refusal)
