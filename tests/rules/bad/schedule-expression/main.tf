terraform {
  required_version = ">= 1.9.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "environment_suffix" {
  description = "Suffix of every name."
  type        = string
  default     = "dev"
}

resource "aws_cloudwatch_event_rule" "verify" {
  name                = "tickets-verify-${var.environment_suffix}"
  schedule_expression = "rate(10 seconds)"
}

resource "aws_cloudwatch_event_rule" "plural" {
  name                = "tickets-plural-${var.environment_suffix}"
  schedule_expression = "rate(1 minutes)"
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "tickets-nightly-${var.environment_suffix}"
  schedule_expression = "cron(0 3 * * *)"
}

resource "aws_cloudwatch_event_rule" "weekly" {
  name                = "tickets-weekly-${var.environment_suffix}"
  schedule_expression = "cron(0 3 * * MON *)"
}

resource "aws_scheduler_schedule" "once" {
  name                = "tickets-once-${var.environment_suffix}"
  schedule_expression = "at(2027-01-01)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:states:us-east-1:123456789012:stateMachine:verify"
    role_arn = "arn:aws:iam::123456789012:role/schedule"
  }
}

resource "aws_autoscaling_schedule" "nightly" {
  scheduled_action_name  = "tickets-nightly-${var.environment_suffix}"
  autoscaling_group_name = "tickets-${var.environment_suffix}"
  desired_capacity       = 0
  recurrence             = "cron(0 3 * * ? *)"
}
