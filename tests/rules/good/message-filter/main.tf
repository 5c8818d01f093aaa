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

resource "aws_sns_topic_subscription" "paid" {
  topic_arn     = "arn:aws:sns:us-east-1:123456789012:orders-dev"
  protocol      = "sqs"
  endpoint      = "arn:aws:sqs:us-east-1:123456789012:paid-dev"
  filter_policy = jsonencode({ state = ["paid"] })
}
