terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

variable "region" {
  description = "Region of the provider."
  type        = string
}

variable "environment_suffix" {
  description = "Suffix of every name."
  type        = string
}

resource "aws_iam_role" "seller" {
  name        = "tickets-seller-${var.region}-${var.environment_suffix}"
  description = "Sells in ${var.region}"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_sqs_queue" "refunds" {
  name = "tickets-refunds-${var.environment_suffix}"
}
