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

locals {
  app_name = "tickets"
}

resource "aws_dynamodb_table" "events" {
  name         = "${local.app_name}-events-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "event_id"

  attribute {
    name = "event_id"
    type = "S"
  }
}

resource "aws_sqs_queue" "refunds" {
  name = "${local.app_name}-refunds"
}

resource "aws_cloudwatch_log_group" "refunds" {
  name              = "/tickets/${aws_sqs_queue.refunds.name}"
  retention_in_days = 30
}

output "events_table_name" {
  description = "For tests of the stack."
  value       = aws_dynamodb_table.events.name
}
