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
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["111122223333"]
    }
  }
}

resource "aws_sns_topic" "sales" {
  name = "tickets-sales-${var.environment_suffix}"
}

resource "aws_sns_topic_data_protection_policy" "sales" {
  arn = aws_sns_topic.sales.arn
  policy = jsonencode({
    Version = "2021-06-01"
    Name    = "cards"
    Statement = [{
      Effect         = "Deny"
      DataDirection  = "Inbound"
      Principal      = ["*"]
      DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"]
      Operation      = { Deny = {} }
    }]
  })
}
