"""Shows, from inside the running function, that its role may not put anything on a queue.

Scorer reaches the remediation queue only through the topic and its filter; its role must be refused there. The proof is
an attempt that could do no harm if it were allowed, whoever asks for it:

- it sends a batch of *no* messages. That needs the permission ``sqs:SendMessage``; where it is given, SQS refuses the
  batch as ``EmptyBatchRequest``. Nothing is ever sent, read, hidden or counted;
- the caller names a queue of this function's own account and nothing else: no URL, host, account or text of theirs goes
  into a request that the role signs;
- the answer is the service's error code, no content. Any code but a denial counts as *not refused*.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from botocore.exceptions import ClientError

from common.aws import Client, error_code
from common.fields import InvalidInputError, text

_QUEUE_NAME = text(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", "a queue's name")
_REFUSALS = frozenset({"AccessDenied", "AccessDeniedException"})


def send_refused(sqs: Client, queue: object, function_arn: str) -> dict[str, object]:
    """Whether this role is refused on a queue of its own account, and the service's word for it.

    Args:
        sqs: a boto3 SQS client.
        queue: the queue's name, as a probe gave it.
        function_arn: this function's ARN, which holds the account.

    Raises:
        InvalidInputError: this is no queue name.
    """
    if wrong := _QUEUE_NAME(queue):
        raise InvalidInputError([f"lockage.refused_queue {wrong}"])
    account = function_arn.split(":")[4]
    try:
        sqs.send_message_batch(QueueUrl=f"{sqs.meta.endpoint_url}/{account}/{queue}", Entries=[])
    except ClientError as error:
        code = error_code(error)
        return {"refused": code in _REFUSALS, "code": code}
    return {"refused": False, "code": ""}
