"""Retry the messages of the failure queues, after their cause is fixed.

    python redrive.py --region us-east-1 --apply

`dead-letters`: batches of sales that Aurora rejected are read from the stream again,
which keeps them for a week, and sent to the Kinesis processor; a message is deleted
once its whole batch is written. Failed updates of the seat map need no retry, because
every map is reloaded within 15 minutes: their messages are deleted. `failed-refunds`:
messages go back to the refunds queue; their consumer deduplicates by sale ID. Messages of
an unknown kind stay in their queue.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from console import GivenUp, Stack, boto3, options, run
from botocore.exceptions import ClientError

__all__ = ["main"]

BUSY_SECONDS = 300  # hides a message from other consumers while we work on it
MOST_RECORDS = 500  # per call of the processor: Lambda accepts at most 6 MB of JSON


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("--region", required=True, help="Region whose failure queues to retry")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    sqs = boto3.client("sqs", region_name=chosen.region)
    left = 0
    for queue in _queues(sqs, stack, ("dead-letters", "failed-refunds")):
        messages = list(_messages(sqs, queue))
        for message in messages:
            try:
                done, text = _send_again(stack, chosen.region, sqs, message, apply=chosen.apply)
            except Exception as error:  # one message must not keep those behind it from being sent
                done, text = False, f"{message['MessageId']}: kept, because it failed: {error!r}"
            print(text)
            left += not done
            where = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
            if done and chosen.apply:
                sqs.delete_message(**where)
            else:
                sqs.change_message_visibility(**where, VisibilityTimeout=0)
    if left:
        raise GivenUp(f"messages left in their queue: {left}")


def _queues(sqs: Any, stack: Stack, names: Sequence[str]) -> Iterator[str]:
    """The URLs of the queues that exist; only the hubs have failed-refunds."""
    for what in names:
        name = stack.name(what) + (".fifo" if what == "failed-refunds" else "")
        try:
            yield sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if "NonExistentQueue" not in error.response["Error"]["Code"]:
                raise


def _messages(sqs: Any, queue: str) -> Iterator[dict[str, Any]]:
    """Receive each message once."""
    while got := sqs.receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=10,
        VisibilityTimeout=BUSY_SECONDS,
        AttributeNames=["MessageGroupId"],
    ).get("Messages"):
        yield from got


def _send_again(
    stack: Stack, region: str, sqs: Any, message: dict[str, Any], *, apply: bool
) -> tuple[bool, str]:
    """Handle one message; return whether it is done, and the line to print."""
    try:
        body = json.loads(message["Body"])
    except (RecursionError, ValueError):
        return False, f"{message['MessageId']}: kept, because it is not JSON"
    if not isinstance(body, dict):
        return False, f"{message['MessageId']}: kept, because it is not a JSON object"
    if batch := body.get("KinesisBatchInfo"):
        return _process(stack, region, batch, apply=apply)
    if "DDBStreamBatchInfo" in body or body == {"refresh": True}:
        return True, "seat map: needs no retry, because maps are reloaded every 15 minutes"
    if isinstance(body.get("sale_id"), str) and "MessageGroupId" in message.get("Attributes", {}):
        if apply:
            # Not the sale's id alone: for five minutes, SQS accepts a message with a known id and drops it. A second
            # run of this script has the same id for the same message.
            sqs.send_message(
                QueueUrl=sqs.get_queue_url(QueueName=stack.name("refunds") + ".fifo")["QueueUrl"],
                MessageBody=message["Body"],
                MessageGroupId=message["Attributes"]["MessageGroupId"],
                MessageDeduplicationId=f"{body['sale_id']}-{message['MessageId']}"[:128],
            )
        return True, f"refund of {body['sale_id']}: to the refunds queue"
    return False, f"{message['MessageId']}: kept, because this script does not know its kind"


def _process(stack: Stack, region: str, batch: dict[str, Any], *, apply: bool) -> tuple[bool, str]:
    """Send a batch to the processor again, in parts.

    A sale that is written twice is still one row.
    """
    first, last = batch["startSequenceNumber"], batch["endSequenceNumber"]
    what = f"sales {batch['shardId']} {first}..{last}"
    records = list(_records(boto3.client("kinesis", region_name=region), batch))
    if not records:
        return False, f"{what}: kept, because its records are no longer on the stream"
    failed = []
    for start in range(0, len(records) if apply else 0, MOST_RECORDS):
        answer = boto3.client("lambda", region_name=region).invoke(
            FunctionName=stack.name("kinesis-processor"),
            Qualifier="live",
            Payload=json.dumps({"Records": records[start : start + MOST_RECORDS]}).encode(),
        )
        told = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            return False, f"{what}: the processor failed: {told.get('errorMessage')}"
        failed += told["batchItemFailures"]
    if failed:
        return False, f"{what}: kept, because {len(failed)} of {len(records)} still cannot be written"
    return True, f"{what}: written again (records: {len(records)})"


def _records(kinesis: Any, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of a batch in the format of a Lambda event."""
    iterator = kinesis.get_shard_iterator(
        StreamName=batch["streamArn"].rpartition("/")[2],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    while iterator:
        page = kinesis.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            if int(record["SequenceNumber"]) > int(batch["endSequenceNumber"]):
                return
            data = base64.b64encode(record["Data"]).decode()
            yield {"kinesis": {"sequenceNumber": record["SequenceNumber"], "data": data}}
            if record["SequenceNumber"] == batch["endSequenceNumber"]:
                return
        if not page["Records"] and not page.get("MillisBehindLatest"):
            return
        iterator = page.get("NextShardIterator")


if __name__ == "__main__":
    sys.exit(main())
