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

resource "aws_dynamodb_table" "locks" {
  name             = "tickets-locks-${var.environment_suffix}"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "lock_key"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "lock_key"
    type = "S"
  }

  replica {
    region_name = "eu-west-1"
  }
}

output "locks_table_name" {
  description = "For tests of the stack."
  value       = aws_dynamodb_table.locks.name
}
