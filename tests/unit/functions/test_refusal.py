import pytest
from fakes.platform import FakeQueues, refusal

from common.fields import InvalidInputError
from scorer.refusal import send_refused

ARN = "arn:aws:lambda:eu-central-1:111111111111:function:platform-scorer:live"


def test_a_role_that_may_not_send_is_refused() -> None:
    queues = FakeQueues()
    assert send_refused(queues, "platform-remediation", ARN) == {"refused": True, "code": "AccessDenied"}
    assert queues.asked == ["https://sqs.eu-central-1.amazonaws.com/111111111111/platform-remediation"]


def test_a_role_that_may_send_is_found_out_and_sends_nothing() -> None:
    queues = FakeQueues(allowed=("platform-remediation",))
    answer = send_refused(queues, "platform-remediation", ARN)
    assert answer == {"refused": False, "code": "AWS.SimpleQueueService.EmptyBatchRequest"}


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "ThrottlingException", ""])
def test_another_error_is_no_refusal(code: str) -> None:
    queues = FakeQueues()
    queues.failures = [refusal(code)]
    assert send_refused(queues, "platform-remediation", ARN) == {"refused": False, "code": code}


@pytest.mark.parametrize(
    "queue",
    [
        "https://sqs.eu-central-1.amazonaws.com/999999999999/theirs",
        "../999999999999/theirs",
        "a/b",
        "a?x=1",
        "a\n",
        "",
        "x" * 81,
        None,
        {"name": "a"},
    ],
)
def test_a_caller_can_name_a_queue_of_this_account_and_nothing_else(queue: object) -> None:
    queues = FakeQueues()
    with pytest.raises(InvalidInputError, match=r"lockage\.refused_queue must be a queue's name"):
        send_refused(queues, queue, ARN)
    assert queues.asked == []
