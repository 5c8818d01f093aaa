terraform {
  required_version = ">= 1.9.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
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

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "seller" {
  name               = "tickets-seller-${var.environment_suffix}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "archive_file" "seller" {
  type             = "zip"
  output_path      = "${path.root}/.terraform/seller-${var.environment_suffix}.zip"
  output_file_mode = "0644"

  source {
    filename = "seller.py"
    content  = <<PYTHON
import os

EVENTS = os.environ["EVENTS_TABLE"]
REGION = os.environ["AWS_REGION"]
LEASE = float(os.environ.get("LEASE_SECONDS", "5"))
AUDIT = os.environ["AUDIT_TABLE"] if "AUDIT_TABLE" in os.environ else None


def handler(event, context):
    return [EVENTS, REGION, LEASE, AUDIT]
PYTHON
  }
}

resource "aws_lambda_function" "seller" {
  function_name    = "tickets-seller-${var.environment_suffix}"
  role             = aws_iam_role.seller.arn
  runtime          = "python3.13"
  handler          = "seller.handler"
  filename         = data.archive_file.seller.output_path
  source_code_hash = data.archive_file.seller.output_base64sha256

  environment {
    variables = {
      AWS_REGION   = "us-east-1"
      EVENTS_TABLE = "tickets-events-${var.environment_suffix}"
    }
  }
}

output "seller_arn" {
  description = "The function that sells tickets."
  value       = aws_lambda_function.seller.arn
}
