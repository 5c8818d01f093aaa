terraform {
  required_version = ">= 1.10.0"

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

resource "aws_sns_topic" "alarms" {
  name              = "tickets-alarms-${var.environment_suffix}"
  kms_master_key_id = "alias/aws/sns"
}

output "alarm_topic_arn" {
  description = "ARN of the topic of alarms."
  value       = aws_sns_topic.alarms.arn
}
