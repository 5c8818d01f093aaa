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

resource "aws_iam_role" "seller" {
  name               = "tickets-seller-${var.environment_suffix}"
  assume_role_policy = data.aws_iam_policy_document.seller.json
}

data "aws_iam_policy_document" "seller" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Services"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEqual"
      variable = "aws:SourceAcount"
      values   = ["111122223333"]
    }
  }
}
