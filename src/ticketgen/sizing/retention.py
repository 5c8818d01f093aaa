"""How long logs and backups are kept."""

from __future__ import annotations

from ticketgen.aws import limits
from ticketgen.figures.model import Amount, AttributePlace, DeploymentScope, figure

__all__ = ["backup_retention_days", "log_retention_days"]


@figure(
    unit="days",
    source="https://github.com/bridgecrewio/checkov, CKV_AWS_338: a year",
    place=AttributePlace("modules/region/cache.tf", "aws_cloudwatch_log_group.redis", "retention_in_days"),
)
def log_retention_days(protect: bool) -> Amount[int]:
    """Retention in days of logs without IP addresses; CloudWatch accepts only certain numbers."""
    return Amount(731 if protect else 365, "two years with protect, else one")


@figure(
    unit="days",
    source=limits.AURORA_BACKUP_DAYS.source,
    scope=DeploymentScope.HUB,
    place=AttributePlace("modules/analytics/aurora.tf", "aws_rds_cluster.sales", "backup_retention_period"),
)
def backup_retention_days(protect: bool) -> Amount[int]:
    """Retention of Aurora's backups in days."""
    most = limits.AURORA_BACKUP_DAYS.value
    return Amount(most if protect else 7, f"the maximum, {most}, with protect, else a week")
