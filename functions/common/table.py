"""Conditional writes: the one way the functions change a row, so that doing it twice is doing it once."""

from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

from common.aws import Table, error_code

Row = dict[str, Any]


def put_if(table: Table, row: Row, condition: ConditionBase) -> bool:
    """Write the row if the condition holds on what stands there now; say whether it was written.

    Raises:
        ClientError: the table refused for any other reason.
    """
    try:
        table.put_item(Item=row, ConditionExpression=condition)
    except ClientError as error:
        if error_code(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True
