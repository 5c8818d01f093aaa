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

resource "aws_dynamodb_table" "events" {
  name         = "tickets-events-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "event_id"

  attribute {
    name = "event_id"
    type = "S"
  }
}

resource "aws_iam_role_policy" "seller" {
  name = "tickets-seller-${var.environment_suffix}"
  role = aws_iam_role.seller.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      Resource = aws_dynamodb_table.events.arn
    }]
  })
}

resource "aws_vpc" "stack" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.stack.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.stack.id
}

resource "aws_route_table_association" "private" {
  subnet_id      = aws_subnet.private.id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "seller" {
  name   = "tickets-seller-${var.environment_suffix}"
  vpc_id = aws_vpc.stack.id

  egress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
}

data "archive_file" "seller" {
  type             = "zip"
  output_path      = "${path.root}/.terraform/seller-${var.environment_suffix}.zip"
  output_file_mode = "0644"

  source {
    filename = "seller.py"
    content  = <<PYTHON
import boto3

TABLE = boto3.resource("dynamodb").Table("events")


def handler(event, context):
    TABLE.put_item(Item=event)
    return TABLE.get_item(Key={"event_id": event["event_id"]})
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

  vpc_config {
    subnet_ids         = [aws_subnet.private.id]
    security_group_ids = [aws_security_group.seller.id]
  }
}

output "seller_arn" {
  description = "The function that sells tickets."
  value       = aws_lambda_function.seller.arn
}

output "events_table_name" {
  description = "For tests of the stack."
  value       = aws_dynamodb_table.events.name
}
