"""Availability Zones that lack services, by zone id: a zone's name stands for another zone in each account."""

from __future__ import annotations

from typing import Final

__all__ = ["LIMITED_ZONE_IDS"]

LIMITED_ZONE_IDS: Final = ("use1-az3",)
"""Zones where a service of the kind that the stack uses is missing.

AWS publishes no list of zones for Lambda, ElastiCache and Aurora. Where it lists zones for services on the same
hardware, ``use1-az3`` is the one that is missing: RDS Proxy
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations), EFS One Zone
(https://docs.aws.amazon.com/efs/latest/ug/OneZoneAZs.html), MSK's brokers
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-msk-cluster-brokernodegroupinfo.html).
Lambda refuses subnets in a zone that it does not support
(https://github.com/keboola/developer-portal/issues/81, in us-east-1).
"""
