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

resource "aws_dynamodb_table" "tickets" {
  name         = "tickets-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  range_key    = "event"

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "event"
    type = "S"
  }

  global_secondary_index {
    name            = "by-event"
    hash_key        = "event"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
}

output "table_name" {
  description = "The table of tickets."
  value       = aws_dynamodb_table.tickets.name
}
