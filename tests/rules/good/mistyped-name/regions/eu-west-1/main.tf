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
  region = "eu-west-1"
}

variable "environment_suffix" {
  description = "Suffix of every name."
  type        = string
  default     = "dev"
}

data "aws_dynamodb_table" "sales" {
  name = "tickets-sales-${var.environment_suffix}"
}

data "aws_dynamodb_table" "events" {
  name = "tickets-events-${var.environment_suffix}"
}

output "stream_arns" {
  description = "ARNs of the tables' streams."
  value       = [data.aws_dynamodb_table.sales.stream_arn, data.aws_dynamodb_table.events.stream_arn]
}
