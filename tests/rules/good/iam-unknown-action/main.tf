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

resource "aws_iam_policy" "seller" {
  name   = "tickets-seller-${var.environment_suffix}"
  policy = data.aws_iam_policy_document.seller.json
}

data "aws_iam_policy_document" "seller" {
  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchGet*"]
    resources = ["arn:aws:dynamodb:us-east-1:123456789012:table/events"]
  }
}
